internal import PostgreSQL
internal import TestSupport

/// Somebody else in the store, who leaves a transaction open.
enum IntruderFaults {
    static let all: [Fault] = [
        Fault(
            name: "hold-counter", what: "an intruder's open transaction holds the counter of an agency's stream",
            // Routing finds out once in a while that lasts so long; that alone is within the hundredth.
            reach: .agency(Part.victim), least: .seconds(18)
        ) { scene in
            try await hold("SELECT code FROM stream WHERE code = \(Part.victim) FOR UPDATE", scene)
        },
        Fault(
            name: "hold-inbox", what: "an intruder's open transaction holds a fourth of the inbox's parts",
            least: .seconds(4)
        ) { scene in
            try await hold("SELECT part FROM inbox_part WHERE part % 4 = 0 FOR UPDATE", scene)
        },
        Fault(
            name: "hold-reports", what: "an intruder's open transaction holds a hundred reports' states",
            least: .seconds(4)
        ) { scene in
            try await hold("SELECT report_id FROM report_state ORDER BY version DESC LIMIT 100 FOR UPDATE", scene)
        },
    ]

    /// One statement, and so one transaction, that locks and then sleeps.
    private static func hold(_ lock: SQL, _ scene: Scene) async throws -> Int {
        let seconds = scene.length.milliseconds / 1_000
        let rows = try await scene.pool.query(
            "SELECT n, pg_sleep(\(seconds))::text FROM (SELECT count(*) AS n FROM (\(lock)) held) counted")
        return Int(try rows.one().decode(Int64.self, at: 0))
    }
}
