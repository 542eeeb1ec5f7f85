internal import Domain
internal import PostgreSQL

/// What a fold adds to the sums by agency and category, from which the public page of the city's performance is made.
enum PublicRollups {
    private struct Kind: Hashable, Comparable {
        var day: Int32
        var agency: String
        var category: String
        var bucket: Int16 = 0

        static func < (a: Self, b: Self) -> Bool {
            (a.day, a.agency, a.category, a.bucket) < (b.day, b.agency, b.category, b.bucket)
        }
    }

    static func received(_ delta: RollupDelta, in jurisdiction: JurisdictionCode) -> SQL {
        var sums: [Kind: Int64] = [:]
        for (key, n) in delta.states {
            sums[Kind(day: key.day, agency: key.agency, category: key.category), default: 0] += n
        }
        let keys = sums.keys.sorted()
        return """
            INSERT INTO rollup_received AS r (jurisdiction, day, agency, category, n)
            SELECT \(jurisdiction), date '1970-01-01' + day, agency, category, n
            FROM unnest(\(keys.map(\.day)), \(keys.map(\.agency)), \(keys.map(\.category)), \(keys.map { sums[$0]! }))
                AS t (day, agency, category, n)
            ON CONFLICT (jurisdiction, day, agency, category) DO UPDATE SET n = r.n + excluded.n
            """
    }

    static func speed(_ delta: RollupDelta, in jurisdiction: JurisdictionCode) -> SQL {
        var sums: [Kind: (n: Int64, onTime: Int64)] = [:]
        for (key, time) in delta.times {
            let kind = Kind(day: key.day, agency: key.agency, category: key.category, bucket: key.bucket)
            let old = sums[kind] ?? (0, 0)
            sums[kind] = (old.n + time.n, old.onTime + time.onTime)
        }
        let keys = sums.keys.sorted()
        return """
            INSERT INTO rollup_speed AS r (jurisdiction, day, agency, category, bucket, n, on_time)
            SELECT \(jurisdiction), date '1970-01-01' + day, agency, category, bucket, n, on_time
            FROM unnest(\(keys.map(\.day)), \(keys.map(\.agency)), \(keys.map(\.category)), \(keys.map(\.bucket)),
                \(keys.map { sums[$0]!.n }), \(keys.map { sums[$0]!.onTime }))
                AS t (day, agency, category, bucket, n, on_time)
            ON CONFLICT (jurisdiction, day, agency, category, bucket)
            DO UPDATE SET n = r.n + excluded.n, on_time = r.on_time + excluded.on_time
            """
    }
}
