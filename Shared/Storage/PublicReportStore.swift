package import Domain
package import FoundationEssentials
package import PostgreSQL

/// Which of the public reports are asked for.
package struct PublicReportFilter: Sendable, Hashable {
    package enum Progress: Sendable, Hashable {
        /// What somebody still works on.
        case open
        case statuses([ReportStatus])
    }

    package var box: BoundingBox?
    package var category: CategoryCode?
    package var area: AreaCode?
    /// The areas of a kecamatan; empty for the whole city.
    package var areas: [AreaCode]
    /// nil for all that is open or was done.
    package var progress: Progress?
    /// The last report of the page before.
    package var after: UUID?

    package init(
        box: BoundingBox? = nil, category: CategoryCode? = nil, area: AreaCode? = nil, areas: [AreaCode] = [],
        progress: Progress? = nil, after: UUID? = nil
    ) {
        self.box = box
        self.category = category
        self.area = area
        self.areas = areas
        self.progress = progress
        self.after = after
    }
}

/// Public reports, the latest first: what anyone may read.
package struct PublicReportStore: Sendable {
    /// What is finished is listed for so long after it was received; what is open, for as long as it is.
    package static let finishedDays = 90
    package static let listLimit = 100
    /// Of what is open, so many of the latest are looked through.
    package static let openWindow = 5_000
    /// Of all, so many.
    package static let recentWindow = 10_000

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// - Parameter sensitive: categories that are private in every public answer, whatever a report says of itself.
    package func page(
        _ filter: PublicReportFilter, in jurisdiction: JurisdictionCode, sensitive: [CategoryCode], at now: Timestamp,
        limit: Int
    ) async throws -> [TrackedReport] {
        let statement = Self.statement(filter, in: jurisdiction, sensitive: sensitive, at: now, limit: limit)
        return try await pool.query(statement).map { try TrackedReport(joined: $0) }
    }

    /// What is read is bounded, however large the store and whatever is asked for: open reports are looked for among the
    /// latest `openWindow` that are open, the rest among the latest `recentWindow` of all.
    package static func statement(
        _ filter: PublicReportFilter, in jurisdiction: JurisdictionCode, sensitive: [CategoryCode], at now: Timestamp,
        limit: Int
    ) -> SQL {
        let after: SQL = filter.after.map { "AND id < \($0)" } ?? ""
        let afterState: SQL = filter.after.map { "AND report_id < \($0)" } ?? ""
        let source: SQL
        switch filter.progress {
        case .open:
            source = """
                (SELECT * FROM report_state
                    WHERE jurisdiction = \(jurisdiction) AND next_due_at IS NOT NULL \(afterState)
                    ORDER BY report_id DESC LIMIT \(literal: openWindow)) s
                CROSS JOIN LATERAL (\(reportOfState)) r
                """
        case .statuses, nil:
            // An id begins with its time (UUIDv7), so the reports of some days are a part of the primary key.
            let oldest = UUID.version7(at: now.adding(seconds: -finishedDays * 86_400), random: (0, 0))
            source = """
                (SELECT * FROM report WHERE jurisdiction = \(jurisdiction) AND id >= \(oldest) \(after)
                    ORDER BY id DESC LIMIT \(literal: recentWindow)) r
                LEFT JOIN LATERAL (
                    SELECT * FROM report_state s WHERE s.jurisdiction = r.jurisdiction AND s.report_id = r.id LIMIT 1
                ) s ON true
                """
        }
        return """
            SELECT \(WorkRecord.columns) FROM \(source)
            WHERE \(SQL.joined(conditions(filter, sensitive), separator: " AND "))
            ORDER BY r.id DESC LIMIT \(literal: limit)
            """
    }

    /// The report of a row `s` of `report_state`.
    ///
    /// A range of one id in the order of ids: only the primary key has that order, so no plan, also none made for an
    /// empty store, looks through another index of all the city's reports instead.
    static let reportOfState: SQL = """
        SELECT * FROM report r WHERE r.jurisdiction = s.jurisdiction AND r.id BETWEEN s.report_id AND s.report_id
        ORDER BY r.id LIMIT 1
        """

    /// Of a row `r` of `report`: the operator has not hidden it.
    static let notHidden: SQL = """
        NOT EXISTS (
            SELECT FROM report_moderation m
            WHERE m.jurisdiction = r.jurisdiction AND m.report_id = r.id AND m.hidden_at IS NOT NULL)
        """

    private static func conditions(_ filter: PublicReportFilter, _ sensitive: [CategoryCode]) -> [SQL] {
        var conditions: [SQL] = [
            "r.visibility = 'public'", "r.erased_at IS NULL",
            "(r.category IS NULL OR r.category <> ALL(\(sensitive)))",
            "(s.category IS NULL OR s.category <> ALL(\(sensitive)))",
            notHidden,
        ]
        if let box = filter.box {
            conditions.append("r.lon BETWEEN \(box.west) AND \(box.east)")
            conditions.append("r.lat BETWEEN \(box.south) AND \(box.north)")
        }
        if let category = filter.category {
            conditions.append("CASE WHEN s.report_id IS NULL THEN r.category ELSE s.category END = \(category)")
        }
        if let area = filter.area { conditions.append("r.area = \(area)") }
        if !filter.areas.isEmpty { conditions.append("r.area = ANY(\(filter.areas.map(\.rawValue)))") }
        if filter.progress != .open { conditions.append(standing(filter.progress)) }
        return conditions
    }

    /// Unasked, what was turned down or is told elsewhere is left out. What was withdrawn and what is abuse is never
    /// listed.
    private static func standing(_ progress: PublicReportFilter.Progress?) -> SQL {
        guard case .statuses(let statuses) = progress else {
            return "(s.status IS NULL OR s.status NOT IN ('withdrawn', 'rejected', 'duplicate'))"
        }
        let names = statuses.filter { $0 != .withdrawn }.map(\.rawValue)
        return """
            coalesce(s.status, 'received') = ANY(\(names)) AND NOT (s.status IS NOT DISTINCT FROM 'rejected' AND EXISTS (
                SELECT FROM report_history h
                WHERE h.jurisdiction = r.jurisdiction AND h.report_id = r.id AND h.reason = 'abuse'))
            """
    }
}
