internal import Synchronization

/// Hints on their way to one reader: of each topic only the newest, and a bounded number of topics.
///
/// Putting never waits. A hint that finds no room is dropped, as a hint may be.
package final class HintQueue: Sendable, AsyncSequence {
    package typealias Element = Hint

    private struct State {
        var order: [String] = []
        var first = 0
        var payloads: [String: String] = [:]
        var reader: CheckedContinuation<Hint?, Never>?
        var isFinished = false
        /// Whether the reader was cancelled before it began to wait.
        var isCancelled = false
    }

    /// What became of a hint.
    enum Outcome {
        case queued, coalesced, dropped
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: The most topics that wait at once.
    init(limit: Int) { self.limit = limit }

    @discardableResult
    func put(_ hint: Hint) -> Outcome {
        let (outcome, reader) = state.withLock { state -> (Outcome, CheckedContinuation<Hint?, Never>?) in
            guard !state.isFinished else { return (.dropped, nil) }
            if let reader = state.reader {
                state.reader = nil
                return (.queued, reader)
            }
            if state.payloads.updateValue(hint.payload, forKey: hint.topic) != nil { return (.coalesced, nil) }
            guard state.payloads.count <= limit else {
                state.payloads[hint.topic] = nil
                return (.dropped, nil)
            }
            state.order.append(hint.topic)
            return (.queued, nil)
        }
        reader?.resume(returning: hint)
        return outcome
    }

    /// Ends the sequence once what is queued has been read.
    func finish() {
        let reader = state.withLock { state in
            state.isFinished = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }

    /// The next hint, in the order in which their topics first came; nil at the end, or when the task is cancelled.
    ///
    /// One task may wait at a time.
    package func next() async -> Hint? {
        defer { if Task.isCancelled { state.withLock { $0.isCancelled = false } } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Hint?? in
                    if state.isCancelled { return .some(nil) }
                    if let hint = Self.take(&state) { return .some(hint) }
                    if state.isFinished { return .some(nil) }
                    precondition(state.reader == nil, "hints have one reader")
                    state.reader = continuation
                    return .none
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let reader = state.withLock { state in
                guard let reader = state.reader else {
                    state.isCancelled = true
                    return nil as CheckedContinuation<Hint?, Never>?
                }
                state.reader = nil
                return reader
            }
            reader?.resume(returning: nil)
        }
    }

    private static func take(_ state: inout State) -> Hint? {
        guard state.first < state.order.count else { return nil }
        let topic = state.order[state.first]
        state.first += 1
        if state.first == state.order.count {
            state.order.removeAll(keepingCapacity: true)
            state.first = 0
        } else if state.first > 1024 {
            state.order.removeFirst(state.first)
            state.first = 0
        }
        return state.payloads.removeValue(forKey: topic).map { Hint(topic: topic, payload: $0) }
    }

    package struct Iterator: AsyncIteratorProtocol {
        let queue: HintQueue
        package mutating func next() async -> Hint? { await queue.next() }
    }

    package func makeAsyncIterator() -> Iterator { Iterator(queue: self) }
}
