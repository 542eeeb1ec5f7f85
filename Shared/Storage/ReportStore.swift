package import Domain
package import FoundationEssentials
package import PostgreSQL

/// A report with where it stands, as its tracking page needs it.
package struct TrackedReport: Sendable {
    package var report: ReportRecord
    /// nil while routing has not decided.
    package var work: WorkRecord?
    package var history: [HistoryLine]
    package var moderation = ModerationState.untouched

    package var state: ReportState? { work?.state }
}

extension TrackedReport {
    /// Reads `WorkRecord.columns`, whose state's are NULL for a report that routing has not decided; without history.
    init(joined row: Row) throws {
        work = try row.decode(String?.self, at: 0) == nil ? nil : WorkRecord(row: row)
        report = try work?.report ?? ReportRecord(row: row, from: WorkRecord.ownColumnCount)
        history = []
    }
}

/// Reports as citizens and integrators look them up.
package struct ReportStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func report(id: UUID, in jurisdiction: JurisdictionCode) async throws -> TrackedReport? {
        try await tracked("r.id = \(id)", in: jurisdiction)
    }

    package func report(trackingCode: String, in jurisdiction: JurisdictionCode) async throws -> TrackedReport? {
        try await tracked("r.tracking_code = \(trackingCode)", in: jurisdiction)
    }

    package func id(of trackingCode: String, in jurisdiction: JurisdictionCode) async throws -> UUID? {
        try await pool.query(
            "SELECT id FROM report WHERE jurisdiction = \(jurisdiction) AND tracking_code = \(trackingCode)"
        ).first?.decode(UUID.self, at: 0)
    }

    /// A channel's own report, by the id that the channel gave it: the newest where several have it; nil for none, and
    /// for one whose id was erased.
    package func id(
        externalID: String, from channel: ChannelCode, in jurisdiction: JurisdictionCode
    ) async throws -> UUID? {
        try await pool.query(Self.sent(as: externalID, from: channel, in: jurisdiction, limit: 1)).first?
            .decode(UUID.self, at: 0)
    }

    /// The same for a command: a retry means the report that its first attempt was for, though a newer one has the
    /// external id by now. That is looked for among the newest ``mostSent``.
    package func id(
        externalID: String, from channel: ChannelCode, in jurisdiction: JurisdictionCode, settledBy key: CommandKey
    ) async throws -> UUID? {
        try await pool.query(
            """
            SELECT r.id FROM (\(Self.sent(as: externalID, from: channel, in: jurisdiction, limit: Self.mostSent))) r
            ORDER BY EXISTS (
                SELECT FROM reporter_receipt k
                WHERE k.jurisdiction = \(jurisdiction) AND k.report_id = r.id AND k.key = \(key.text)) DESC, r.id DESC
            LIMIT 1
            """
        ).first?.decode(UUID.self, at: 0)
    }

    /// Reports of one external id among which a retry's is looked for.
    package static let mostSent = 100

    private static func sent(
        as externalID: String, from channel: ChannelCode, in jurisdiction: JurisdictionCode, limit: Int
    ) -> SQL {
        """
        SELECT id FROM report
        WHERE jurisdiction = \(jurisdiction) AND channel = \(channel) AND external_id = \(externalID)
        ORDER BY id DESC LIMIT \(literal: limit)
        """
    }

    /// The report that a reporter's key opens: candidates by the key's short hash, told apart by `isKey`.
    package func report(
        keyHash: Int64, in jurisdiction: JurisdictionCode, where isKey: @Sendable (UUID) -> Bool
    ) async throws -> (id: UUID, trackingCode: String)? {
        let rows = try await pool.query(
            """
            SELECT id, tracking_code FROM report
            WHERE jurisdiction = \(jurisdiction) AND reporter_key_hash = \(keyHash) LIMIT 16
            """)
        for row in rows {
            let id = try row.decode(UUID.self, at: 0)
            if isKey(id) { return (id, try row.decode(String.self, at: 1)) }
        }
        return nil
    }

    private func tracked(_ condition: SQL, in jurisdiction: JurisdictionCode) async throws -> TrackedReport? {
        let results = try await pool.pipeline([
            """
            SELECT \(ReportRecord.columns) FROM report r
            WHERE r.jurisdiction = \(jurisdiction) AND \(condition)
            """,
            """
            SELECT \(WorkRecord.columns) FROM report r
            JOIN report_state s ON s.jurisdiction = r.jurisdiction AND s.report_id = r.id
            WHERE r.jurisdiction = \(jurisdiction) AND \(condition)
            """,
            """
            SELECT \(HistoryLine.columns) FROM report r
            JOIN report_history h ON h.jurisdiction = r.jurisdiction AND h.report_id = r.id
            WHERE r.jurisdiction = \(jurisdiction) AND \(condition) ORDER BY h.version
            """,
            """
            SELECT \(ModerationState.columns) FROM report r
            JOIN report_moderation m ON m.jurisdiction = r.jurisdiction AND m.report_id = r.id
            WHERE r.jurisdiction = \(jurisdiction) AND \(condition)
            """,
        ])
        guard let row = results[0].first else { return nil }
        var history: [HistoryLine] = []
        for row in results[2] { history.append(try HistoryLine(row: row)) }
        return TrackedReport(
            report: try ReportRecord(row: row, from: 0), work: try results[1].first.map { try WorkRecord(row: $0) },
            history: history,
            moderation: try results[3].first.map { try ModerationState(row: $0, from: 0) } ?? .untouched)
    }
}
