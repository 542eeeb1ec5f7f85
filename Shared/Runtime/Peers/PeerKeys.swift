internal import Synchronization

/// Which CURVE keys stand in the store, as of the last reading, and who waits for the next one.
///
/// A key that is not known is refused only after a reading that began when the question
/// had been asked, because an instance registers just before it connects.
final class PeerKeys: Sendable {
    private struct State {
        var standing: Set<String> = []
        var questions: [(key: String, answer: CheckedContinuation<Bool, Never>)] = []
        var isClosed = false
    }

    /// The most questions that wait; a further one is refused, and its client tries again.
    static let limit = 256

    private let state = Mutex(State())
    private let ring: @Sendable () -> Void

    /// - Parameter ring: Asks for a reading soon.
    init(ring: @escaping @Sendable () -> Void) { self.ring = ring }

    /// Whether the key stands in the store.
    func admits(_ key: String) async -> Bool {
        if state.withLock({ $0.standing.contains(key) }) { return true }
        return await withCheckedContinuation { continuation in
            let isAsked = state.withLock { state in
                guard !state.isClosed, state.questions.count < Self.limit else { return false }
                state.questions.append((key, continuation))
                return true
            }
            if isAsked { ring() } else { continuation.resume(returning: false) }
        }
    }

    /// Takes the questions asked so far, to be answered by a reading that begins now.
    func reading() -> Reading {
        Reading(
            questions: state.withLock { state in
                defer { state.questions = [] }
                return state.questions
            })
    }

    /// The questions that one reading answers.
    struct Reading {
        fileprivate let questions: [(key: String, answer: CheckedContinuation<Bool, Never>)]
    }

    /// Answers by what the reading found; nil when it failed: then what stood still stands, and nothing new does.
    func finish(_ reading: Reading, found keys: Set<String>?) {
        let standing = state.withLock { state in
            if let keys, !state.isClosed { state.standing = keys }
            return state.standing
        }
        for question in reading.questions { question.answer.resume(returning: standing.contains(question.key)) }
    }

    /// Refuses everyone from now on, and whoever has been waiting.
    func close() {
        let questions = state.withLock { state in
            state.isClosed = true
            state.standing = []
            defer { state.questions = [] }
            return state.questions
        }
        for question in questions { question.answer.resume(returning: false) }
    }
}
