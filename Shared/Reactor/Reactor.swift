internal import CReactor
internal import Glibc
internal import Synchronization

/// One thread that runs actors and watches file descriptors.
///
/// libzmq sockets and libpq connections must not be touched by two threads at once, and both
/// expose a descriptor that says when they can make progress. Actors that name a `Reactor` as
/// their executor share its thread: a handle is only ever used there, and nothing blocks but `poll(2)`.
package final class Reactor: SerialExecutor {
    /// For what a descriptor is watched.
    package enum Readiness: Sendable { case readable, writable, either }

    /// How a wait ended.
    package enum WaitOutcome: Sendable { case ready, timedOut, cancelled }

    fileprivate struct State: Sendable {
        var jobs: [UnownedJob] = []
        var waits = WaitTable()
        var sources: [any EventSource] = []
        /// Whether the thread sleeps, or is about to: only then need it be woken.
        var isAsleep = false
        var isStopped = false
    }

    private let state = Mutex(State())
    private let doorbell: CInt
    private let thread = Atomic<UInt>(0)
    package let name: String

    /// Starts the thread. It runs until ``stop()``.
    package init(name: String) {
        self.name = name
        doorbell = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(doorbell >= 0, "eventfd: errno \(errno)")
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(self).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { box in
                unsafe Unmanaged<Reactor>.fromOpaque(box!).takeRetainedValue().run()
                return nil
            }, box)
        precondition(code == 0, "pthread_create: \(code)")
        pthread_detach(thread)
    }

    deinit { close(doorbell) }

    /// Ends the thread once no job is left. Waits that are still open end as cancelled.
    package func stop() {
        let isAsleep = state.withLock { state in
            state.isStopped = true
            return state.wakes()
        }
        if isAsleep { ring() }
    }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isAsleep = state.withLock { state in
            state.jobs.append(job)
            return state.wakes()
        }
        if isAsleep { ring() }
    }

    /// Whether the caller is on this reactor's thread.
    package var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    package func checkIsolated() {
        precondition(isCurrent, "not on the reactor \(name)")
    }

    // MARK: Waiting

    /// Suspends until `descriptor` is ready, the deadline has passed, or (where that is allowed) the task is cancelled.
    package func wait(
        for descriptor: CInt, _ readiness: Readiness, until deadline: ContinuousClock.Instant? = nil,
        isCancellable: Bool = true
    ) async -> WaitOutcome {
        let id = state.withLock { $0.waits.makeID() }
        guard isCancellable else {
            return await unsafe withUnsafeContinuation { unsafe park(id, descriptor, readiness, deadline, $0) }
        }
        let outcome = await withTaskCancellationHandler {
            await unsafe withUnsafeContinuation { unsafe park(id, descriptor, readiness, deadline, $0) }
        } onCancel: {
            let (continuation, isAsleep) = unsafe state.withLock { state in
                unsafe (state.waits.cancel(id), state.wakes())
            }
            unsafe continuation?.resume(returning: .cancelled)
            if isAsleep { ring() }
        }
        if outcome != .cancelled, Task.isCancelled { state.withLock { $0.waits.forget(id) } }
        return outcome
    }

    private func park(
        _ id: UInt64, _ descriptor: CInt, _ readiness: Readiness, _ deadline: ContinuousClock.Instant?,
        _ continuation: UnsafeContinuation<WaitOutcome, Never>
    ) {
        let (isParked, isAsleep) = state.withLock { state in
            guard !state.isStopped else { return (false, false) }
            let isParked = unsafe state.waits.park(
                id,
                WaitTable.Entry(
                    descriptor: descriptor, readiness: readiness, deadline: deadline, continuation: continuation))
            return (isParked, isParked && state.wakes())
        }
        if !isParked { unsafe continuation.resume(returning: .cancelled) }
        if isAsleep { ring() }
    }

    // MARK: Sources

    /// Calls `source.process()` in every round from now on, on this thread, and never sleeps while it has more to do.
    package func add(_ source: any EventSource) {
        let isAsleep = state.withLock { state in
            state.sources.append(source)
            return state.wakes()
        }
        if isAsleep { ring() }
    }

    package func remove(_ source: any EventSource) {
        state.withLock { $0.sources.removeAll { $0 === source } }
    }

    // MARK: The loop

    private func ring() {
        var one: UInt64 = 1
        unsafe _ = Glibc.write(doorbell, &one, 8)
    }

    private func run() {
        unsafe _ = pthread_setname_np(pthread_self(), String(name.prefix(15)))
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        var poller = Poller(doorbell: doorbell)
        while true {
            let (jobs, sources, isStopped) = state.withLock { state in
                defer { state.jobs.removeAll(keepingCapacity: true) }
                return (state.jobs, state.sources, state.isStopped)
            }
            for job in jobs { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
            // After the jobs, since a send or receive of theirs can swallow a socket's edge.
            var isBusy = !jobs.isEmpty
            for source in sources where source.process() { isBusy = true }
            if isStopped && jobs.isEmpty {
                let orphans = unsafe state.withLock { unsafe $0.waits.removeAll() }
                unsafe orphans.forEach { unsafe $0.resume(returning: .cancelled) }
                if unsafe orphans.isEmpty { return }
                continue
            }
            watch(&poller, sources: sources, isBusy: isBusy)
        }
    }

    /// Sleeps until something is ready (not at all while there is more to do), and ends the waits that are over.
    private func watch(_ poller: inout Poller, sources: [any EventSource], isBusy: Bool) {
        let deadline = state.withLock { state -> Poller.Sleep in
            state.waits.list(into: &poller)
            guard !isBusy, state.jobs.isEmpty, !state.isStopped else { return .none }
            state.isAsleep = true
            return state.waits.earliest.map { .until($0) } ?? .forever
        }
        for source in sources { poller.add(source.descriptor) }
        poller.poll(deadline)
        let now = ContinuousClock.now
        let over = unsafe state.withLock { state in
            state.isAsleep = false
            return unsafe state.waits.takeOver(poller, now: now)
        }
        unsafe over.forEach { unsafe $0.0.resume(returning: $0.1) }
    }
}

extension Reactor.State {
    /// Whether whoever changed the state has to ring the doorbell; only the first who asks does.
    fileprivate mutating func wakes() -> Bool {
        defer { isAsleep = false }
        return isAsleep
    }
}
