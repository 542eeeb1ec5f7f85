package import Domain
package import FoundationEssentials
package import PostgreSQL

/// A report that has passed every check and waits to be stored.
package struct NewReport: Sendable {
    package var id: UUID
    package var channel: ChannelCode
    package var idempotencyKey: String
    /// Of a report whose key is made of what it says: the digest in the key, which holds for a time (``RecordKey``).
    package var recordDigest: String?
    package var requestHash: [UInt8]
    package var trackingCode: String
    package var reporterKeyHash: Int64
    package var report: AdmittedReport
    package var isUrgent: Bool
    /// The reporter's identity, sealed; nil for an anonymous report.
    package var identity: SealedIdentity?
    /// Where its way began.
    package var trace: TraceContext
    /// Photos that it brings; it is stored with all of them or not at all.
    package var uploads: Uploads?

    package init(
        id: UUID, channel: ChannelCode, idempotencyKey: String, requestHash: [UInt8], trackingCode: String,
        reporterKeyHash: Int64, report: AdmittedReport, isUrgent: Bool, identity: SealedIdentity?,
        trace: TraceContext, uploads: Uploads? = nil
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
        self.uploads = uploads
    }

    /// Rough memory while it waits, in bytes.
    package var size: Int {
        600 + report.description.utf8.count + (report.attributes == nil ? 0 : AdmissionRules.maximumAttributeBytes)
            + (report.address?.utf8.count ?? 0) + (report.landmark?.utf8.count ?? 0) + (identity?.sealed.box.count ?? 0)
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
    /// What a report violates that brings a photo which is not there for it.
    package static let uploadConstraint = "report_media_upload"

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Stores a batch of one city's reports and queues them for routing, all or none.
    ///
    /// - Returns: what became of each, in the batch's order.
    /// - Throws: `PostgresError`; then nothing of the batch is stored, unless the commit's outcome is
    ///   unknown, which a retry with the same keys settles.
    package func admit(_ batch: [NewReport], in jurisdiction: JurisdictionCode) async throws -> [Admission] {
        let written = try await write(batch, in: jurisdiction)
        var admissions = written.map(\.admission)
        let expired = batch.indices.filter { written[$0].isExpired && batch[$0].recordDigest != nil }
        if !expired.isEmpty {
            let anew = try await admitAnew(expired.map { batch[$0] }, in: jurisdiction)
            for (index, admission) in zip(expired, anew) { admissions[index] = admission }
        }
        return admissions
    }

    /// - Returns: what became of each, and whether a key that holds for a time would be over by now.
    func write(
        _ batch: [NewReport], in jurisdiction: JurisdictionCode
    ) async throws -> [(admission: Admission, isExpired: Bool)] {
        // Two batches in flight meet each other's keys in the same order, so they cannot deadlock.
        let order = batch.indices.sorted {
            (batch[$0].channel.rawValue, batch[$0].idempotencyKey)
                < (batch[$1].channel.rawValue, batch[$1].idempotencyKey)
        }
        let rows = try await pool.query(Self.insertion(order.map { batch[$0] }, in: jurisdiction))
        var receivedAt: [UUID: Timestamp] = [:]
        receivedAt.reserveCapacity(rows.count)
        for row in rows { receivedAt[try row.decode(UUID.self, at: 0)] = try row.decode(Timestamp.self, at: 1) }
        var written = batch.map { new in
            receivedAt[new.id].map { (admission: Admission.stored(new.receipt(receivedAt: $0)), isExpired: false) }
        }
        let repeated = batch.indices.filter { written[$0] == nil }
        if !repeated.isEmpty {
            // A second statement: the first does not see what others committed meanwhile.
            let keys = repeated.map { (batch[$0].channel, batch[$0].idempotencyKey) }
            let receipts = try await receipts(keys, in: jurisdiction)
            guard receipts.count == keys.count else {
                throw PostgresError(
                    .decoding, operation: "admit", message: "\(keys.count) repeated keys met \(receipts.count) reports")
            }
            for (index, found) in zip(repeated, receipts) {
                written[index] = (.repeated(found.receipt), found.isExpired)
            }
        }
        return written.map { $0! }
    }

    /// What a channel's key stored before; nil where it stored nothing.
    package func receipt(
        of key: String, from channel: ChannelCode, in jurisdiction: JurisdictionCode
    ) async throws -> StoredReceipt? {
        try await receipts([(channel, key)], in: jurisdiction).first?.receipt
    }

    private func receipts(
        _ keys: [(channel: ChannelCode, key: String)], in jurisdiction: JurisdictionCode
    ) async throws -> [(receipt: StoredReceipt, isExpired: Bool)] {
        let rows = try await pool.query(
            """
            SELECT r.id, r.request_hash, r.tracking_code, r.area, r.received_at, r.area_approximate,
                r.received_at <= now() - interval '1 hour' * \(literal: RecordKey.hours)
            FROM unnest(\(keys.map(\.channel)), \(keys.map(\.key)))
                WITH ORDINALITY AS t (channel, key, place)
            JOIN report r ON r.jurisdiction = \(jurisdiction) AND r.channel = t.channel AND r.idempotency_key = t.key
            ORDER BY t.place
            """)
        return try rows.map { (try StoredReceipt($0), try $0.decode(Bool.self, at: 6)) }
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
                    \(reports.map { $0.attributes.map(Self.text) }), \(reports.map { $0.answers.map(Self.text) }), \(parts),
                    \(batch.map { $0.isUrgent ? Int16(0) : 1 }),
                    \(batch.map { $0.identity?.sealed.box }), \(batch.map { $0.identity?.sealed.keyID }),
                    \(batch.map { $0.identity?.sealed.lookup.first }),
                    \(batch.map { $0.identity.flatMap { $0.sealed.lookup.count > 1 ? $0.sealed.lookup[1] : nil } }),
                    \(batch.map { $0.identity?.consentVersion }), \(batch.map { $0.identity?.consentAt }),
                    \(batch.map { $0.identity.map { Int32($0.retentionDays) } }),
                    \(batch.map { $0.identity?.mayContact ?? false }),
                    \(batch.map(\.trace.text))\(times)
                ) AS t (id, channel, idempotency_key, request_hash, tracking_code, reporter_key_hash, category,
                    subtype, description, lat, lon, accuracy_m, location_source, area, area_approximate, address,
                    rt, rw, landmark, external_id, observed_at, visibility, attributes, answers, part, urgency, sealed,
                    key_id, lookup_1, lookup_2, consent_version, consent_at, identity_days, may_contact,
                    traceparent\(column))
            ), stored AS (
                INSERT INTO report (jurisdiction, id, channel, idempotency_key, request_hash, tracking_code,
                    reporter_key_hash, category, subtype, description, lat, lon, accuracy_m, location_source, area,
                    area_approximate, address, rt, rw, landmark, external_id, observed_at, visibility, attributes,
                    answers, identity_days, may_contact, traceparent\(column))
                SELECT \(jurisdiction), id, channel, idempotency_key, request_hash, tracking_code, reporter_key_hash,
                    category, subtype, description, lat, lon, accuracy_m, location_source, area, area_approximate,
                    address, rt, rw, landmark, external_id, observed_at, visibility, attributes,
                    answers, identity_days, may_contact, traceparent\(column)
                FROM incoming
                ON CONFLICT (jurisdiction, channel, idempotency_key) DO NOTHING
                RETURNING id, received_at
            ), queued AS (
                INSERT INTO inbox (jurisdiction, urgency, part, report_id)
                SELECT \(jurisdiction), i.urgency, i.part, i.id FROM incoming i JOIN stored USING (id) \(queued)
            ), identified AS (
                INSERT INTO reporter_identity (
                    jurisdiction, report_id, sealed, key_id, lookup, consent_version, consent_at)
                SELECT \(jurisdiction), i.id, i.sealed, i.key_id, array_remove(ARRAY[i.lookup_1, i.lookup_2], NULL),
                    i.consent_version, i.consent_at
                FROM incoming i JOIN stored USING (id) WHERE i.sealed IS NOT NULL
            )\(Self.claims(of: batch, in: jurisdiction))
            """
    }

    /// What gives a batch's reports their photos, and the answer; most batches bring none, and pay nothing.
    private static func claims(of batch: [NewReport], in jurisdiction: JurisdictionCode) -> SQL {
        let brought = batch.flatMap { new in
            (new.uploads?.ids ?? []).map { (report: new.id, uploader: new.uploads?.uploader.text ?? "", id: $0) }
        }
        if brought.isEmpty { return " SELECT id, received_at FROM stored" }
        return """
            , brought AS MATERIALIZED (
                SELECT t.report, t.uploader, array_agg(t.id ORDER BY t.place) AS ids
                FROM unnest(\(brought.map { $0.report }), \(brought.map { $0.uploader }), \(brought.map { $0.id }))
                    WITH ORDINALITY AS t (report, uploader, id, place)
                GROUP BY t.report, t.uploader
            ), claimed AS MATERIALIZED (
                SELECT claim_first_media(\(jurisdiction), s.id, b.uploader, b.ids) AS photos
                FROM stored s JOIN brought b ON b.report = s.id
            )
            SELECT id, received_at FROM stored WHERE (SELECT count(photos) FROM claimed) >= 0
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

extension StoredReceipt {
    /// From a row that begins with id, request_hash, tracking_code, area, received_at, area_approximate.
    init(_ row: Row) throws(PostgresError) {
        self.init(
            id: try row.decode(UUID.self, at: 0), requestHash: try row.decode([UInt8].self, at: 1),
            trackingCode: try row.decode(String.self, at: 2),
            area: try row.decode(String?.self, at: 3).map(AreaCode.init(rawValue:)),
            isAreaApproximate: try row.decode(Bool.self, at: 5), receivedAt: try row.decode(Timestamp.self, at: 4))
    }
}

extension NewReport {
    func receipt(receivedAt: Timestamp) -> StoredReceipt {
        StoredReceipt(
            id: id, requestHash: requestHash, trackingCode: trackingCode, area: report.area?.code,
            isAreaApproximate: report.area?.isApproximate ?? false, receivedAt: receivedAt)
    }
}
