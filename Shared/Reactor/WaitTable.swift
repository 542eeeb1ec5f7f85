internal import Glibc

/// The tasks that wait for descriptors: pure bookkeeping, guarded by the reactor's lock.
@safe struct WaitTable: @unchecked Sendable {
    // `UnsafeContinuation` is Sendable; the attribute is for the strict checks of what holds one.
    typealias Continuation = UnsafeContinuation<Reactor.WaitOutcome, Never>

    @safe struct Entry: @unchecked Sendable {
        var descriptor: CInt
        var readiness: Reactor.Readiness
        var deadline: ContinuousClock.Instant?
        var continuation: Continuation
    }

    private var entries: [UInt64: Entry] = [:]
    private var nextID: UInt64 = 0
    /// Waits that were cancelled before they were parked.
    private var cancelled: Set<UInt64> = []

    mutating func makeID() -> UInt64 {
        nextID += 1
        return nextID
    }

    /// False where the wait was cancelled before.
    mutating func park(_ id: UInt64, _ entry: Entry) -> Bool {
        if cancelled.remove(id) != nil { return false }
        entries[id] = entry
        return true
    }

    /// The continuation to resume; nil where the wait is over, or has not begun.
    mutating func cancel(_ id: UInt64) -> Continuation? {
        if let entry = entries.removeValue(forKey: id) { return unsafe entry.continuation }
        cancelled.insert(id)
        return nil
    }

    /// Wipes out what a cancellation left that came after the wait was over.
    mutating func forget(_ id: UInt64) { cancelled.remove(id) }

    var earliest: ContinuousClock.Instant? { entries.values.lazy.compactMap(\.deadline).min() }

    func list(into poller: inout Poller) {
        poller.reset()
        for (id, entry) in entries { poller.add(entry.descriptor, entry.readiness, for: id) }
    }

    /// Takes out the waits whose descriptor is ready or whose time is over.
    mutating func takeOver(_ poller: Poller, now: ContinuousClock.Instant) -> [(Continuation, Reactor.WaitOutcome)] {
        var over: [(Continuation, Reactor.WaitOutcome)] = unsafe []
        for id in poller.ready {
            if let entry = entries.removeValue(forKey: id) { unsafe over.append((entry.continuation, .ready)) }
        }
        for (id, entry) in entries {
            guard let deadline = entry.deadline, deadline <= now else { continue }
            entries[id] = nil
            unsafe over.append((entry.continuation, .timedOut))
        }
        return unsafe over
    }

    mutating func removeAll() -> [Continuation] {
        defer { entries = [:] }
        return unsafe entries.values.map { unsafe $0.continuation }
    }
}
