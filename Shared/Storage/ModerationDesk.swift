package import Domain
package import FoundationEssentials
package import PostgreSQL

/// A report as the operator judges it: everything that was said, and what readers find wrong with it.
package struct ModeratedReport: Sendable {
    package var tracked: TrackedReport
    /// Of the flags that nobody has answered.
    package var reasons: [FlagReason: Int]
}

/// A line of the log: who did what, when and why.
package struct ModerationLine: Sendable {
    package var id: UUID
    package var report: UUID
    /// nil once the report is gone.
    package var trackingCode: String?
    package var at: Timestamp
    package var keyID: String
    package var actor: String?
    package var action: ModerationCommand
    package var reason: String
}

/// What the operator's page shows. All of it is bounded by `listLimit`.
package struct ModerationDesk: Sendable {
    package static let listLimit = 50

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Which reports are listed.
    package enum List: String, Sendable, CaseIterable {
        /// Those with the most flags first.
        case flagged
        /// Those that were hidden last first.
        case hidden

        fileprivate var selection: SQL {
            switch self {
            case .flagged: "AND m.open_flags > 0 ORDER BY m.open_flags DESC, m.report_id"
            case .hidden: "AND m.hidden_at IS NOT NULL ORDER BY m.hidden_at DESC, m.report_id"
            }
        }
    }

    package func reports(_ list: List, in jurisdiction: JurisdictionCode) async throws -> [ModeratedReport] {
        let rows = try await pool.query(
            """
            SELECT m.report_id FROM report_moderation m WHERE m.jurisdiction = \(jurisdiction) \(list.selection)
            LIMIT \(literal: Self.listLimit)
            """)
        return try await reports(rows.map { try $0.decode(UUID.self, at: 0) }, in: jurisdiction)
    }

    /// These reports, in this order; one that there is not is left out.
    package func reports(_ ids: [UUID], in jurisdiction: JurisdictionCode) async throws -> [ModeratedReport] {
        guard !ids.isEmpty else { return [] }
        let results = try await pool.pipeline([
            """
            SELECT \(WorkRecord.columns), \(ModerationState.columns)
            FROM report r
            LEFT JOIN report_state s ON s.jurisdiction = r.jurisdiction AND s.report_id = r.id
            LEFT JOIN report_moderation m ON m.jurisdiction = r.jurisdiction AND m.report_id = r.id
            WHERE r.jurisdiction = \(jurisdiction) AND r.id = ANY(\(ids))
            """,
            """
            SELECT \(HistoryLine.columns), h.report_id FROM report_history h
            WHERE h.jurisdiction = \(jurisdiction) AND h.report_id = ANY(\(ids)) ORDER BY h.report_id, h.version
            """,
            """
            SELECT f.report_id, f.reason, count(*) FROM report_flag f
            WHERE f.jurisdiction = \(jurisdiction) AND f.report_id = ANY(\(ids)) AND NOT f.answered
            GROUP BY f.report_id, f.reason
            """,
        ])
        var histories: [UUID: [HistoryLine]] = [:]
        for row in results[1] {
            histories[try row.decode(UUID.self, at: HistoryLine.columnCount), default: []].append(
                try HistoryLine(row: row))
        }
        var reasons: [UUID: [FlagReason: Int]] = [:]
        for row in results[2] {
            guard let reason = FlagReason(rawValue: try row.decode(String.self, at: 1)) else { continue }
            reasons[try row.decode(UUID.self, at: 0), default: [:]][reason] = Int(try row.decode(Int64.self, at: 2))
        }
        var found: [UUID: ModeratedReport] = [:]
        for row in results[0] {
            var tracked = try TrackedReport(joined: row)
            let id = tracked.report.id
            tracked.history = histories[id] ?? []
            let base = WorkRecord.ownColumnCount + ReportRecord.columnCount
            if try row.decode(Int32?.self, at: base) != nil {
                tracked.moderation = try ModerationState(row: row, from: base)
            }
            found[id] = ModeratedReport(tracked: tracked, reasons: reasons[id] ?? [:])
        }
        return ids.compactMap { found[$0] }
    }

    /// The log, the latest first.
    ///
    /// - Parameters:
    ///   - report: only what was done to it.
    ///   - before: only lines before this one.
    package func lines(
        in jurisdiction: JurisdictionCode, of report: UUID? = nil, before: UUID? = nil, limit: Int = listLimit
    ) async throws -> [ModerationLine] {
        let ofReport: SQL = report.map { "AND l.report_id = \($0)" } ?? ""
        let earlier: SQL = before.map { "AND l.id < \($0)" } ?? ""
        let rows = try await pool.query(
            """
            SELECT l.id, l.report_id, r.tracking_code, l.at, l.key_id, l.actor, l.action, l.reason
            FROM moderation_log l
            LEFT JOIN report r ON r.jurisdiction = l.jurisdiction AND r.id = l.report_id
            WHERE l.jurisdiction = \(jurisdiction) \(ofReport) \(earlier)
            ORDER BY l.id DESC LIMIT \(literal: limit)
            """)
        return try rows.compactMap { row in
            guard let action = ModerationCommand(rawValue: try row.decode(String.self, at: 6)) else { return nil }
            return ModerationLine(
                id: try row.decode(UUID.self, at: 0), report: try row.decode(UUID.self, at: 1),
                trackingCode: try row.decode(String?.self, at: 2), at: try row.decode(Timestamp.self, at: 3),
                keyID: try row.decode(String.self, at: 4), actor: try row.decode(String?.self, at: 5), action: action,
                reason: try row.decode(String.self, at: 7))
        }
    }
}
