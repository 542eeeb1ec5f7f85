package import Domain
package import FoundationEssentials
package import PostgreSQL

/// An agency's work as its desk shows it.
package struct DeskStore: Sendable {
    /// The most that one list gives.
    package static let listLimit = 1000

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The agency's reports, open ones by what is due first; or those in the statuses given.
    package func work(
        of agency: AgencyCode, in jurisdiction: JurisdictionCode, statuses: [ReportStatus]? = nil
    ) async throws -> [WorkRecord] {
        let chosen = (statuses ?? ReportStatus.allCases.filter(\.isOpen)).map(\.rawValue)
        let openOnly = (statuses ?? []).allSatisfy(\.isOpen)
        let order: SQL = openOnly ? "s.next_due_at, s.report_id" : "s.next_due_at NULLS LAST, s.changed_at DESC"
        let isOpen: SQL = openOnly ? "AND s.next_due_at IS NOT NULL" : ""
        return try await records(
            """
            SELECT \(WorkRecord.columns) FROM report_state s
            JOIN report r ON r.jurisdiction = s.jurisdiction AND r.id = s.report_id
            WHERE s.jurisdiction = \(jurisdiction) AND s.agency = \(agency) \(isOpen)
                AND s.status = ANY(\(chosen))
            ORDER BY \(order) LIMIT \(literal: Self.listLimit)
            """)
    }

    /// What the agency finished since `start`, the latest first.
    package func done(
        by agency: AgencyCode, in jurisdiction: JurisdictionCode, since start: Timestamp, limit: Int = 100
    ) async throws -> [WorkRecord] {
        try await records(
            """
            SELECT \(WorkRecord.columns) FROM report_state s
            JOIN report r ON r.jurisdiction = s.jurisdiction AND r.id = s.report_id
            WHERE s.jurisdiction = \(jurisdiction) AND s.agency = \(agency) AND s.next_due_at IS NULL
                AND s.changed_at >= \(start)
            ORDER BY s.changed_at DESC LIMIT \(literal: limit)
            """)
    }

    private func records(_ sql: SQL) async throws -> [WorkRecord] {
        let rows = try await pool.query(sql)
        var records: [WorkRecord] = []
        records.reserveCapacity(rows.count)
        for row in rows { records.append(try WorkRecord(row: row)) }
        return records
    }

    /// One report that is with the agency, with its history; nil where it is not.
    package func report(
        _ id: UUID, of agency: AgencyCode, in jurisdiction: JurisdictionCode
    ) async throws -> (work: WorkRecord, history: [HistoryLine])? {
        let results = try await pool.pipeline([
            """
            SELECT \(WorkRecord.columns) FROM report_state s
            JOIN report r ON r.jurisdiction = s.jurisdiction AND r.id = s.report_id
            WHERE s.jurisdiction = \(jurisdiction) AND s.agency = \(agency) AND s.report_id = \(id)
            """,
            """
            SELECT \(HistoryLine.columns) FROM report_history h
            WHERE h.jurisdiction = \(jurisdiction) AND h.report_id = \(id) ORDER BY h.version
            """,
        ])
        guard let row = results[0].first else { return nil }
        var history: [HistoryLine] = []
        for row in results[1] { history.append(try HistoryLine(row: row)) }
        return (try WorkRecord(row: row), history)
    }
}
