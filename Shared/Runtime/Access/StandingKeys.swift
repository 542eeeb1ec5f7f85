internal import Synchronization

/// Which CURVE keys stand in the store and whose they are, as of the last reading, and who waits for the next one.
///
/// A key that is not known is refused only after a reading that began when the question had been asked, because it may
/// have been registered just before.
package final class StandingKeys<Holder: Sendable>: Sendable {
    private struct State {
        var standing: [String: Holder] = [:]
        var questions: [(key: String, answer: CheckedContinuation<Bool, Never>)] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let limit: Int
    private let ring: @Sendable () -> Void

    /// - Parameters:
    ///   - limit: The most questions that wait; a further one is refused, and its client tries again.
    ///   - ring: Asks for a reading soon.
    package init(limit: Int = 256, ring: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.ring = ring
    }

    /// Whose the key is, as of the last reading; nil for a key that did not stand then.
    package func holder(of key: String) -> Holder? { state.withLock { $0.standing[key] } }

    /// Whether the key stands in the store.
    package func admits(_ key: String) async -> Bool {
        if holder(of: key) != nil { return true }
        return await withCheckedContinuation { continuation in
            let isAsked = state.withLock { state in
                guard !state.isClosed, state.questions.count < limit else { return false }
                state.questions.append((key, continuation))
                return true
            }
            if isAsked { ring() } else { continuation.resume(returning: false) }
        }
    }

    /// Takes the questions asked so far, to be answered by a reading that begins now.
    package func reading() -> Reading {
        Reading(
            questions: state.withLock { state in
                defer { state.questions = [] }
                return state.questions
            })
    }

    /// The questions that one reading answers.
    package struct Reading {
        fileprivate let questions: [(key: String, answer: CheckedContinuation<Bool, Never>)]
    }

    /// Answers by what the reading found; nil when it failed: then what stood still stands, and nothing new does.
    package func finish(_ reading: Reading, found keys: [String: Holder]?) {
        let standing = state.withLock { state in
            if let keys, !state.isClosed { state.standing = keys }
            return state.standing
        }
        for question in reading.questions { question.answer.resume(returning: standing[question.key] != nil) }
    }

    /// Refuses everyone from now on, and whoever has been waiting.
    package func close() {
        let questions = state.withLock { state in
            state.isClosed = true
            state.standing = [:]
            defer { state.questions = [] }
            return state.questions
        }
        for question in questions { question.answer.resume(returning: false) }
    }
}
