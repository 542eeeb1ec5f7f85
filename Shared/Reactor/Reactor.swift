internal import CReactor
internal import Glibc
internal import Synchronization

/// One thread that runs actors, watches descriptors and keeps timers.
///
/// ZeroMQ's sockets and libpq's connections must not be used by two threads at once, and both have a descriptor that
/// says when they can go on. Actors that name a reactor as their executor, and the handlers of watches and timers,
/// all run on its thread, so they share such handles without locks. None of them may block.
///
/// Tasks may prefer it too (`withTaskExecutorPreference`): what mostly talks to such actors then does so without a
/// change of threads, each of which costs more than a small query does.
///
/// A round runs the queued jobs, the timers that are due and the event sources with something to do, and then polls;
/// it sleeps only when none of them is left. After `stop()` the thread ends as soon as nothing is queued. A job that
/// is enqueued later still (an isolated `deinit`, say) gets a thread for itself: none is ever lost.
package final class Reactor: SerialExecutor, TaskExecutor, @unchecked Sendable {
    // Why unchecked: what is not in `shared` or atomic is touched on the reactor's thread only, and checked there.

    private enum Work {
        case job(UnownedJob)
        case block(@Sendable () -> Void)
    }

    private struct Shared: ~Copyable {
        var work: [Work] = []
        var hasThread = false
        /// Whether the thread is in, or on its way into, a `poll` that only the doorbell ends.
        var isAsleep = false
        var isStopping = false
        var onFinish: [CheckedContinuation<Void, Never>] = []

        /// Whether the doorbell must be rung for the thread to notice.
        mutating func wake() -> Bool {
            defer { isAsleep = false }
            return isAsleep
        }
    }

    /// How many times over newly queued jobs run before the descriptors get their turn.
    private static let maxBatches = 16

    private let name: String
    private let doorbell: CInt
    private let shared = Mutex(Shared())
    private let thread = Atomic<UInt>(0)

    private let pollSet: PollSet
    private let timers = TimerHeap()
    private var pending: [EventRegistration] = []
    private var processing: [EventRegistration] = []
    private var waiters: [ObjectIdentifier: Waiter] = [:]
    private var batch: [Work] = []

    /// - Parameter name: of the thread, as `ps -T` and debuggers show it; cut to 15 bytes.
    package init(name: String) {
        self.name = name
        doorbell = eventfd(0, CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC))
        precondition(doorbell >= 0, "eventfd: errno \(errno)")
        pollSet = PollSet(doorbell: doorbell)
        shared.withLock { $0.hasThread = true }
        startThread()
    }

    deinit { close(doorbell) }

    // MARK: Being an executor

    package func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Runs `block` on the reactor's thread, after what is queued already.
    package func post(_ block: @escaping @Sendable () -> Void) {
        add(.block(block))
    }

    /// Whether the caller runs on the reactor's thread.
    package var isOnReactor: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    package func preconditionOnReactor(_ message: @autoclosure () -> String = "not on the reactor's thread") {
        precondition(isOnReactor, message())
    }

    package func checkIsolated() { preconditionOnReactor() }

    package func isIsolatingCurrentContext() -> Bool? { isOnReactor }

    // MARK: Registering, on the reactor's thread

    /// Watches `descriptor` until the watch is cancelled; the handler runs on the reactor's thread.
    package func watch(
        _ descriptor: CInt, _ interest: Readiness, handler: @escaping (Readiness) -> Void
    ) -> Watch {
        preconditionOnReactor()
        let watch = Watch(descriptor: descriptor, interest: interest, reactor: self, handler: handler)
        pollSet.add(watch)
        return watch
    }

    /// A timer, not set yet, whose handler runs on the reactor's thread.
    package func timer(handler: @escaping () -> Void) -> ReactorTimer {
        preconditionOnReactor()
        return ReactorTimer(reactor: self, handler: handler)
    }

    /// Processes `source` from now on; the reactor does not keep it alive, and the owner keeps the registration.
    package func register(_ source: any EventSource) -> EventRegistration {
        preconditionOnReactor()
        return EventRegistration(source: source, reactor: self)
    }

    func update(_ watch: Watch) {
        preconditionOnReactor()
        pollSet.update(watch)
    }

    func remove(_ watch: Watch) {
        preconditionOnReactor()
        pollSet.remove(watch)
    }

    func insert(_ timer: ReactorTimer) {
        preconditionOnReactor()
        timers.insert(timer)
    }

    func removeTimer(at index: Int) {
        preconditionOnReactor()
        timers.remove(at: index)
    }

    func pend(_ registration: EventRegistration) { pending.append(registration) }

    /// False if the reactor stops: then no waiter is taken any more.
    func keep(_ waiter: Waiter) -> Bool {
        guard !shared.withLock({ $0.isStopping }) else { return false }
        waiters[ObjectIdentifier(waiter)] = waiter
        return true
    }

    func drop(_ waiter: Waiter) { waiters[ObjectIdentifier(waiter)] = nil }

    // MARK: Stopping

    /// Ends the thread once nothing is queued. Waits that are under way, or begin later, end as cancelled.
    package func stop() {
        let mustRing = shared.withLock { shared in
            shared.isStopping = true
            return shared.wake()
        }
        if mustRing { ring() }
    }

    /// Returns when the thread has ended.
    package func finished() async {
        await withCheckedContinuation { continuation in
            let hasThread = shared.withLock { shared in
                if shared.hasThread { shared.onFinish.append(continuation) }
                return shared.hasThread
            }
            if !hasThread { continuation.resume() }
        }
    }

    // MARK: The thread

    private func add(_ work: Work) {
        let (mustStart, mustRing) = shared.withLock { shared in
            shared.work.append(work)
            defer { shared.hasThread = true }
            return (!shared.hasThread, shared.wake())
        }
        if mustStart { startThread() }
        // What the thread adds itself, in a handler of a descriptor, it finds before it sleeps again.
        if mustRing && !isOnReactor { ring() }
    }

    private func ring() {
        var one: UInt64 = 1
        unsafe _ = write(doorbell, &one, 8)
    }

    private func startThread() {
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

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        unsafe _ = pthread_setname_np(pthread_self(), String(decoding: name.utf8.prefix(15), as: UTF8.self))
        while true {
            runJobs()
            runTimers()
            processSources()
            let next = shared.withLock { shared in
                let isIdle = shared.work.isEmpty && pending.isEmpty
                defer { shared.isAsleep = isIdle && !shared.isStopping }
                return (isIdle: isIdle, isStopping: shared.isStopping)
            }
            if next.isStopping && next.isIdle {
                if endWaiters() { continue }
                if finish() { return }
            }
            pollSet.wait(timeout: next.isIdle && !next.isStopping ? untilNextTimer : .zero)
            shared.withLock { $0.isAsleep = false }
        }
    }

    /// Nil: nothing is timed.
    private var untilNextTimer: Duration? {
        timers.earliest.map { ContinuousClock.now.duration(to: $0) }
    }

    private func runJobs() {
        for _ in 0..<Self.maxBatches {
            shared.withLock { swap(&$0.work, &batch) }
            if batch.isEmpty { return }
            for work in batch {
                switch work {
                case .job(let job):
                    unsafe job.runSynchronously(
                        isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
                case .block(let block): block()
                }
            }
            batch.removeAll(keepingCapacity: true)
        }
    }

    private func runTimers() {
        guard timers.count > 0 else { return }
        let now = ContinuousClock.now
        while let timer = timers.popDue(at: now) { timer.handler() }
    }

    private func processSources() {
        guard !pending.isEmpty else { return }
        swap(&pending, &processing)
        for registration in processing { registration.process() }
        processing.removeAll(keepingCapacity: true)
    }

    private func endWaiters() -> Bool {
        let ended = Array(waiters.values)
        for waiter in ended { waiter.finish(.cancelled) }
        return !ended.isEmpty
    }

    /// False if something was queued meanwhile.
    private func finish() -> Bool {
        let continuations = shared.withLock { shared -> [CheckedContinuation<Void, Never>]? in
            guard shared.work.isEmpty else { return nil }
            thread.store(0, ordering: .relaxed)
            shared.hasThread = false
            defer { shared.onFinish = [] }
            return shared.onFinish
        }
        for continuation in continuations ?? [] { continuation.resume() }
        return continuations != nil
    }
}
