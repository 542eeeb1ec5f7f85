internal import Synchronization

/// How long an upload bears it that nothing can be stored: shared by all of its records, so that a store which is gone
/// for good costs the wait once.
///
/// A full inbox or queue is borne longer than a store that is away. When patience has ended, one record a second still
/// tries, and the others are given up at once; the first that is stored again ends it.
final class BulkPatience: Sendable {
    enum Reason: Sendable {
        case full, away
    }

    /// Since when nothing was stored, and what has come of it.
    struct State {
        static let bound: [Reason: Duration] = [.full: .seconds(600), .away: .seconds(60)]
        static let pauses: (least: Duration, most: Duration) = (.milliseconds(50), .seconds(1))
        static let trial: Duration = .seconds(1)

        private var since: ContinuousClock.Instant?
        private var isOver = false
        private var triedAt: ContinuousClock.Instant?

        mutating func mayTry(at now: ContinuousClock.Instant) -> Bool {
            guard isOver else { return true }
            if let triedAt, now - triedAt < Self.trial { return false }
            triedAt = now
            return true
        }

        mutating func succeeded() { self = State() }

        /// How long to wait before the next attempt; nil where the record is given up.
        mutating func failed(_ reason: Reason, at now: ContinuousClock.Instant) -> Duration? {
            let begun = since ?? now
            since = begun
            let waited = now - begun
            if isOver || waited >= Self.bound[reason] ?? .zero {
                isOver = true
                return nil
            }
            // Half as long as it has lasted.
            return min(max(waited / 2, Self.pauses.least), Self.pauses.most)
        }
    }

    private let state = Mutex(State())

    /// Whether a record may ask the store.
    func mayTry(at now: ContinuousClock.Instant) -> Bool { state.withLock { $0.mayTry(at: now) } }

    func succeeded() { state.withLock { $0.succeeded() } }

    /// How long to wait before the next attempt; nil where the record is given up.
    func failed(_ reason: Reason, at now: ContinuousClock.Instant) -> Duration? {
        state.withLock { $0.failed(reason, at: now) }
    }
}
