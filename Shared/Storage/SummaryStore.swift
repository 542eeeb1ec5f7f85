package import Domain
package import PostgreSQL

/// The rollups of a period, as the summary reads them: counts by status for each agency, category and area.
package struct SummaryRows: Sendable {
    package struct Count: Sendable {
        package var code: String
        package var status: String
        package var n: Int64
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

    package struct Overdue: Sendable {
        package var agency: String
        package var open: Int64
        package var unacknowledged: Int64
        package var unresolved: Int64
    }

    package var agencies: [Count] = []
    package var categories: [Count] = []
    package var areas: [Count] = []
    package var times: [Time] = []
    package var flows: [Flow] = []
    package var overdue: [Overdue] = []
}

/// Reads the rollups.
package struct SummaryStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// - Parameters:
    ///   - first: the first day of receipt, days since 1970-01-01 in city time.
    ///   - end: the day after the last.
    package func rows(
        in jurisdiction: JurisdictionCode, from first: Int32, to end: Int32
    ) async throws -> SummaryRows {
        let within: SQL = """
            WHERE jurisdiction = \(jurisdiction) AND day >= date '1970-01-01' + \(first)
                AND day < date '1970-01-01' + \(end)
            """
        let results = try await pool.pipeline([
            "SELECT agency, status, sum(n)::bigint FROM rollup_state \(within) GROUP BY 1, 2 ORDER BY 1, 2",
            "SELECT category, status, sum(n)::bigint FROM rollup_state \(within) GROUP BY 1, 2 ORDER BY 1, 2",
            "SELECT area, status, sum(n)::bigint FROM rollup_state \(within) GROUP BY 1, 2 ORDER BY 1, 2",
            """
            SELECT agency, bucket, sum(n)::bigint, sum(on_time)::bigint FROM rollup_time \(within)
            GROUP BY 1, 2 ORDER BY 1, 2
            """,
            """
            SELECT day - date '1970-01-01', sum(opened)::bigint, sum(finished)::bigint FROM rollup_flow \(within)
            GROUP BY 1 ORDER BY 1
            """,
            """
            SELECT agency, count(*), count(*) FILTER (WHERE acknowledged_at IS NULL AND acknowledge_by < now()),
                count(*) FILTER (WHERE resolve_by < now())
            FROM report_state WHERE jurisdiction = \(jurisdiction) AND next_due_at < now()
            GROUP BY 1 ORDER BY 1
            """,
        ])
        var summary = SummaryRows()
        summary.agencies = try Self.counts(results[0])
        summary.categories = try Self.counts(results[1])
        summary.areas = try Self.counts(results[2])
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
        for row in results[5] {
            summary.overdue.append(
                SummaryRows.Overdue(
                    agency: try row.decode(String.self, at: 0), open: try row.decode(Int64.self, at: 1),
                    unacknowledged: try row.decode(Int64.self, at: 2), unresolved: try row.decode(Int64.self, at: 3)))
        }
        return summary
    }

    private static func counts(_ rows: Rows) throws -> [SummaryRows.Count] {
        var counts: [SummaryRows.Count] = []
        for row in rows {
            counts.append(
                SummaryRows.Count(
                    code: try row.decode(String.self, at: 0), status: try row.decode(String.self, at: 1),
                    n: try row.decode(Int64.self, at: 2)))
        }
        return counts
    }
}
