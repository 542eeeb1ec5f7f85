package import Domain
internal import FoundationEssentials
package import PostgreSQL

extension DeskStore {
    /// So many open reports are looked through at once, the first due ones; the next page looks through those after.
    package static let searchWindow = 1_000

    /// The `limit` open reports of the agency that are due first, or first after a position, among those that fit.
    package func search(
        _ filter: WorkFilter, of agency: AgencyCode, in jurisdiction: JurisdictionCode,
        after position: WorkPosition? = nil, limit: Int
    ) async throws -> WorkSearch {
        let window = Self.window(filter, of: agency, in: jurisdiction, after: position)
        let results = try await pool.pipeline([
            Self.searching(filter, window, limit: limit + 1),
            """
            SELECT w.next_due_at, w.report_id FROM (\(window)) w
            ORDER BY w.next_due_at, w.report_id OFFSET \(literal: Self.searchWindow - 1) LIMIT 1
            """,
        ])
        var found: [(work: WorkRecord, at: Timestamp)] = []
        for row in results[0] {
            found.append((try WorkRecord(row: row), try row.decode(Timestamp.self, "position_at")))
        }
        let shown = found.prefix(limit)
        var search = WorkSearch(works: shown.map(\.work), next: nil, isCut: false)
        if found.count > limit, let last = shown.last {
            search.next = WorkPosition(part: .open, at: last.at, report: last.work.report.id)
        } else if let end = results[1].first {
            search.next = WorkPosition(
                part: .open, at: try end.decode(Timestamp.self, at: 0), report: try end.decode(UUID.self, at: 1))
            search.isCut = true
        }
        return search
    }

    /// The statement that looks for them. What it reads is bounded by the window, however many reports there are and
    /// whatever is asked for: the window is read from the index of the open work, and each of its reports by its key.
    package static func searching(
        _ filter: WorkFilter, of agency: AgencyCode, in jurisdiction: JurisdictionCode,
        after position: WorkPosition? = nil, limit: Int
    ) -> SQL {
        searching(filter, window(filter, of: agency, in: jurisdiction, after: position), limit: limit)
    }

    private static func searching(_ filter: WorkFilter, _ window: SQL, limit: Int) -> SQL {
        """
        SELECT \(WorkRecord.columns), s.next_due_at AS position_at FROM (\(window)) s
        CROSS JOIN LATERAL (\(reportByKey)) r
        WHERE \(SQL.joined(conditions(filter), separator: " AND "))
        ORDER BY s.next_due_at, s.report_id LIMIT \(literal: limit)
        """
    }

    private static func window(
        _ filter: WorkFilter, of agency: AgencyCode, in jurisdiction: JurisdictionCode, after position: WorkPosition?
    ) -> SQL {
        var conditions: [SQL] = [
            "o.jurisdiction = \(jurisdiction)", "o.agency = \(agency)", "o.next_due_at IS NOT NULL",
        ]
        if let position { conditions.append("(o.next_due_at, o.report_id) > (\(position.at), \(position.report))") }
        if let until = filter.dueUntil { conditions.append("o.next_due_at <= \(until)") }
        return """
            SELECT * FROM report_state o WHERE \(SQL.joined(conditions, separator: " AND "))
            ORDER BY o.next_due_at, o.report_id LIMIT \(literal: searchWindow)
            """
    }

    /// Letters are compared as ``WorkFilter/Word`` writes them: under the collation "C" only ASCII has two cases.
    private static func conditions(_ filter: WorkFilter) -> [SQL] {
        var conditions: [SQL] = ["true"]
        if let category = filter.category { conditions.append("s.category = \(category)") }
        if let area = filter.area { conditions.append("r.area = \(area)") }
        if let status = filter.status { conditions.append("s.status = \(status.rawValue)") }
        for word in filter.words {
            conditions.append(
                """
                (strpos(lower(concat_ws(E'\\n', r.tracking_code, r.description, r.address, r.landmark) COLLATE "C"),
                    \(word.text)) > 0 OR r.area = ANY(\(word.areas)))
                """)
        }
        return conditions
    }
}
