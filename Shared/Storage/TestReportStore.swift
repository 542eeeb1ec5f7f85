package import Domain
package import FoundationEssentials
package import PostgreSQL

/// A report that came by a key to try the doors with. No agency has it, and nobody follows it up.
package struct TestReport: Sendable {
    package var id: UUID
    package var channel: ChannelCode
    package var trackingCode: String
    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    package var description: String
    package var location: Coordinate?
    package var area: AreaCode?
    package var isAreaApproximate: Bool
    package var address: String?
    package var externalID: String?
    package var receivedAt: Timestamp
}

/// Reports that came by test keys, for as long as they are kept.
package struct TestReportStore: Sendable {
    package static let keptDays = 30
    private static let trackingCodeConstraint = "test_report_tracking_code"

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Stores one, or finds what its key stored before; nil where its tracking code is taken.
    package func admit(_ new: NewReport, in jurisdiction: JurisdictionCode) async throws -> Admission? {
        let rows: Rows
        do { rows = try await pool.query(Self.insertion(new, in: jurisdiction)) } catch {
            guard error.constraint == Self.trackingCodeConstraint else { throw error }
            return nil
        }
        if let row = rows.first { return .stored(new.receipt(receivedAt: try row.decode(Timestamp.self, at: 0))) }
        guard let earlier = try await receipt(of: new.idempotencyKey, from: new.channel, in: jurisdiction) else {
            return nil
        }
        return .repeated(earlier)
    }

    private static func insertion(_ new: NewReport, in jurisdiction: JurisdictionCode) -> SQL {
        let report = new.report
        return """
            INSERT INTO test_report (
                jurisdiction, id, channel, idempotency_key, request_hash, tracking_code, category, subtype,
                description, lat, lon, area, area_approximate, address, external_id)
            VALUES (
                \(jurisdiction), \(new.id), \(new.channel), \(new.idempotencyKey), \(new.requestHash),
                \(new.trackingCode), \(report.category as CategoryCode?), \(report.subtype as SubtypeCode?),
                \(report.description), \(report.location?.lat as Double?), \(report.location?.lon as Double?),
                \(report.area?.code as AreaCode?), \(report.area?.isApproximate ?? false),
                \(report.address as String?), \(report.externalID as String?))
            ON CONFLICT ON CONSTRAINT test_report_key DO NOTHING
            RETURNING received_at
            """
    }

    /// What a channel's key stored before; nil where it stored nothing.
    package func receipt(
        of key: String, from channel: ChannelCode, in jurisdiction: JurisdictionCode
    ) async throws -> StoredReceipt? {
        try await pool.query(
            """
            SELECT id, request_hash, tracking_code, area, area_approximate, received_at FROM test_report
            WHERE jurisdiction = \(jurisdiction) AND channel = \(channel) AND idempotency_key = \(key)
            """
        ).first.map { row in
            StoredReceipt(
                id: try row.decode(UUID.self, at: 0), requestHash: try row.decode([UInt8].self, at: 1),
                trackingCode: try row.decode(String.self, at: 2),
                area: try row.decode(String?.self, at: 3).map(AreaCode.init(rawValue:)),
                isAreaApproximate: try row.decode(Bool.self, at: 4),
                receivedAt: try row.decode(Timestamp.self, at: 5))
        }
    }

    /// A channel's own, by its id.
    package func report(
        _ id: UUID, from channel: ChannelCode, in jurisdiction: JurisdictionCode
    ) async throws -> TestReport? {
        try await reports("id = \(id)", from: channel, in: jurisdiction).first
    }

    /// A channel's own, by its tracking code.
    package func report(
        trackingCode: String, from channel: ChannelCode, in jurisdiction: JurisdictionCode
    ) async throws -> TestReport? {
        try await reports("tracking_code = \(trackingCode)", from: channel, in: jurisdiction).first
    }

    /// A channel's own, by the id that the channel gave it: the newest where several have it.
    package func report(
        externalID: String, from channel: ChannelCode, in jurisdiction: JurisdictionCode
    ) async throws -> TestReport? {
        try await reports("external_id = \(externalID) ORDER BY id DESC LIMIT 1", from: channel, in: jurisdiction).first
    }

    /// A channel's own, the newest first.
    package func newest(
        _ limit: Int, from channel: ChannelCode, in jurisdiction: JurisdictionCode
    ) async throws -> [TestReport] {
        try await reports("true ORDER BY received_at DESC LIMIT \(Int32(limit))", from: channel, in: jurisdiction)
    }

    func reports(
        _ choice: SQL, from channel: ChannelCode, in jurisdiction: JurisdictionCode
    ) async throws -> [TestReport] {
        let rows = try await pool.query(
            """
            SELECT id, tracking_code, category, subtype, description, lat, lon, area, area_approximate, address,
                external_id, received_at
            FROM test_report WHERE jurisdiction = \(jurisdiction) AND channel = \(channel) AND \(choice)
            """)
        return try rows.map { row in
            let (lat, lon) = (try row.decode(Double?.self, at: 5), try row.decode(Double?.self, at: 6))
            return TestReport(
                id: try row.decode(UUID.self, at: 0), channel: channel,
                trackingCode: try row.decode(String.self, at: 1),
                category: try row.decode(String?.self, at: 2).map(CategoryCode.init(rawValue:)),
                subtype: try row.decode(String?.self, at: 3).map(SubtypeCode.init(rawValue:)),
                description: try row.decode(String.self, at: 4),
                location: lat.flatMap { lat in lon.map { Coordinate(lat: lat, lon: $0) } },
                area: try row.decode(String?.self, at: 7).map(AreaCode.init(rawValue:)),
                isAreaApproximate: try row.decode(Bool.self, at: 8), address: try row.decode(String?.self, at: 9),
                externalID: try row.decode(String?.self, at: 10), receivedAt: try row.decode(Timestamp.self, at: 11))
        }
    }

    /// Lets go of what is older than ``keptDays``; says how many went.
    package func forgetOld(limit: Int) async throws -> Int {
        try await pool.query(
            """
            DELETE FROM test_report WHERE (jurisdiction, id) IN (
                SELECT jurisdiction, id FROM test_report
                WHERE received_at < now() - make_interval(days => \(Int32(Self.keptDays))) LIMIT \(Int32(limit)))
            RETURNING id
            """
        ).count
    }
}
