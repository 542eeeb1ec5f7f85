package import Logging
internal import Metrics
package import Reactor
internal import Synchronization
internal import Telemetry

/// Connections to one database, leased to one caller at a time.
///
/// It runs on the reactor as its connections do, so that a query takes one hop there and one back. `run()` opens and
/// reopens connections; until it runs, callers wait. A lease is granted in the order of asking; the queue and the wait
/// are bounded.
package actor PostgresPool {
    /// How the pool is used at this moment.
    package struct Statistics: Sendable, Hashable {
        package var inUse: Int
        package var idle: Int
        package var waiting: Int

        package init(inUse: Int, idle: Int, waiting: Int) {
            self.inUse = inUse
            self.idle = idle
            self.waiting = waiting
        }
    }

    struct State {
        var machine: PoolMachine
        var connections: [PoolMachine.ConnectionID: PostgresConnection] = [:]
        var continuations: [PoolMachine.WaiterID: Waiter] = [:]
        /// Outcomes of waits that have not been begun quite yet.
        var early: [PoolMachine.WaiterID: Result<PostgresConnection, PostgresError>] = [:]
        var nextWaiter = 0
        var nextConnection = 0
        /// Openings that `run()` has yet to start.
        var toOpen: [Duration] = []
        /// Why the last attempt to connect failed, until one succeeds.
        var lastFailure: PostgresError?
        /// When `run()` looks at the queue again.
        var armed: ContinuousClock.Instant?
    }

    typealias Waiter = CheckedContinuation<Result<PostgresConnection, PostgresError>, Never>

    package nonisolated let configuration: PostgresConfiguration
    nonisolated let reactor: Reactor
    /// The reactor, for tasks: one that prefers another executor goes by way of it for each part of an answer.
    package nonisolated var executor: any TaskExecutor { reactor }
    nonisolated let logger: Logger
    nonisolated let state: Mutex<State>
    /// Rung when `run()` has something to do: an opening, a new first in the queue, the end.
    nonisolated let bell = Doorbell()
    nonisolated let measures = PoolMeasures()

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe reactor.asUnownedSerialExecutor() }

    package init(configuration: PostgresConfiguration, reactor: Reactor, logger: Logger) {
        self.configuration = configuration
        self.reactor = reactor
        self.logger = logger
        let limits = PoolMachine.Limits(
            size: configuration.size, maximumWaiters: configuration.maximumWaiters,
            leaseTimeout: configuration.leaseTimeout, patience: configuration.patience,
            initialDelay: configuration.reconnectDelay.initial, maximumDelay: configuration.reconnectDelay.maximum)
        state = Mutex(State(machine: PoolMachine(limits: limits)))
    }

    package nonisolated var statistics: Statistics {
        state.withLock {
            Statistics(inUse: $0.machine.inUse, idle: $0.machine.idleCount, waiting: $0.machine.waiterCount)
        }
    }

    // MARK: Statements

    /// Runs one statement in a transaction of its own.
    @discardableResult
    package func query(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> Rows {
        try await run(PostgresConnection.Item.list([sql]), timeout: timeout)[0]
    }

    /// Runs statements in one flush, all or none of them (an implicit transaction). An error says which one failed.
    @discardableResult
    package func pipeline(_ statements: [SQL], timeout: Duration? = nil) async throws(PostgresError) -> [Rows] {
        guard !statements.isEmpty else { return [] }
        return try await run(PostgresConnection.Item.list(statements), timeout: timeout)
    }

    /// Runs BEGIN, the statements and COMMIT in one flush.
    @discardableResult
    package func transaction(
        _ statements: [SQL], mode: Transaction.Mode = .readCommitted, timeout: Duration? = nil
    ) async throws(PostgresError) -> [Rows] {
        guard !statements.isEmpty else { return [] }
        let items = PostgresConnection.Item.list(statements, begin: mode.begin, commits: true)
        return try await run(items, timeout: timeout)
    }

    private func run(
        _ items: [PostgresConnection.Item], timeout: Duration?
    ) async throws(PostgresError) -> [Rows] {
        let connection = try await lease()
        do throws(PostgresError) {
            let rows = try await connection.run(items, timeout: timeout)
            release(connection)
            return rows
        } catch {
            await giveBack(connection)
            measures.failed(error)
            throw error
        }
    }

    // MARK: Leases

    /// Runs `body` inside a transaction. When it returns without `commit`, COMMIT follows; when it throws, ROLLBACK.
    @discardableResult
    package nonisolated func withTransaction<R>(
        _ mode: Transaction.Mode = .readCommitted,
        _ body: (borrowing Transaction) async throws -> R
    ) async throws -> R {
        let connection = try await lease()
        do {
            let transaction = Transaction(connection: connection, mode: mode)
            let value = try await body(transaction)
            if connection.condition.load(ordering: .acquiring) == .inTransaction {
                try await transaction.commit()
            }
            release(connection)
            return value
        } catch {
            await giveBack(connection)
            if let error = error as? PostgresError { measures.failed(error) }
            throw error
        }
    }

    /// Leases one connection to `body` for statements that need to be on the same one.
    @discardableResult
    package nonisolated func withConnection<R>(_ body: (borrowing Session) async throws -> R) async throws -> R {
        let connection = try await lease()
        do {
            let value = try await body(Session(connection: connection))
            await giveBack(connection)
            return value
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Ends what a failed lease left open; a connection that cannot be cleaned is dropped.
    private nonisolated func giveBack(_ connection: PostgresConnection) async {
        if connection.condition.load(ordering: .acquiring) == .inTransaction {
            do throws(PostgresError) {
                try await connection.rollBack()
            } catch {
                logger.debug("a connection is dropped: ROLLBACK failed", metadata: ["error": "\(error)"])
                await connection.close()
            }
        }
        release(connection)
    }
}
