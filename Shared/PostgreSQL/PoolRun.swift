package import Reactor
package import Logging
internal import Synchronization

extension PostgresPool {
    /// Opens connections, reopens them with growing waits while the server is away, and ends waits that took too long.
    ///
    /// Returns when the task is cancelled or after `shutDown()`; then nobody gets a connection any more.
    package nonisolated func run() async {
        perform(state.withLock { apply($0.machine.start(), to: &$0) })
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                bell.silence()
                let (delays, deadline, isClosed) = attend()
                if isClosed { break }
                for delay in delays { group.addTask { await self.open(after: delay) } }
                _ = await reactor.wait(for: bell.descriptor, .readable, until: deadline)
            }
            group.cancelAll()
        }
        shutDown()
    }

    /// Refuses everyone from now on; leased connections end with their leases.
    package nonisolated func shutDown() {
        let effects = state.withLock { state in
            let (told, actions) = state.machine.close()
            var effects = apply(actions, to: &state)
            let error = PostgresError(.connection, operation: "lease", message: "the pool is closed")
            for waiter in told { settle(waiter, .failure(error), &state, &effects) }
            effects.rings = true
            return effects
        }
        perform(effects)
    }

    /// A running pool for the length of `body`.
    package static func with<R: Sendable>(
        _ configuration: PostgresConfiguration, reactor: Reactor, logger: Logger,
        _ body: (PostgresPool) async throws -> R
    ) async throws -> R {
        let pool = PostgresPool(configuration: configuration, reactor: reactor, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pool.run() }
            defer { group.cancelAll() }
            return try await body(pool)
        }
    }

    /// Ends the waits that are over, and says what is to be opened and when to come back.
    private nonisolated func attend() -> ([Duration], ContinuousClock.Instant?, isClosed: Bool) {
        let now = ContinuousClock.now
        let (delays, deadline, isClosed, effects) = state.withLock { state in
            var effects = Effects()
            for waiter in state.machine.expire(now: now) {
                settle(waiter, .failure(lateness(state)), &state, &effects)
            }
            state.armed = state.machine.nextDeadline()
            defer { state.toOpen = [] }
            return (state.toOpen, state.armed, state.machine.isClosed, effects)
        }
        perform(effects)
        return (delays, deadline, isClosed)
    }

    private nonisolated func lateness(_ state: borrowing State) -> PostgresError {
        let limit = configuration.leaseTimeout
        guard !state.machine.hasConnections, let failure = state.lastFailure else {
            return PostgresError(.poolExhausted, operation: "lease", message: "no connection came free within \(limit)")
        }
        return PostgresError(
            .connection, operation: "lease", message: "no connection within \(limit): \(failure.message)",
            sqlState: failure.sqlState)
    }

    /// Opens one connection, if it is still wanted after the wait. The waits of many processes must not end at the same
    /// moment.
    private nonisolated func open(after delay: Duration) async {
        if delay > .zero {
            let jittered = delay * Double.random(in: 0.5...1)
            _ = await reactor.wait(for: -1, .readable, until: .now + jittered)
        }
        let id: Int? = state.withLock { state in
            guard state.machine.stillOpens() else { return nil }
            state.nextConnection += 1
            return state.nextConnection
        }
        guard let id else { return }
        let connection = PostgresConnection(id: id, configuration: configuration, reactor: reactor, logger: logger)
        do throws(PostgresError) {
            try await connection.open(try await configuration.resolveAddresses())
            opened(connection)
        } catch {
            failedToOpen(error)
        }
    }

    private nonisolated func opened(_ connection: PostgresConnection) {
        measures.opened()
        let (wasFailing, effects) = state.withLock { state in
            let wasFailing = state.lastFailure != nil
            state.lastFailure = nil
            state.connections[connection.id] = connection
            return (wasFailing, apply(state.machine.opened(connection.id), to: &state))
        }
        if wasFailing { logger.notice("the store is reachable again") }
        perform(effects)
    }

    private nonisolated func failedToOpen(_ error: PostgresError) {
        measures.openFailed()
        let (isFirst, effects) = state.withLock { state in
            let isFirst = state.lastFailure == nil
            state.lastFailure = error
            return (isFirst, apply(state.machine.openFailed(), to: &state))
        }
        guard !Task.isCancelled else { return perform(effects) }
        logger.log(level: isFirst ? .warning : .debug, "cannot connect to the store", metadata: ["error": "\(error)"])
        perform(effects)
    }
}
