package import Domain
package import PostgreSQL

/// The typed facts of one event that are folded; the event's text is not read.
package struct EventFacts: Sendable {
    package var seq: Int64
    package var type: String
    package var version: Int32
    package var status: String
    package var previousStatus: String?
    package var category: String?
    package var area: String?
    package var receivedAt: Timestamp
    package var occurredAt: Timestamp
    package var resolveSeconds: Int64?
    package var onTime: Bool?
    /// Of a report that was taken out of the figures.
    package var isUncounted = false
}

/// How far one stream reaches, and how far it has been folded.
package struct FoldPosition: Sendable, Hashable {
    package var stream: AgencyCode
    package var epoch: Int32
    package var head: Int64
    package var folded: Int64
    /// The first event that is still kept.
    package var firstKept: Int64
}

/// The cells of a fold: what to add to each row of the rollups, in sorted key order.
package struct RollupDelta: Sendable, Equatable {
    package struct StateKey: Hashable, Comparable, Sendable {
        package var day: Int32
        package var agency: String
        package var category: String
        package var area: String
        package var status: String

        package init(day: Int32, agency: String, category: String, area: String, status: String) {
            self.day = day
            self.agency = agency
            self.category = category
            self.area = area
            self.status = status
        }

        package static func < (a: Self, b: Self) -> Bool {
            (a.day, a.agency, a.category, a.area, a.status) < (b.day, b.agency, b.category, b.area, b.status)
        }
    }

    package struct TimeKey: Hashable, Comparable, Sendable {
        package var day: Int32
        package var agency: String
        package var category: String
        package var area: String
        package var bucket: Int16

        package init(day: Int32, agency: String, category: String, area: String, bucket: Int16) {
            self.day = day
            self.agency = agency
            self.category = category
            self.area = area
            self.bucket = bucket
        }

        package static func < (a: Self, b: Self) -> Bool {
            (a.day, a.agency, a.category, a.area, a.bucket) < (b.day, b.agency, b.category, b.area, b.bucket)
        }
    }

    package struct FlowKey: Hashable, Comparable, Sendable {
        package var day: Int32
        package var agency: String

        package init(day: Int32, agency: String) {
            self.day = day
            self.agency = agency
        }

        package static func < (a: Self, b: Self) -> Bool { (a.day, a.agency) < (b.day, b.agency) }
    }

    /// Reports that stand there.
    package var states: [StateKey: Int64] = [:]
    /// Resolutions in a bucket, and how many of them were on time.
    package var times: [TimeKey: (n: Int64, onTime: Int64)] = [:]
    /// Opened and finished on a day.
    package var flows: [FlowKey: (opened: Int64, finished: Int64)] = [:]

    package init() {}

    package static func == (a: Self, b: Self) -> Bool {
        a.states == b.states && a.times.mapValues { [$0.n, $0.onTime] } == b.times.mapValues { [$0.n, $0.onTime] }
            && a.flows.mapValues { [$0.opened, $0.finished] } == b.flows.mapValues { [$0.opened, $0.finished] }
    }
}

/// The streams as analytics reads them, and the rollups it writes.
package struct AnalyticsStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func positions(in jurisdiction: JurisdictionCode) async throws -> [FoldPosition] {
        let rows = try await pool.query(
            """
            SELECT s.code, s.epoch, s.head, c.seq, s.first_seq FROM stream s
            JOIN analytics_cursor c ON c.jurisdiction = s.jurisdiction AND c.stream = s.code
            WHERE s.jurisdiction = \(jurisdiction) ORDER BY s.code
            """)
        var positions: [FoldPosition] = []
        for row in rows {
            positions.append(
                FoldPosition(
                    stream: AgencyCode(rawValue: try row.decode(String.self, at: 0)),
                    epoch: try row.decode(Int32.self, at: 1), head: try row.decode(Int64.self, at: 2),
                    folded: try row.decode(Int64.self, at: 3), firstKept: try row.decode(Int64.self, at: 4)))
        }
        return positions
    }

    package func facts(
        of stream: AgencyCode, in jurisdiction: JurisdictionCode, after seq: Int64, limit: Int
    ) async throws -> [EventFacts] {
        let rows = try await pool.query(
            """
            SELECT seq, type, version, status, previous_status, category, area, received_at, occurred_at,
                resolve_seconds, on_time, uncounted
            FROM stream_event
            WHERE jurisdiction = \(jurisdiction) AND stream = \(stream) AND seq > \(seq)
            ORDER BY seq LIMIT \(literal: limit)
            """)
        var facts: [EventFacts] = []
        facts.reserveCapacity(rows.count)
        for row in rows {
            facts.append(
                EventFacts(
                    seq: try row.decode(Int64.self, at: 0), type: try row.decode(String.self, at: 1),
                    version: try row.decode(Int32.self, at: 2), status: try row.decode(String.self, at: 3),
                    previousStatus: try row.decode(String?.self, at: 4), category: try row.decode(String?.self, at: 5),
                    area: try row.decode(String?.self, at: 6), receivedAt: try row.decode(Timestamp.self, at: 7),
                    occurredAt: try row.decode(Timestamp.self, at: 8),
                    resolveSeconds: try row.decode(Int64?.self, at: 9), onTime: try row.decode(Bool?.self, at: 10),
                    isUncounted: try row.decode(Bool.self, at: 11)))
        }
        return facts
    }

    /// Adds `delta` and moves the stream's cursor from `old` to `new`, in one transaction.
    ///
    /// - Returns: false, with nothing written, where another replica has folded from `old` already.
    package func apply(
        _ delta: RollupDelta, of stream: AgencyCode, in jurisdiction: JurisdictionCode,
        epoch: Int32, from old: Int64, to new: Int64
    ) async throws -> Bool {
        try await pool.withTransaction { tx in
            let moved = try await tx.query(
                """
                UPDATE analytics_cursor SET seq = \(new), epoch = \(epoch)
                WHERE jurisdiction = \(jurisdiction) AND stream = \(stream) AND seq = \(old) RETURNING seq
                """)
            guard moved.count == 1 else { return false }
            _ = try await tx.commit(after: Self.statements(delta, in: jurisdiction))
            return true
        }
    }

    private static func statements(_ delta: RollupDelta, in jurisdiction: JurisdictionCode) -> [SQL] {
        var statements: [SQL] = []
        if !delta.states.isEmpty {
            statements += [
                addition(of: delta.states, in: jurisdiction), PublicRollups.received(delta, in: jurisdiction),
            ]
        }
        if !delta.times.isEmpty {
            statements += [
                addition(of: delta.times, in: jurisdiction), pace(of: delta.times, in: jurisdiction),
                PublicRollups.speed(delta, in: jurisdiction),
            ]
        }
        if !delta.flows.isEmpty { statements.append(addition(of: delta.flows, in: jurisdiction)) }
        // Last: all streams add to these same rows, so they are locked as shortly as can be, and in sorted order.
        if !delta.states.isEmpty { statements += sums(of: delta.states, in: jurisdiction) }
        return statements
    }

    /// What the states come to by one dimension at a time: for each day, and over all days.
    private static func sums(
        of states: [RollupDelta.StateKey: Int64], in jurisdiction: JurisdictionCode
    ) -> [SQL] {
        var days: [SumKey: Int64] = [:]
        var standing: [SumKey: Int64] = [:]
        for (key, n) in states {
            for (dimension, code) in [("agency", key.agency), ("area", key.area), ("category", key.category)] {
                var sum = SumKey(day: key.day, dimension: dimension, code: code, status: key.status)
                days[sum, default: 0] += n
                sum.day = 0
                standing[sum, default: 0] += n
            }
        }
        let dayKeys = days.keys.sorted()
        let keys = standing.keys.sorted()
        return [
            """
            INSERT INTO rollup_day AS r (jurisdiction, day, dimension, code, status, n)
            SELECT \(jurisdiction), date '1970-01-01' + day, dimension, code, status, n
            FROM unnest(\(dayKeys.map(\.day)), \(dayKeys.map(\.dimension)), \(dayKeys.map(\.code)),
                \(dayKeys.map(\.status)), \(dayKeys.map { days[$0]! })) AS t (day, dimension, code, status, n)
            ON CONFLICT (jurisdiction, day, dimension, code, status) DO UPDATE SET n = r.n + excluded.n
            """,
            """
            INSERT INTO rollup_standing AS r (jurisdiction, dimension, code, status, n)
            SELECT \(jurisdiction), dimension, code, status, n
            FROM unnest(\(keys.map(\.dimension)), \(keys.map(\.code)), \(keys.map(\.status)),
                \(keys.map { standing[$0]! })) AS t (dimension, code, status, n)
            ON CONFLICT (jurisdiction, dimension, code, status) DO UPDATE SET n = r.n + excluded.n
            """,
        ]
    }

    private struct SumKey: Hashable, Comparable {
        var day: Int32
        var dimension: String
        var code: String
        var status: String

        static func < (a: Self, b: Self) -> Bool {
            (a.day, a.dimension, a.code, a.status) < (b.day, b.dimension, b.code, b.status)
        }
    }

    private static func addition(
        of states: [RollupDelta.StateKey: Int64], in jurisdiction: JurisdictionCode
    ) -> SQL {
        let keys = states.keys.sorted()
        return """
            INSERT INTO rollup_state AS r (jurisdiction, day, agency, category, area, status, n)
            SELECT \(jurisdiction), date '1970-01-01' + day, agency, category, area, status, n
            FROM unnest(\(keys.map(\.day)), \(keys.map(\.agency)), \(keys.map(\.category)), \(keys.map(\.area)),
                \(keys.map(\.status)), \(keys.map { states[$0]! })) AS t (day, agency, category, area, status, n)
            ON CONFLICT (jurisdiction, day, agency, category, area, status) DO UPDATE SET n = r.n + excluded.n
            """
    }

    private static func addition(
        of times: [RollupDelta.TimeKey: (n: Int64, onTime: Int64)], in jurisdiction: JurisdictionCode
    ) -> SQL {
        let keys = times.keys.sorted()
        return """
            INSERT INTO rollup_time AS r (jurisdiction, day, agency, category, area, bucket, n, on_time)
            SELECT \(jurisdiction), date '1970-01-01' + day, agency, category, area, bucket, n, on_time
            FROM unnest(\(keys.map(\.day)), \(keys.map(\.agency)), \(keys.map(\.category)), \(keys.map(\.area)),
                \(keys.map(\.bucket)), \(keys.map { times[$0]!.n }), \(keys.map { times[$0]!.onTime }))
                AS t (day, agency, category, area, bucket, n, on_time)
            ON CONFLICT (jurisdiction, day, agency, category, area, bucket)
            DO UPDATE SET n = r.n + excluded.n, on_time = r.on_time + excluded.on_time
            """
    }

    /// What the times come to by agency: streams do not share these rows.
    private static func pace(
        of times: [RollupDelta.TimeKey: (n: Int64, onTime: Int64)], in jurisdiction: JurisdictionCode
    ) -> SQL {
        var sums: [RollupDelta.TimeKey: (n: Int64, onTime: Int64)] = [:]
        for (key, time) in times {
            let sum = RollupDelta.TimeKey(
                day: key.day, agency: key.agency, category: "", area: "", bucket: key.bucket)
            let old = sums[sum] ?? (0, 0)
            sums[sum] = (old.n + time.n, old.onTime + time.onTime)
        }
        let keys = sums.keys.sorted()
        return """
            INSERT INTO rollup_pace AS r (jurisdiction, day, agency, bucket, n, on_time)
            SELECT \(jurisdiction), date '1970-01-01' + day, agency, bucket, n, on_time
            FROM unnest(\(keys.map(\.day)), \(keys.map(\.agency)), \(keys.map(\.bucket)),
                \(keys.map { sums[$0]!.n }), \(keys.map { sums[$0]!.onTime })) AS t (day, agency, bucket, n, on_time)
            ON CONFLICT (jurisdiction, day, agency, bucket)
            DO UPDATE SET n = r.n + excluded.n, on_time = r.on_time + excluded.on_time
            """
    }

    private static func addition(
        of flows: [RollupDelta.FlowKey: (opened: Int64, finished: Int64)], in jurisdiction: JurisdictionCode
    ) -> SQL {
        let keys = flows.keys.sorted()
        return """
            INSERT INTO rollup_flow AS r (jurisdiction, day, agency, opened, finished)
            SELECT \(jurisdiction), date '1970-01-01' + day, agency, opened, finished
            FROM unnest(\(keys.map(\.day)), \(keys.map(\.agency)), \(keys.map { flows[$0]!.opened }),
                \(keys.map { flows[$0]!.finished })) AS t (day, agency, opened, finished)
            ON CONFLICT (jurisdiction, day, agency)
            DO UPDATE SET opened = r.opened + excluded.opened, finished = r.finished + excluded.finished
            """
    }

    /// Empties the rollups and sets the cursors back, so that the log is folded anew from its beginning.
    ///
    /// - Returns: the streams whose beginning is no longer kept, and then nothing was done: what they held before would
    ///   be missing from the figures.
    @discardableResult
    package func reset(_ jurisdiction: JurisdictionCode) async throws -> [String] {
        let trimmed = try await pool.query(
            """
            SELECT code FROM stream WHERE jurisdiction = \(jurisdiction) AND kind <> 'channel' AND first_seq > 1
            ORDER BY code
            """)
        guard trimmed.isEmpty else { return try trimmed.map { try $0.decode(String.self, at: 0) } }
        _ = try await pool.transaction([
            "UPDATE analytics_cursor SET seq = 0, epoch = 1 WHERE jurisdiction = \(jurisdiction)",
            "DELETE FROM rollup_state WHERE jurisdiction = \(jurisdiction)",
            "DELETE FROM rollup_day WHERE jurisdiction = \(jurisdiction)",
            "DELETE FROM rollup_standing WHERE jurisdiction = \(jurisdiction)",
            "DELETE FROM rollup_time WHERE jurisdiction = \(jurisdiction)",
            "DELETE FROM rollup_pace WHERE jurisdiction = \(jurisdiction)",
            "DELETE FROM rollup_flow WHERE jurisdiction = \(jurisdiction)",
            "DELETE FROM rollup_received WHERE jurisdiction = \(jurisdiction)",
            "DELETE FROM rollup_speed WHERE jurisdiction = \(jurisdiction)",
        ])
        return []
    }
}
