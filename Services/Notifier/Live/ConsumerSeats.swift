internal import CoreMetrics
internal import Synchronization
internal import Telemetry

/// How many live consumers there are, and how many of them have fallen behind. Both are bounded.
final class ConsumerSeats: Sendable {
    /// A consumer's place, free again when nobody refers to it.
    final class Seat: Sendable {
        private let seats: ConsumerSeats

        fileprivate init(_ seats: ConsumerSeats) { self.seats = seats }

        deinit { seats.leave() }
    }

    private struct State: Sendable {
        var taken = 0
        var behind = 0
    }

    /// What all consumers who have fallen behind may hold in memory together, in bytes of events' texts.
    private static let behindBytes = 48 << 20
    private static let pageBytes = (16 << 10)...(512 << 10)
    static let pageLimit = 200

    let limit: Int
    private let state = Mutex(State())
    private let gauge = Meter(.streamSubscribers)
    private let refused = Counter(.streamSubscribersRefused)

    init(limit: Int) { self.limit = limit }

    /// A place, or nil when all are taken.
    func take() -> Seat? {
        let taken = state.withLock { state -> Int? in
            guard state.taken < limit else { return nil }
            state.taken += 1
            return state.taken
        }
        guard let taken else {
            refused.increment()
            return nil
        }
        gauge.set(taken)
        return Seat(self)
    }

    private func leave() {
        let taken = state.withLock { state in
            state.taken -= 1
            return state.taken
        }
        gauge.set(taken)
    }

    var taken: Int { state.withLock(\.taken) }

    /// The time between two reads of the tail: a burst becomes fewer, larger writes the more there are to make.
    var pause: Duration { .milliseconds(1 + min(9, taken * 9 / 100)) }

    /// Counts a consumer that reads pages from the store; false when it has caught up.
    func setBehind(_ isBehind: Bool) { state.withLock { $0.behind += isBehind ? 1 : -1 } }

    /// Bytes of one page for a consumer that has fallen behind: the more there are, the smaller their pages.
    var pageBytes: Int {
        let behind = state.withLock(\.behind)
        return min(Self.pageBytes.upperBound, max(Self.pageBytes.lowerBound, Self.behindBytes / max(1, behind)))
    }
}
