package import Domain
package import PostgreSQL

/// What the summary is made of.
package struct SummaryRows: Sendable {
    /// Reports of one agency, category or area (empty where it is not known) in one status.
    package struct Count: Sendable {
        package var code: String
        package var status: String
        package var n: Int64
    }

    /// The same three ways of counting.
    package struct Counts: Sendable {
        package var agencies: [Count] = []
        package var categories: [Count] = []
        package var areas: [Count] = []
    }

    package struct Time: Sendable {
        package var agency: String
        package var bucket: Int16
        package var n: Int64
        package var onTime: Int64
    }

    package struct Flow: Sendable {
        /// Days since 1970-01-01 in the city's time.
        package var day: Int32
        package var opened: Int64
        package var finished: Int64
    }

    /// Reports received in the period, by where they stand now.
    package var received = Counts()
    /// Reports that are open now, whenever they came.
    package var open = Counts()
    /// Those of them that are past what was promised; the status is empty.
    package var overdue = Counts()
    /// Resolutions of the period.
    package var times: [Time] = []
    package var flows: [Flow] = []
}

/// Reads the rollups, and what is overdue this moment.
package struct SummaryStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// - Parameters:
    ///   - first: the first day, days since 1970-01-01 in city time.
    ///   - end: the day after the last.
    package func rows(
        in jurisdiction: JurisdictionCode, from first: Int32, to end: Int32
    ) async throws -> SummaryRows {
        let city: SQL = "WHERE jurisdiction = \(jurisdiction)"
        let period: SQL = "AND day >= date '1970-01-01' + \(first) AND day < date '1970-01-01' + \(end)"
        let open = ReportStatus.allCases.filter(\.isOpen).map(\.rawValue)
        let results = try await pool.pipeline([
            """
            SELECT dimension, code, status, sum(n)::bigint FROM rollup_day \(city) \(period)
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """,
            """
            SELECT dimension, code, status, n FROM rollup_standing \(city) AND status = ANY(\(open)) AND n <> 0
            ORDER BY 1, 2, 3
            """,
            """
            SELECT CASE grouping(agency, category, area) WHEN 3 THEN 'agency' WHEN 5 THEN 'category' ELSE 'area' END,
                coalesce(agency, category, area), '', count(*)
            FROM (
                SELECT o.code AS agency, coalesce(s.category, '') AS category, coalesce(s.area, '') AS area
                FROM stream o CROSS JOIN LATERAL (
                    SELECT s.category, s.area FROM report_state s
                    WHERE s.jurisdiction = o.jurisdiction AND s.agency = o.code AND s.next_due_at < now()) s
                WHERE o.jurisdiction = \(jurisdiction)) late
            GROUP BY GROUPING SETS ((agency), (category), (area)) ORDER BY 1, 2
            """,
            """
            SELECT agency, bucket, sum(n)::bigint, sum(on_time)::bigint FROM rollup_pace \(city) \(period)
            GROUP BY 1, 2 ORDER BY 1, 2
            """,
            """
            SELECT day - date '1970-01-01', sum(opened)::bigint, sum(finished)::bigint FROM rollup_flow
            \(city) \(period) GROUP BY 1 ORDER BY 1
            """,
        ])
        var summary = SummaryRows()
        summary.received = try Self.counts(results[0])
        summary.open = try Self.counts(results[1])
        summary.overdue = try Self.counts(results[2])
        for row in results[3] {
            summary.times.append(
                SummaryRows.Time(
                    agency: try row.decode(String.self, at: 0), bucket: try row.decode(Int16.self, at: 1),
                    n: try row.decode(Int64.self, at: 2), onTime: try row.decode(Int64.self, at: 3)))
        }
        for row in results[4] {
            summary.flows.append(
                SummaryRows.Flow(
                    day: try row.decode(Int32.self, at: 0), opened: try row.decode(Int64.self, at: 1),
                    finished: try row.decode(Int64.self, at: 2)))
        }
        return summary
    }

    private static func counts(_ rows: Rows) throws -> SummaryRows.Counts {
        var counts = SummaryRows.Counts()
        for row in rows {
            let count = SummaryRows.Count(
                code: try row.decode(String.self, at: 1), status: try row.decode(String.self, at: 2),
                n: try row.decode(Int64.self, at: 3))
            switch try row.decode(String.self, at: 0) {
            case "agency": counts.agencies.append(count)
            case "category": counts.categories.append(count)
            default: counts.areas.append(count)
            }
        }
        return counts
    }
}
