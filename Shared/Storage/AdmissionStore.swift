package import Domain
package import FoundationEssentials
package import PostgreSQL

/// A report that has passed every check and waits to be stored.
package struct NewReport: Sendable {
    package var id: UUID
    package var channel: ChannelCode
    package var idempotencyKey: String
    package var requestHash: [UInt8]
    package var trackingCode: String
    package var reporterKeyHash: Int64
    package var report: AdmittedReport
    package var isUrgent: Bool
    /// The reporter's identity, sealed; nil for an anonymous report.
    package var identity: SealedIdentity?
    /// Where its way began.
    package var trace: TraceContext

    package init(
        id: UUID, channel: ChannelCode, idempotencyKey: String, requestHash: [UInt8], trackingCode: String,
        reporterKeyHash: Int64, report: AdmittedReport, isUrgent: Bool, identity: SealedIdentity?,
        trace: TraceContext
    ) {
        self.id = id
        self.channel = channel
        self.idempotencyKey = idempotencyKey
        self.requestHash = requestHash
        self.trackingCode = trackingCode
        self.reporterKeyHash = reporterKeyHash
        self.report = report
        self.isUrgent = isUrgent
        self.identity = identity
        self.trace = trace
    }

    /// Rough memory while it waits, in bytes.
    package var size: Int {
        600 + report.description.utf8.count + (report.attributes == nil ? 0 : AdmissionRules.maximumAttributeBytes)
            + (report.address?.utf8.count ?? 0) + (report.landmark?.utf8.count ?? 0) + (identity?.sealed.count ?? 0)
    }
}

/// Personal data as they are stored: encrypted, with the consent they were given under.
package struct SealedIdentity: Sendable {
    package var sealed: [UInt8]
    package var consentVersion: String
    package var consentAt: Timestamp

    package init(sealed: [UInt8], consentVersion: String, consentAt: Timestamp) {
        self.sealed = sealed
        self.consentVersion = consentVersion
        self.consentAt = consentAt
    }
}

/// What a receipt is made of: the stored report, whether it was stored now or before.
package struct StoredReceipt: Sendable, Hashable {
    package var id: UUID
    package var requestHash: [UInt8]
    package var trackingCode: String
    package var area: AreaCode?
    package var isAreaApproximate: Bool
    package var receivedAt: Timestamp
}

/// What became of one report of a batch.
package enum Admission: Sendable {
    case stored(StoredReceipt)
    /// The same key was used before.
    case repeated(StoredReceipt)
}

/// Stores reports in batches: one transaction, one flush, acknowledged only after its commit.
package struct AdmissionStore: Sendable {
    /// The constraint that a second report with the same tracking code violates.
    package static let trackingCodeConstraint = "report_tracking_code"

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Stores a batch of one city's reports and queues them for routing, all or none.
    ///
    /// - Returns: what became of each, in the batch's order.
    /// - Throws: `PostgresError`; then nothing of the batch is stored, unless the commit's outcome is
    ///   unknown, which a retry with the same keys settles.
    package func admit(_ batch: [NewReport], in jurisdiction: JurisdictionCode) async throws -> [Admission] {
        // Two batches in flight meet each other's keys in the same order, so they cannot deadlock.
        let order = batch.indices.sorted {
            (batch[$0].channel.rawValue, batch[$0].idempotencyKey)
                < (batch[$1].channel.rawValue, batch[$1].idempotencyKey)
        }
        let rows = try await pool.query(Self.insertion(order.map { batch[$0] }, in: jurisdiction))
        var receivedAt: [UUID: Timestamp] = [:]
        receivedAt.reserveCapacity(rows.count)
        for row in rows { receivedAt[try row.decode(UUID.self, at: 0)] = try row.decode(Timestamp.self, at: 1) }
        var admissions = batch.map { new in receivedAt[new.id].map { Admission.stored(new.receipt(receivedAt: $0)) } }
        let repeated = batch.indices.filter { admissions[$0] == nil }
        if !repeated.isEmpty {
            // A second statement: the first does not see what others committed meanwhile.
            let keys = repeated.map { (batch[$0].channel, batch[$0].idempotencyKey) }
            let receipts = try await receipts(keys, in: jurisdiction)
            guard receipts.count == keys.count else {
                throw PostgresError(
                    .decoding, operation: "admit", message: "\(keys.count) repeated keys met \(receipts.count) reports")
            }
            for (index, receipt) in zip(repeated, receipts) { admissions[index] = .repeated(receipt) }
        }
        return admissions.map { $0! }
    }

    /// What a channel's key stored before; nil where it stored nothing.
    package func receipt(
        of key: String, from channel: ChannelCode, in jurisdiction: JurisdictionCode
    ) async throws -> StoredReceipt? {
        try await receipts([(channel, key)], in: jurisdiction).first
    }

    private func receipts(
        _ keys: [(channel: ChannelCode, key: String)], in jurisdiction: JurisdictionCode
    ) async throws -> [StoredReceipt] {
        let rows = try await pool.query(
            """
            SELECT r.id, r.request_hash, r.tracking_code, r.area, r.received_at, r.area_approximate
            FROM unnest(\(keys.map(\.channel)), \(keys.map(\.key)))
                WITH ORDINALITY AS t (channel, key, place)
            JOIN report r ON r.jurisdiction = \(jurisdiction) AND r.channel = t.channel AND r.idempotency_key = t.key
            ORDER BY t.place
            """)
        var receipts: [StoredReceipt] = []
        for row in rows {
            receipts.append(
                StoredReceipt(
                    id: try row.decode(UUID.self, at: 0), requestHash: try row.decode([UInt8].self, at: 1),
                    trackingCode: try row.decode(String.self, at: 2),
                    area: try row.decode(String?.self, at: 3).map(AreaCode.init(rawValue:)),
                    isAreaApproximate: try row.decode(Bool.self, at: 5),
                    receivedAt: try row.decode(Timestamp.self, at: 4)))
        }
        return receipts
    }

    /// The whole admission as one statement, which is its own transaction.
    ///
    /// - Parameter receivedAt: of reports that came at another time than now, and that the same transaction files: they
    ///   do not wait for routing.
    package static func insertion(
        _ batch: [NewReport], in jurisdiction: JurisdictionCode, receivedAt: [Timestamp]? = nil
    ) -> SQL {
        let reports = batch.map(\.report)
        let (times, column, queued): (SQL, SQL, SQL) =
            if let receivedAt {
                (", \(receivedAt)", ", received_at", "WHERE false")
            } else {
                ("", "", "")
            }
        let parts = batch.map { InboxPart.part(lastByte: $0.id.uuid.15, isUrgent: $0.isUrgent) }
        return """
            WITH incoming AS MATERIALIZED (
                SELECT * FROM unnest(
                    \(batch.map(\.id)), \(batch.map(\.channel)), \(batch.map(\.idempotencyKey)),
                    \(batch.map(\.requestHash)), \(batch.map(\.trackingCode)), \(batch.map(\.reporterKeyHash)),
                    \(reports.map(\.category)), \(reports.map(\.subtype)), \(reports.map(\.description)),
                    \(reports.map { $0.location?.lat }), \(reports.map { $0.location?.lon }),
                    \(reports.map(\.accuracyMetres)), \(reports.map(\.locationSource.rawValue)),
                    \(reports.map { $0.area?.code }), \(reports.map { $0.area?.isApproximate ?? false }),
                    \(reports.map(\.address)), \(reports.map(\.rt)), \(reports.map(\.rw)), \(reports.map(\.landmark)),
                    \(reports.map(\.externalID)), \(reports.map(\.observedAt)), \(reports.map(\.visibility.rawValue)),
                    \(reports.map { $0.attributes.map(Self.text) }), \(parts),
                    \(batch.map { $0.isUrgent ? Int16(0) : 1 }),
                    \(batch.map { $0.identity?.sealed }), \(batch.map { $0.identity?.consentVersion }),
                    \(batch.map { $0.identity?.consentAt }),
                    \(batch.map(\.trace.text))\(times)
                ) AS t (id, channel, idempotency_key, request_hash, tracking_code, reporter_key_hash, category,
                    subtype, description, lat, lon, accuracy_m, location_source, area, area_approximate, address,
                    rt, rw, landmark, external_id, observed_at, visibility, attributes, part, urgency, sealed,
                    consent_version, consent_at, traceparent\(column))
            ), stored AS (
                INSERT INTO report (jurisdiction, id, channel, idempotency_key, request_hash, tracking_code,
                    reporter_key_hash, category, subtype, description, lat, lon, accuracy_m, location_source, area,
                    area_approximate, address, rt, rw, landmark, external_id, observed_at, visibility, attributes,
                    traceparent\(column))
                SELECT \(jurisdiction), id, channel, idempotency_key, request_hash, tracking_code, reporter_key_hash,
                    category, subtype, description, lat, lon, accuracy_m, location_source, area, area_approximate,
                    address, rt, rw, landmark, external_id, observed_at, visibility, attributes,
                    traceparent\(column)
                FROM incoming
                ON CONFLICT (jurisdiction, channel, idempotency_key) DO NOTHING
                RETURNING id, received_at
            ), queued AS (
                INSERT INTO inbox (jurisdiction, urgency, part, report_id)
                SELECT \(jurisdiction), i.urgency, i.part, i.id FROM incoming i JOIN stored USING (id) \(queued)
            ), identified AS (
                INSERT INTO reporter_identity (jurisdiction, report_id, sealed, consent_version, consent_at)
                SELECT \(jurisdiction), i.id, i.sealed, i.consent_version, i.consent_at
                FROM incoming i JOIN stored USING (id) WHERE i.sealed IS NOT NULL
            )
            SELECT id, received_at FROM stored
            """
    }

    private static func text(_ value: JSONValue) -> String {
        var writer = JSONWriter()
        writer.value(value)
        return writer.string
    }

    /// How many reports of each loaded city wait for routing, counted up to `limit` in each.
    package func inboxDepths(upTo limit: Int) async throws -> [JurisdictionCode: Int] {
        let rows = try await pool.query(
            """
            SELECT j.code, waiting.n FROM jurisdiction j CROSS JOIN LATERAL (
                SELECT count(*) AS n FROM (
                    SELECT 1 FROM inbox i WHERE i.jurisdiction = j.code LIMIT \(literal: limit)) counted
            ) waiting
            """)
        var depths: [JurisdictionCode: Int] = [:]
        for row in rows {
            depths[JurisdictionCode(rawValue: try row.decode(String.self, at: 0))] =
                Int(try row.decode(Int64.self, at: 1))
        }
        return depths
    }

    /// How long the oldest report of all cities has waited for routing, in seconds; 0 where none waits.
    package func oldestInboxAge() async throws -> Double {
        // The first of each urgency, also of those set aside: four probes of an index for each city, and one for each
        // report that is found.
        let rows = try await pool.query(
            """
            SELECT coalesce(max(extract(epoch FROM now() - (
                SELECT r.received_at FROM report r WHERE r.jurisdiction = j.code AND r.id = (
                    SELECT i.report_id FROM inbox i WHERE i.jurisdiction = j.code AND i.urgency = u.urgency
                    ORDER BY i.id LIMIT 1)))), 0)::float8
            FROM jurisdiction j CROSS JOIN (VALUES (0::smallint), (1), (10), (11)) AS u (urgency)
            """)
        return try rows.one().decode(Double.self, at: 0)
    }
}

extension NewReport {
    func receipt(receivedAt: Timestamp) -> StoredReceipt {
        StoredReceipt(
            id: id, requestHash: requestHash, trackingCode: trackingCode, area: report.area?.code,
            isAreaApproximate: report.area?.isApproximate ?? false, receivedAt: receivedAt)
    }
}
