package import Domain
package import FoundationEssentials
package import PostgreSQL

/// An agency's work as its desk shows it.
package struct DeskStore: Sendable {
    /// The most that one page gives.
    package static let listLimit = 1000
    /// As far as open reports are counted: beyond it nobody reads the number, and counting would cost more than the list.
    package static let countLimit = 1_000

    /// What an officer or a reporter finishes. What closes by itself was finished days before.
    private static let finished = ReportStatus.allCases.filter { !$0.isOpen && $0 != .closed }

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// A page of the agency's open reports, or of those in the statuses given: first what is open, by when it is due,
    /// then what is finished, the latest change first; the id decides between equal times.
    ///
    /// Work that changes between two pages may stand on both or on neither: the stream has every change.
    package func page(
        of agency: AgencyCode, in jurisdiction: JurisdictionCode, statuses: [ReportStatus]? = nil,
        after position: WorkPosition? = nil, limit: Int = listLimit
    ) async throws -> WorkPage {
        var found: [(work: WorkRecord, position: WorkPosition)] = []
        for part in WorkPosition.Part.allCases where found.count <= limit {
            if part == .open, position?.part == .done { continue }
            // Each once, however often it was named: a status is a list of its own.
            let chosen = statuses.map { named in
                ReportStatus.allCases.filter { $0.isOpen == (part == .open) && named.contains($0) }
            }
            if chosen?.isEmpty ?? (part == .done) { continue }
            let statement = Self.statement(
                part, of: agency, in: jurisdiction, statuses: chosen, after: position?.part == part ? position : nil,
                limit: limit + 1)
            for row in try await pool.query(statement) {
                let work = try WorkRecord(row: row)
                let at = try row.decode(Timestamp.self, "position_at")
                found.append((work, WorkPosition(part: part, at: at, report: work.report.id)))
            }
        }
        let shown = found.prefix(limit)
        return WorkPage(works: shown.map(\.work), next: found.count > limit ? shown.last?.position : nil)
    }

    /// The statement that reads a page of one part.
    ///
    /// Its limit stands before the join, so that the part's index is read in its order and no further than the page: it
    /// costs the same however many reports an agency has had.
    /// - Parameter start: of finished reports, only those that changed no earlier.
    package static func statement(
        _ part: WorkPosition.Part, of agency: AgencyCode, in jurisdiction: JurisdictionCode,
        statuses: [ReportStatus]?, after position: WorkPosition? = nil, since start: Timestamp? = nil, limit: Int
    ) -> SQL {
        let (time, order, page): (SQL, SQL, SQL)
        switch part {
        case .open:
            (time, order) = ("s.next_due_at", "s.next_due_at, s.report_id")
            page = open(of: agency, in: jurisdiction, statuses: statuses, after: position, limit: limit)
        case .done:
            (time, order) = ("s.changed_at", "s.changed_at DESC, s.report_id DESC")
            page = done(
                of: agency, in: jurisdiction, statuses: statuses, after: position, since: start, limit: limit)
        }
        return """
            SELECT \(WorkRecord.columns), \(time) AS position_at FROM (\(page)) s
            CROSS JOIN LATERAL (\(reportByKey)) r
            ORDER BY \(order)
            """
    }

    /// The report of `s`, which can only be looked up by its key: its order is the key's. Row security adds a look at
    /// the report's state to every way, beside which, while the tables are empty, all ways seem alike; the plan that is
    /// made then would read all reports for each.
    static let reportByKey: SQL = """
        SELECT \(ReportRecord.sources) FROM report r
        WHERE r.jurisdiction = s.jurisdiction AND r.id BETWEEN s.report_id AND s.report_id ORDER BY r.id LIMIT 1
        """

    private static func open(
        of agency: AgencyCode, in jurisdiction: JurisdictionCode, statuses: [ReportStatus]?,
        after position: WorkPosition?, limit: Int
    ) -> SQL {
        var conditions: [SQL] = ["s.jurisdiction = \(jurisdiction)", "s.agency = \(agency)"]
        if let position { conditions.append("(s.next_due_at, s.report_id) > (\(position.at), \(position.report))") }
        if let statuses, !statuses.contains(.assigned) {
            return openByStatus(statuses, conditions, limit: limit)
        }
        conditions.append("s.next_due_at IS NOT NULL")
        if let statuses { conditions.append("s.status = ANY(\(statuses.map(\.rawValue)))") }
        return """
            SELECT * FROM report_state s WHERE \(SQL.joined(conditions, separator: " AND "))
            ORDER BY s.next_due_at, s.report_id LIMIT \(literal: limit)
            """
    }

    /// Each status in the order of its own part of the index, and then merged; the list is the index's own, which has
    /// all that is open but what is assigned.
    private static func openByStatus(_ statuses: [ReportStatus], _ conditions: [SQL], limit: Int) -> SQL {
        """
        SELECT found.* FROM unnest(\(statuses.map(\.rawValue))) AS chosen (status) CROSS JOIN LATERAL (
            SELECT * FROM report_state s WHERE \(SQL.joined(conditions, separator: " AND "))
                AND s.status IN ('triage', 'reopened', 'acknowledged', 'in_progress', 'on_hold')
                AND s.status = chosen.status
            ORDER BY s.next_due_at, s.report_id LIMIT \(literal: limit)) found
        ORDER BY found.next_due_at, found.report_id LIMIT \(literal: limit)
        """
    }

    /// Each status in the order of its own part of the index, and then merged.
    private static func done(
        of agency: AgencyCode, in jurisdiction: JurisdictionCode, statuses: [ReportStatus]?,
        after position: WorkPosition?, since start: Timestamp?, limit: Int
    ) -> SQL {
        var conditions: [SQL] = [
            "s.jurisdiction = \(jurisdiction)", "s.agency = \(agency)", "s.status = chosen.status",
            "s.next_due_at IS NULL",
        ]
        if let position { conditions.append("(s.changed_at, s.report_id) < (\(position.at), \(position.report))") }
        if let start { conditions.append("s.changed_at >= \(start)") }
        let names = (statuses ?? ReportStatus.allCases.filter { !$0.isOpen }).map(\.rawValue)
        return """
            SELECT found.* FROM unnest(\(names)) AS chosen (status) CROSS JOIN LATERAL (
                SELECT * FROM report_state s WHERE \(SQL.joined(conditions, separator: " AND "))
                ORDER BY s.changed_at DESC, s.report_id DESC LIMIT \(literal: limit)) found
            ORDER BY found.changed_at DESC, found.report_id DESC LIMIT \(literal: limit)
            """
    }

    /// The `limit` open reports that are due first, or first after a position, how many there are in all, and the latest
    /// `doneLimit` of those that were finished since `start`.
    package func overview(
        of agency: AgencyCode, in jurisdiction: JurisdictionCode, after position: WorkPosition? = nil, limit: Int,
        doneSince start: Timestamp, doneLimit: Int
    ) async throws -> DeskOverview {
        let results = try await pool.pipeline([
            Self.statement(
                .open, of: agency, in: jurisdiction, statuses: nil, after: position, limit: limit + 1),
            """
            SELECT count(*) FROM (
                SELECT 1 FROM report_state s
                WHERE s.jurisdiction = \(jurisdiction) AND s.agency = \(agency) AND s.next_due_at IS NOT NULL
                LIMIT \(literal: Self.countLimit)
            ) counted
            """,
            Self.statement(
                .done, of: agency, in: jurisdiction, statuses: Self.finished, since: start, limit: doneLimit + 1),
        ])
        let found = try Self.records(results[0])
        let open = Array(found.prefix(limit))
        let done = try Self.records(results[2])
        var next: WorkPosition?
        if found.count > limit, limit > 0 {
            let row = results[0][limit - 1]
            next = WorkPosition(
                part: .open, at: try row.decode(Timestamp.self, "position_at"), report: found[limit - 1].report.id)
        }
        let counted = Int(try results[1].one().decode(Int64.self, at: 0))
        return DeskOverview(
            open: open, next: next, openInAll: max(counted, open.count), done: Array(done.prefix(doneLimit)),
            isDoneCut: done.count > doneLimit)
    }

    private static func records(_ rows: Rows) throws -> [WorkRecord] {
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
            Self.history(of: id, in: jurisdiction),
        ])
        guard let row = results[0].first else { return nil }
        var history: [HistoryLine] = []
        for row in results[1] { history.append(try HistoryLine(row: row)) }
        return (try WorkRecord(row: row), history)
    }

    package static func history(of id: UUID, in jurisdiction: JurisdictionCode) -> SQL {
        """
        SELECT \(HistoryLine.columns) FROM report_history h
        WHERE h.jurisdiction = \(jurisdiction) AND h.report_id = \(id) ORDER BY h.version
        """
    }
}
