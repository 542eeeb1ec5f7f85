internal import Logging
internal import Metrics
internal import Reactor
internal import Synchronization
internal import Telemetry

/// The pool's metrics, made once.
struct PoolMeasures: Sendable {
    private let leaseWait = Timer(.storeLeaseWait)
    private let connected = Counter(.storeConnects, [("outcome", "opened")])
    private let refused = Counter(.storeConnects, [("outcome", "failed")])
    private let inUse = Meter(.storeConnections, [("state", "in_use")])
    private let idle = Meter(.storeConnections, [("state", "idle")])
    private let waiting = Meter(.storeWaiting)
    private let errors = LabelledCounters(.storeErrors, ["reason"])

    init() {
        // What comes first when the store goes away is shown from the start, so that its first rise is seen.
        for kind in [PostgresError.Kind.connection, .timeout] { _ = errors["\(kind)"] }
    }

    func leased(after wait: Duration) { leaseWait.recordNanoseconds(wait.wholeNanoseconds) }
    func opened() { connected.increment() }
    func openFailed() { refused.increment() }

    func failed(_ error: PostgresError) {
        let reason = error.sqlState.map { String($0.errorClass) } ?? "\(error.kind)"
        errors[reason].increment()
    }

    func show(_ statistics: PostgresPool.Statistics) {
        inUse.set(Int64(statistics.inUse))
        idle.set(Int64(statistics.idle))
        waiting.set(Int64(statistics.waiting))
    }
}

extension PostgresPool {
    /// What to do once the lock is open again.
    struct Effects {
        var resumed: [(Waiter, Result<PostgresConnection, PostgresError>)] = []
        /// Held so that the last reference falls outside the lock.
        var dropped: [PostgresConnection] = []
        var rings = false
    }

    /// A connection for this caller alone; it comes back by `release`.
    nonisolated func lease() async throws(PostgresError) -> PostgresConnection {
        while true {
            let connection = try await leaseAny()
            if connection.isQuiet { return connection }
            // The server has closed it since its last use.
            await connection.close()
            release(connection)
        }
    }

    private nonisolated func leaseAny() async throws(PostgresError) -> PostgresConnection {
        if Task.isCancelled { throw .cancelled("lease") }
        let now = ContinuousClock.now
        let (id, answer, effects) = state.withLock { state in
            state.nextWaiter += 1
            let (answer, actions) = state.machine.lease(state.nextWaiter, now: now)
            var effects = apply(actions, to: &state)
            if answer == .queued, state.armed == nil { effects.rings = true }
            return (state.nextWaiter, grant(answer, state), effects)
        }
        perform(effects)
        switch answer {
        case .connection(let connection): return connection
        case .failure(let error): throw error
        case .queued: measures.show(statistics)
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, as: id) }
        } onCancel: {
            abandon(id)
        }
        measures.leased(after: now.duration(to: .now))
        return try result.get()
    }

    private enum Grant {
        case connection(PostgresConnection)
        case failure(PostgresError)
        case queued
    }

    private nonisolated func grant(_ answer: PoolMachine.Answer, _ state: borrowing State) -> Grant {
        switch answer {
        case .granted(let id): .connection(state.connections[id]!)
        case .queued: .queued
        case .refused:
            .failure(
                PostgresError(.poolExhausted, operation: "lease", message: "too many wait for a connection already"))
        case .closed: .failure(PostgresError(.connection, operation: "lease", message: "the pool is closed"))
        }
    }

    /// Stores the continuation, unless the wait has ended meanwhile.
    private nonisolated func wait(_ continuation: Waiter, as id: PoolMachine.WaiterID) {
        let early: Result<PostgresConnection, PostgresError>? = state.withLock { state in
            if let outcome = state.early.removeValue(forKey: id) { return outcome }
            if Task.isCancelled, state.machine.abandon(id) { return .failure(.cancelled("lease")) }
            state.continuations[id] = continuation
            return nil
        }
        if let early { continuation.resume(returning: early) }
    }

    private nonisolated func abandon(_ id: PoolMachine.WaiterID) {
        let waiter: Waiter? = state.withLock { state in
            // Not stored yet: whoever stores it looks at the task's cancellation.
            guard state.continuations[id] != nil, state.machine.abandon(id) else { return nil }
            return state.continuations.removeValue(forKey: id)
        }
        waiter?.resume(returning: .failure(.cancelled("lease")))
    }

    nonisolated func release(_ connection: PostgresConnection) {
        let condition = connection.condition.load(ordering: .acquiring)
        if condition == .ended { connection.condition.store(.idle, ordering: .relaxed) }
        let isUsable = condition == .idle || condition == .ended
        let effects = state.withLock { state in
            apply(state.machine.release(connection.id, isUsable: isUsable), to: &state)
        }
        perform(effects)
        measures.show(statistics)
    }

    // MARK: The machine's wishes

    nonisolated func apply(_ actions: [PoolMachine.Action], to state: inout State) -> Effects {
        var effects = Effects()
        for action in actions {
            switch action {
            case .grant(let id, let waiter):
                settle(waiter, .success(state.connections[id]!), &state, &effects)
            case .open(let delay):
                state.toOpen.append(delay)
                effects.rings = true
            case .drop(let id):
                if let connection = state.connections.removeValue(forKey: id) { effects.dropped.append(connection) }
            }
        }
        return effects
    }

    nonisolated func settle(
        _ waiter: PoolMachine.WaiterID, _ outcome: Result<PostgresConnection, PostgresError>,
        _ state: inout State, _ effects: inout Effects
    ) {
        if let continuation = state.continuations.removeValue(forKey: waiter) {
            effects.resumed.append((continuation, outcome))
        } else {
            state.early[waiter] = outcome
        }
    }

    nonisolated func perform(_ effects: Effects) {
        for (waiter, outcome) in effects.resumed { waiter.resume(returning: outcome) }
        if effects.rings { bell.ring() }
    }
}
