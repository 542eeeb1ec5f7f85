/// A task that is suspended until a descriptor is ready or a time has come.
final class Waiter: @unchecked Sendable {
    // Why unchecked: it is touched on the reactor's thread only.
    private let reactor: Reactor
    private var continuation: CheckedContinuation<Reactor.WaitOutcome, Never>?
    private var watch: Watch?
    private var timer: ReactorTimer?
    private var isCancelled = false

    init(reactor: Reactor) { self.reactor = reactor }

    func begin(
        _ continuation: CheckedContinuation<Reactor.WaitOutcome, Never>,
        descriptor: CInt, interest: Reactor.Readiness, deadline: ContinuousClock.Instant?
    ) {
        self.continuation = continuation
        guard !isCancelled, reactor.keep(self) else { return finish(.cancelled) }
        if descriptor >= 0 {
            watch = reactor.watch(descriptor, interest) { [unowned self] _ in finish(.ready) }
        }
        if let deadline {
            timer = reactor.timer { [unowned self] in finish(.timedOut) }
            timer?.set(at: deadline)
        }
    }

    func cancel() {
        isCancelled = true
        finish(.cancelled)
    }

    func finish(_ outcome: Reactor.WaitOutcome) {
        guard let continuation else { return }
        self.continuation = nil
        watch?.cancel()
        timer?.cancel()
        continuation.resume(returning: outcome)
        reactor.drop(self)
    }
}

extension Reactor {
    /// How a wait ended.
    package enum WaitOutcome: Sendable {
        /// The descriptor is ready, or has failed, which its next use will tell.
        case ready
        case timedOut
        /// The task was cancelled, or the reactor stopped.
        case cancelled
    }

    /// Suspends until `descriptor` is ready, the deadline has passed, or (where that is allowed) the task is cancelled.
    ///
    /// A negative descriptor is never ready: such a wait is a sleep. A caller on the reactor's thread stays there.
    package func wait(
        for descriptor: CInt, _ interest: Readiness, until deadline: ContinuousClock.Instant? = nil,
        isCancellable: Bool = true
    ) async -> WaitOutcome {
        let waiter = Waiter(reactor: self)
        guard isCancellable else {
            return await withCheckedContinuation {
                begin(waiter, $0, descriptor: descriptor, interest: interest, deadline: deadline)
            }
        }
        if Task.isCancelled { return .cancelled }
        return await withTaskCancellationHandler {
            await withCheckedContinuation {
                begin(waiter, $0, descriptor: descriptor, interest: interest, deadline: deadline)
            }
        } onCancel: {
            post { waiter.cancel() }
        }
    }

    private func begin(
        _ waiter: Waiter, _ continuation: CheckedContinuation<WaitOutcome, Never>,
        descriptor: CInt, interest: Readiness, deadline: ContinuousClock.Instant?
    ) {
        let begin: @Sendable () -> Void = {
            waiter.begin(continuation, descriptor: descriptor, interest: interest, deadline: deadline)
        }
        if isOnReactor { begin() } else { post(begin) }
    }

    /// Suspends until `deadline`. Throws `CancellationError` as soon as the task is cancelled, or the reactor stops.
    package func sleep(until deadline: ContinuousClock.Instant) async throws(CancellationError) {
        if await wait(for: -1, .readable, until: deadline) == .cancelled { throw CancellationError() }
    }

    package func sleep(for duration: Duration) async throws(CancellationError) {
        try await sleep(until: ContinuousClock.now.advanced(by: duration))
    }

    /// Runs `body` on the reactor's thread and returns what it returns; at once, if that is where the caller is.
    package func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        if isOnReactor { return try body() }
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            post { continuation.resume(returning: Result { () throws(Failure) in try body() }) }
        }
        return try result.get()
    }
}
