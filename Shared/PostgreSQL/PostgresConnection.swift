internal import CPostgreSQL
internal import Glibc
internal import Logging
internal import Metrics
internal import Reactor
internal import Synchronization
internal import Telemetry

/// One connection, confined to a reactor's thread, used by one lease at a time.
///
/// It stays in pipeline mode: everything that goes together is sent in one flush and ends with one sync.
actor PostgresConnection {
    /// What a lease left behind.
    enum Condition: UInt8, AtomicRepresentable {
        /// No transaction is open.
        case idle
        /// BEGIN was sent.
        case inTransaction
        /// COMMIT was sent; this lease may say nothing more.
        case ended
        case broken
    }

    /// One thing to send.
    struct Item {
        var purpose: BatchPurpose
        var sql: SQL
    }

    nonisolated let id: Int
    let configuration: PostgresConfiguration
    let logger: Logger
    nonisolated let reactor: Reactor
    private nonisolated let descriptor = Atomic<CInt>(-1)
    nonisolated let condition = Atomic<Condition>(.broken)
    var wire: Wire?
    private var cache: StatementCache
    var isBusy = false
    private let statementTimer = Metrics.Timer(.storeStatementDuration)

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe reactor.asUnownedSerialExecutor() }

    init(id: Int, configuration: PostgresConfiguration, reactor: Reactor, logger: Logger) {
        self.id = id
        self.configuration = configuration
        self.reactor = reactor
        self.logger = logger
        cache = StatementCache(capacity: configuration.statementCacheSize)
    }

    // MARK: Opening and closing

    /// Tries every address in turn; each has `connectTimeout`.
    func open(_ addresses: [PostgresConfiguration.Address]) async throws(PostgresError) {
        var last: PostgresError?
        for address in addresses {
            do throws(PostgresError) {
                return try await open(address)
            } catch {
                last = error
                if error.kind == .cancelled { break }
            }
        }
        throw last ?? PostgresError(.connection, operation: "connect", message: "no address to connect to")
    }

    private func open(_ address: PostgresConfiguration.Address) async throws(PostgresError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        let wire = try Wire(parameters: configuration.parameters(for: address), notices: NoticeSink(logger: logger))
        var progress = Wire.Progress.writable
        while progress != .done {
            let readiness: Reactor.Readiness = progress == .readable ? .readable : .writable
            switch await reactor.wait(for: wire.socket, readiness, until: deadline, isCancellable: true) {
            case .ready: progress = try wire.pollConnect()
            case .timedOut:
                throw PostgresError(.connection, operation: "connect", message: "no answer within the time-out")
            case .cancelled: throw .cancelled("connect")
            }
        }
        self.wire = wire
        descriptor.store(wire.socket, ordering: .relaxed)
        condition.store(.idle, ordering: .releasing)
    }

    func close() {
        condition.store(.broken, ordering: .releasing)
        wire = nil
    }

    /// Whether the server has said nothing since the last answer. A connection it closed while nobody looked is not
    /// quiet, and neither is one about to be closed.
    nonisolated var isQuiet: Bool {
        var poll = pollfd(fd: descriptor.load(ordering: .relaxed), events: Int16(POLLIN), revents: 0)
        return unsafe Glibc.poll(&poll, 1, 0) == 0
    }

    var localAddress: String? { wire?.localAddress }
    var backendPID: Int32 { wire?.backendPID ?? 0 }

    // MARK: Statements

    /// Sends all items in one flush and gives back the rows of the statements among them.
    func run(
        _ items: [Item], timeout: Duration?, isCancellable: Bool = true
    ) async throws(PostgresError) -> [Rows] {
        let wire = try begin()
        defer { isBusy = false }
        let isSelfContained = condition.load(ordering: .relaxed) == .idle
        let deadline = ContinuousClock.now + (timeout ?? configuration.queryTimeout)
        let (batch, isStale) = try await attempt(items, on: wire, until: deadline, isCancellable: isCancellable)
        guard let failure = batch.failure else { return batch.rows }
        guard isStale, isSelfContained else { throw failure }
        // Nothing of it happened, and the next attempt prepares the statement anew.
        if condition.load(ordering: .relaxed) != .idle { try await rollBack(on: wire) }
        let (second, _) = try await attempt(items, on: wire, until: deadline, isCancellable: isCancellable)
        guard let failure = second.failure else { return second.rows }
        throw failure
    }

    /// Ends whatever transaction is open. Cancellation does not keep it from doing so.
    func rollBack() async throws(PostgresError) {
        let wire = try begin()
        defer { isBusy = false }
        try await rollBack(on: wire)
    }

    private func rollBack(on wire: Wire) async throws(PostgresError) {
        let deadline = ContinuousClock.now + configuration.cancelGrace
        let item = Item(purpose: .rollback, sql: "ROLLBACK")
        let (batch, _) = try await attempt([item], on: wire, until: deadline, isCancellable: false)
        if let failure = batch.failure {
            close()
            throw failure
        }
    }

    func begin() throws(PostgresError) -> Wire {
        guard !isBusy else {
            throw PostgresError(.usage, operation: "query", message: "a statement of this lease is still running")
        }
        guard let wire else {
            throw PostgresError(.connection, operation: "query", message: "the connection is closed")
        }
        isBusy = true
        return wire
    }

    private func attempt(
        _ items: [Item], on wire: Wire, until deadline: ContinuousClock.Instant, isCancellable: Bool
    ) async throws(PostgresError) -> (Batch<Rows>, isStale: Bool) {
        if isCancellable, Task.isCancelled { throw .cancelled("query") }
        let started = ContinuousClock.now
        var batch: Batch<Rows>
        do throws(PostgresError) {
            batch = Batch(steps: try send(items, on: wire))
        } catch {
            close()
            throw error
        }
        let before = condition.load(ordering: .relaxed)
        let stop = try await exchange(&batch, on: wire, until: deadline, isCancellable: isCancellable)
        statementTimer.recordNanoseconds(started.duration(to: .now).wholeNanoseconds)
        if batch.isOutOfStep {
            close()
            throw batch.failure
                ?? PostgresError(.connection, operation: "query", message: "the server's answers are out of step")
        }
        for name in batch.unprepared { cache.forget(name: name) }
        settle(items, on: wire, before: before)
        guard let failure = batch.failure else { return (batch, false) }
        if let stop, failure.sqlState == .queryCanceled { throw stop.error(of: failure.operation) }
        if failure.sqlState == .unknownStatement {
            // DISCARD and DEALLOCATE ALL leave none.
            cache.clear()
        } else if failure.isStaleStatement, let failed = items.first(where: { $0.purpose == batch.failedPurpose }) {
            cache.discard(failed.sql)
        }
        return (batch, failure.isStaleStatement)
    }

    /// Keeps account of the transaction, by what the server says of it.
    private func settle(_ items: [Item], on wire: Wire, before: Condition) {
        let after: Condition
        if wire.transactionStatus != PQTRANS_IDLE {
            after = .inTransaction
        } else if items.contains(where: { $0.purpose == .rollback }) {
            after = .idle
        } else if before == .inTransaction || items.contains(where: { $0.purpose == .commit }) {
            after = .ended
        } else {
            after = .idle
        }
        condition.store(after, ordering: .releasing)
    }

    /// Queues every step; nothing is sent before the sync unless it fills libpq's buffer.
    private func send(_ items: [Item], on wire: Wire) throws(PostgresError) -> [BatchStep] {
        var steps: [BatchStep] = []
        steps.reserveCapacity(items.count * 2 + 1)
        if condition.load(ordering: .relaxed) == .idle {
            for name in cache.takeEvicted() {
                try wire.deallocate(name: name)
                try wire.sync()
                steps += [.deallocate(name: name), .sync]
            }
        }
        for item in items {
            switch cache.lookUp(item.sql) {
            case .known(let name):
                try wire.execute(name: name, item.sql)
            case .prepare(let name):
                try wire.prepare(name: name, item.sql)
                steps.append(.prepare(name: name, for: item.purpose))
                try wire.execute(name: name, item.sql)
            case .unnamed:
                try wire.executeUnnamed(item.sql)
            }
            steps.append(.execute(item.purpose))
        }
        try wire.sync()
        steps.append(.sync)
        return steps
    }
}

extension PostgresError {
    static func cancelled(_ operation: String) -> PostgresError {
        PostgresError(.cancelled, operation: operation, message: "the task was cancelled")
    }
}
