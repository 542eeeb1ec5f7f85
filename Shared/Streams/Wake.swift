internal import Synchronization

/// A bell that many tasks wait for.
///
/// Each ring raises a generation number; a waiter names the generation it has
/// seen, so a ring between its look and its wait is never missed, and many
/// rings that come while it works are one.
package final class Wake: Sendable {
    private struct State: Sendable {
        var generation: UInt64 = 0
        /// Of the rings, those of the clock.
        var ticks: UInt64 = 0
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        /// Waits that were cancelled before they had begun.
        var cancelled: Set<UInt64> = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The number of rings so far.
    package var generation: UInt64 { state.withLock { $0.generation } }

    /// The number of tasks that wait now.
    package var waiting: Int { state.withLock { $0.waiters.count } }

    /// How often it has rung, and how often of that by the clock.
    package struct Count: Hashable, Sendable {
        package var generation: UInt64
        package var ticks: UInt64
    }

    package var count: Count { state.withLock { Count(generation: $0.generation, ticks: $0.ticks) } }

    /// Whether it has rung since, but every time by the clock: nobody has told of anything.
    package func onlyTicked(since earlier: Count) -> Bool {
        let now = count
        return now != earlier && now.generation - earlier.generation == now.ticks - earlier.ticks
    }

    package func ring() { ring(isTick: false) }

    private func ring(isTick: Bool) {
        let waiters = state.withLock { state in
            state.generation += 1
            if isTick { state.ticks += 1 }
            defer { state.waiters.removeAll(keepingCapacity: true) }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Rings every `interval` until the task is cancelled: whoever waits looks again at least so often.
    package func ring(every interval: Duration) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            ring(isTick: true)
        }
    }

    /// Waits until the bell has rung since `generation`, or the task is cancelled.
    package func wait(since generation: UInt64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.cancelled.remove(id) != nil || state.generation != generation { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                if let waiter = state.waiters.removeValue(forKey: id) { return waiter as CheckedContinuation? }
                state.cancelled.insert(id)
                return nil
            }
            waiter?.resume()
        }
        if Task.isCancelled { state.withLock { _ = $0.cancelled.remove(id) } }
    }

    /// Waits for a ring since `generation`, but no longer than `limit`.
    package func wait(since generation: UInt64, atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(since: generation) }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
