import Domain
import Foundation
import PostgreSQL

/// Reports to ask for: some of all that one agency has, anywhere in its history.
struct StoredWork: Sendable {
    private static let samples = 200

    let ids: [String]
    let trackingCodes: [String]
    /// Where pages of open and of finished work begin, as a `Link` gives them.
    let openPositions: [String]
    let donePositions: [String]

    init(of setting: Setting) async throws {
        let store = setting.store
        let agency = Stack.agency
        ids = try await store.texts(
            """
            SELECT report_id::text FROM report_state WHERE jurisdiction = \(Stack.jurisdiction) AND agency = \(agency)
            ORDER BY random() LIMIT \(literal: Self.samples)
            """)
        trackingCodes = try await store.texts(
            """
            SELECT tracking_code FROM report WHERE jurisdiction = \(Stack.jurisdiction) AND visibility = 'public'
            ORDER BY random() LIMIT \(literal: Self.samples)
            """)
        openPositions = try await store.texts(
            """
            SELECT 'open_' || (extract(epoch FROM next_due_at) * 1000000)::bigint || '_' || report_id FROM report_state
            WHERE jurisdiction = \(Stack.jurisdiction) AND agency = \(agency) AND next_due_at IS NOT NULL
            ORDER BY random() LIMIT \(literal: Self.samples)
            """)
        donePositions = try await store.texts(
            """
            SELECT 'done_' || (extract(epoch FROM changed_at) * 1000000)::bigint || '_' || report_id FROM report_state
            WHERE jurisdiction = \(Stack.jurisdiction) AND agency = \(agency) AND next_due_at IS NULL
            ORDER BY random() LIMIT \(literal: Self.samples)
            """)
        guard [ids, trackingCodes, openPositions, donePositions].allSatisfy({ !$0.isEmpty }) else {
            throw BenchFailure("the store holds no simulated reports of \(agency)")
        }
    }
}

extension Store {
    /// The first column of what a query finds.
    func texts(_ sql: SQL) async throws -> [String] {
        var texts: [String] = []
        for row in try await pool.query(sql) { texts.append(try row.decode(String.self, at: 0)) }
        return texts
    }

    /// After a fill: all is counted, the statistics are fresh, and the pages are on the disk.
    func settleAll() async throws {
        try await waitUntil("analytics has counted all", within: .seconds(3600)) { try await isFolded() }
        _ = try await pool.query(
            """
            VACUUM (ANALYZE) report, inbox, report_state, report_history, deadline, stream, stream_event,
                analytics_cursor, rollup_state, rollup_time, rollup_flow, rollup_day, rollup_standing, rollup_pace
            """)
        _ = try await pool.query("CHECKPOINT")
    }
}
