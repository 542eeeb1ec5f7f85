internal import Synchronization

/// Answers that are good for a short while, a bounded number of them, each asked for once at a time.
package final class AnswerCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value?
        let end: ContinuousClock.Instant
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// Who waits for an answer that another caller is fetching.
        var waiting: [Key: [CheckedContinuation<Void, any Error>]] = [:]
    }

    private enum Step {
        case known(Value?)
        case fetch
        case wait
    }

    private let state = Mutex(State())
    private let limit: Int
    private let positive: Duration
    private let negative: Duration
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - positive: How long a value is good.
    ///   - negative: How long "there is none" is good.
    package init(
        limit: Int, positive: Duration, negative: Duration,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.limit = limit
        self.positive = positive
        self.negative = negative
        self.now = now
    }

    /// The cached answer, or the one that `fetch` gives.
    ///
    /// An error goes to all who wait for the same answer, so that a source that is away is not asked by one after
    /// the other; it is not kept for those who come later.
    package func value(for key: Key, fetch: @Sendable () async throws -> Value?) async throws -> Value? {
        while true {
            switch step(for: key) {
            case .known(let value): return value
            case .wait: try await turn(of: key)
            case .fetch:
                do {
                    let value = try await fetch()
                    finish(key, Entry(value: value, end: now() + (value == nil ? negative : positive)))
                    return value
                } catch {
                    // Who gave up waiting says nothing about the source: then another asks.
                    finish(key, nil, failure: Task.isCancelled ? nil : error)
                    throw error
                }
            }
        }
    }

    func remove(_ key: Key) { state.withLock { $0.entries[key] = nil } }

    var count: Int { state.withLock { $0.entries.count } }

    private func step(for key: Key) -> Step {
        let now = now()
        return state.withLock { state in
            if let entry = state.entries[key], now < entry.end { return .known(entry.value) }
            if state.waiting[key] != nil { return .wait }
            state.waiting[key] = []
            return .fetch
        }
    }

    /// Waits until whoever fetches the answer has it; throws with them when they fail.
    private func turn(of key: Key) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.waiting[key] != nil else { return true }
                state.waiting[key]?.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func finish(_ key: Key, _ entry: Entry?, failure: (any Error)? = nil) {
        let now = now()
        let waiting = state.withLock { state in
            if let entry {
                if state.entries.count >= limit { Self.makeRoom(&state, now) }
                state.entries[key] = entry
            }
            return state.waiting.removeValue(forKey: key) ?? []
        }
        for continuation in waiting {
            if let failure { continuation.resume(throwing: failure) } else { continuation.resume() }
        }
    }

    /// Drops what is stale, and everything where that is not enough: answers live for seconds only.
    private static func makeRoom(_ state: inout State, _ now: ContinuousClock.Instant) {
        let before = state.entries.count
        state.entries = state.entries.filter { now < $0.value.end }
        if state.entries.count > before / 2 { state.entries.removeAll(keepingCapacity: true) }
    }
}
