package import Domain
package import PostgreSQL

/// What the public page of the city's performance is made of, without sensitive categories.
package struct PerformanceRows: Sendable {
    /// What one agency received of one category, in the last days and in all.
    package struct Received: Sendable {
        package var agency: String
        package var category: String
        package var lately: Int64
        package var all: Int64
    }

    /// Resolutions of one agency and category whose time fell into one bucket of `DurationHistogram`.
    package struct Speed: Sendable {
        package var agency: String
        package var category: String
        package var bucket: Int16
        package var lately: Int64
        package var latelyOnTime: Int64
        package var all: Int64
        package var allOnTime: Int64
    }

    /// What one agency received and resolved on one day.
    package struct Flow: Sendable {
        package var agency: String
        /// Days since 1970-01-01 in the city's time.
        package var day: Int32
        package var received: Int64
        package var resolved: Int64
    }

    package var received: [Received] = []
    package var speeds: [Speed] = []
    package var flows: [Flow] = []

    package init() {}
}

/// One published count of a sensitive category.
package struct PublishedCount: Sendable, Hashable {
    package var month: CivilMonth
    package var category: CategoryCode
    /// The kecamatan's code; empty where no kelurahan is known.
    package var district: String
    package var count: PublicCount
}

/// Reads the rollups for the public, and publishes what is told of sensitive categories.
package struct PerformanceStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// - Parameters:
    ///   - first: the first day, as days since 1970-01-01 in city time.
    ///   - late: the first of the last days.
    ///   - end: the day after the last.
    ///   - categories: those that are counted; what has none is not.
    package func rows(
        in jurisdiction: JurisdictionCode, from first: Int32, lately late: Int32, to end: Int32,
        of categories: [CategoryCode]
    ) async throws -> PerformanceRows {
        let chosen: SQL = """
            WHERE jurisdiction = \(jurisdiction) AND day >= date '1970-01-01' + \(first)
                AND day < date '1970-01-01' + \(end) AND category = ANY(\(categories.map(\.rawValue)))
            """
        let isLate: SQL = "FILTER (WHERE day >= date '1970-01-01' + \(late))"
        let results = try await pool.pipeline([
            """
            SELECT agency, category, coalesce(sum(n) \(isLate), 0)::bigint, sum(n)::bigint FROM rollup_received
            \(chosen) GROUP BY 1, 2 ORDER BY 1, 2
            """,
            """
            SELECT agency, category, bucket, coalesce(sum(n) \(isLate), 0)::bigint,
                coalesce(sum(on_time) \(isLate), 0)::bigint, sum(n)::bigint, sum(on_time)::bigint
            FROM rollup_speed \(chosen) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """,
            """
            SELECT agency, day - date '1970-01-01', sum(received)::bigint, sum(resolved)::bigint FROM (
                SELECT agency, day, n AS received, 0 AS resolved FROM rollup_received \(chosen)
                UNION ALL SELECT agency, day, 0, n FROM rollup_speed \(chosen)) flow
            GROUP BY 1, 2 ORDER BY 1, 2
            """,
        ])
        var rows = PerformanceRows()
        rows.received = try results[0].map { row in
            .init(
                agency: try row.decode(String.self, at: 0), category: try row.decode(String.self, at: 1),
                lately: try row.decode(Int64.self, at: 2), all: try row.decode(Int64.self, at: 3))
        }
        rows.speeds = try results[1].map { row in
            .init(
                agency: try row.decode(String.self, at: 0), category: try row.decode(String.self, at: 1),
                bucket: try row.decode(Int16.self, at: 2), lately: try row.decode(Int64.self, at: 3),
                latelyOnTime: try row.decode(Int64.self, at: 4), all: try row.decode(Int64.self, at: 5),
                allOnTime: try row.decode(Int64.self, at: 6))
        }
        rows.flows = try results[2].map { row in
            .init(
                agency: try row.decode(String.self, at: 0), day: try row.decode(Int32.self, at: 1),
                received: try row.decode(Int64.self, at: 2), resolved: try row.decode(Int64.self, at: 3))
        }
        return rows
    }

    // MARK: sensitive categories

    /// The first day of which anything is counted, as days since 1970-01-01; nil before there is any.
    package func firstDay(in jurisdiction: JurisdictionCode) async throws -> Int32? {
        try await pool.query(
            """
            SELECT day - date '1970-01-01' FROM rollup_received WHERE jurisdiction = \(jurisdiction)
            ORDER BY day LIMIT 1
            """
        ).first?.decode(Int32.self, at: 0)
    }

    /// What was published of the months from `first` to `last`, the latest first.
    package func published(
        in jurisdiction: JurisdictionCode, from first: CivilMonth, to last: CivilMonth
    ) async throws -> [PublishedCount] {
        try await pool.query(
            """
            SELECT month - date '1970-01-01', category, district, n FROM published_count
            WHERE jurisdiction = \(jurisdiction) AND month >= date '1970-01-01' + \(Int32(first.firstDay))
                AND month <= date '1970-01-01' + \(Int32(last.firstDay))
            ORDER BY month DESC, category, district
            """
        ).map { row in
            PublishedCount(
                month: CivilMonth(day: Int(try row.decode(Int32.self, at: 0))),
                category: CategoryCode(rawValue: try row.decode(String.self, at: 1)),
                district: try row.decode(String.self, at: 2),
                count: try row.decode(Int64?.self, at: 3).map { .exactly(Int($0)) } ?? .few)
        }
    }

    /// Publishes a month that is over, once: what stands there already stays as it is.
    ///
    /// - Parameters:
    ///   - districts: the kecamatan of each area.
    ///   - categories: the sensitive ones.
    package func publish(
        _ month: CivilMonth, in jurisdiction: JurisdictionCode, districts: [AreaCode: String],
        of categories: [CategoryCode]
    ) async throws {
        let areas = districts.keys.sorted()
        let least = Int64(PublicCount.leastTold)
        _ = try await pool.query(
            """
            WITH known AS (
                SELECT area, district FROM unnest(\(areas.map(\.rawValue)), \(areas.map { districts[$0] ?? "" }))
                    AS t (area, district)
            ), counted AS (
                SELECT r.category, coalesce(k.district, '') AS district, sum(r.n) AS n
                FROM rollup_state r LEFT JOIN known k ON k.area = r.area
                WHERE r.jurisdiction = \(jurisdiction) AND r.day >= date '1970-01-01' + \(Int32(month.firstDay))
                    AND r.day < date '1970-01-01' + \(Int32(month.adding(1).firstDay))
                    AND r.category = ANY(\(categories.map(\.rawValue)))
                GROUP BY 1, 2
            )
            INSERT INTO published_count (jurisdiction, month, category, district, n)
            SELECT \(jurisdiction), date '1970-01-01' + \(Int32(month.firstDay)), c.category, d.district,
                CASE WHEN coalesce(n.n, 0) BETWEEN 1 AND \(least - 1) THEN NULL ELSE greatest(coalesce(n.n, 0), 0) END
            FROM unnest(\(categories.map(\.rawValue))) AS c (category)
            CROSS JOIN (SELECT DISTINCT district FROM known UNION SELECT '') d
            LEFT JOIN counted n ON n.category = c.category AND n.district = d.district
            ON CONFLICT (jurisdiction, month, category, district) DO NOTHING
            """)
    }
}
