internal import Synchronization

/// How many reports are in flight at once. Who wants in waits; one task may wait at a time.
final class IngressRoom: Sendable {
    private struct State {
        var taken = 0
        var waiter: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())
    let limit: Int

    init(limit: Int) { self.limit = limit }

    var taken: Int { state.withLock { $0.taken } }

    /// Whether a task waits for room.
    var isWaitedFor: Bool { state.withLock { $0.waiter != nil } }

    /// Returns once there is room for `count`, which is then taken; more than the limit counts as the limit.
    func take(_ count: Int) async {
        let count = min(count, limit)
        let isTaken = state.withLock { state in
            guard state.taken + count <= limit else { return false }
            state.taken += count
            return true
        }
        if isTaken { return }
        await withCheckedContinuation { continuation in
            let isTaken = state.withLock { state in
                precondition(state.waiter == nil, "one task waits for room")
                guard state.taken + count <= limit else {
                    state.waiter = (count, continuation)
                    return false
                }
                state.taken += count
                return true
            }
            if isTaken { continuation.resume() }
        }
    }

    func giveBack(_ count: Int) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.taken -= min(count, limit)
            guard let waiter = state.waiter, state.taken + waiter.count <= limit else { return nil }
            state.taken += waiter.count
            state.waiter = nil
            return waiter.continuation
        }
        continuation?.resume()
    }
}
