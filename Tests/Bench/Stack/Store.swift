import Domain
import Logging
import PostgreSQL
import Reactor

/// The stack's database, as its owner sees it: what figures are set up and checked with.
struct Store: Sendable {
    let pool: PostgresPool

    /// Runs `body` with a pool of the owner's connections.
    ///
    /// - Parameter patience: how long a statement may take.
    static func open<Result: Sendable>(
        _ stack: Stack, patience: Duration = .seconds(120), _ body: @Sendable (Store) async throws -> Result
    ) async throws -> Result {
        var configuration = try PostgresConfiguration(url: stack.storeURL, password: stack.storePassword)
        configuration.applicationName = "sasando-bench"
        configuration.size = 2
        configuration.statementTimeout = patience
        configuration.queryTimeout = patience
        configuration.lockTimeout = .seconds(10)
        configuration.idleInTransactionTimeout = .seconds(60)
        let reactor = Reactor(name: "bench")
        defer { reactor.stop() }
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let pool = PostgresPool(configuration: configuration, reactor: reactor, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pool.run() }
            defer { group.cancelAll() }
            return try await body(Store(pool: pool))
        }
    }

    /// Every table whose rows belong to a report, and by CASCADE whichever refers to one of them.
    static let emptying: SQL = """
        TRUNCATE report, reporter_identity, report_media, report_flag, report_moderation, push_subscription, inbox,
            report_state, report_history, deadline, stream_event, command_receipt, reporter_receipt CASCADE
        """

    /// Empties what reports leave behind, as retention would: the streams go on from where they are, with nothing
    /// kept. Every figure begins so, with the statistics fresh and the pages on the disk.
    func reset() async throws {
        try await waitUntil("routing and analytics have caught up", within: .seconds(60)) { try await isSettled() }
        _ = try await pool.transaction([
            "LOCK TABLE stream IN SHARE ROW EXCLUSIVE MODE",
            Self.emptying,
            "UPDATE stream SET first_seq = head + 1",
        ])
        try await settleDisk()
    }

    /// Empties what intake writes, while nothing reads it.
    func emptyAdmission() async throws {
        _ = try await pool.query(Self.emptying)
        try await settleDisk()
    }

    func settleDisk() async throws {
        _ = try await pool.query(
            "VACUUM (ANALYZE) report, inbox, report_state, deadline, stream, stream_event, analytics_cursor")
        _ = try await pool.query("CHECKPOINT")
    }

    private func isSettled() async throws -> Bool {
        try await pool.query(
            """
            SELECT NOT EXISTS (SELECT FROM inbox) AND NOT EXISTS (
                SELECT FROM stream s
                LEFT JOIN analytics_cursor c ON c.jurisdiction = s.jurisdiction AND c.stream = s.code
                WHERE s.head > coalesce(c.seq, 0))
            """
        ).one().decode(Bool.self, at: 0)
    }

    /// The city as its document has it.
    func city() async throws -> City {
        let row = try await pool.query("SELECT document FROM jurisdiction WHERE code = \(Stack.jurisdiction)").one()
        return try City(document: Array(row.decode(String.self, at: 0).utf8))
    }

    func isFolded() async throws -> Bool {
        try await pool.query(
            """
            SELECT NOT EXISTS (
                SELECT FROM stream s
                LEFT JOIN analytics_cursor c ON c.jurisdiction = s.jurisdiction AND c.stream = s.code
                WHERE s.head > coalesce(c.seq, 0))
            """
        ).one().decode(Bool.self, at: 0)
    }

    func isInboxEmpty() async throws -> Bool {
        try await pool.query("SELECT NOT EXISTS (SELECT FROM inbox)").one().decode(Bool.self, at: 0)
    }

    func inboxCount() async throws -> Int {
        Int(try await pool.query("SELECT count(*) FROM inbox").one().decode(Int64.self, at: 0))
    }

    func reportCount() async throws -> Int {
        Int(try await pool.query("SELECT count(*) FROM report").one().decode(Int64.self, at: 0))
    }

    /// Asks again every 10 ms.
    func waitUntil(_ what: String, within limit: Duration, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + limit
        while try await !condition() {
            guard ContinuousClock.now < deadline else { throw BenchFailure("\(what): not within \(limit)") }
            // pause: between two looks at the store
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

extension Duration {
    var inSeconds: Double { self / .seconds(1) }
    var inMilliseconds: Double { self / .milliseconds(1) }
}
