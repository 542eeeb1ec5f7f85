internal import CoreMetrics
internal import Synchronization
internal import Telemetry

/// How many live consumers there are, and how many of them have fallen behind. Both are bounded.
final class ConsumerSeats: Sendable {
    /// A consumer's place, free again when nobody refers to it.
    final class Seat: Sendable {
        private let seats: ConsumerSeats
        private let number: Int
        private let position: Position

        fileprivate init(_ seats: ConsumerSeats, _ number: Int, _ position: Position) {
            self.seats = seats
            self.number = number
            self.position = position
        }

        /// Takes note of what the consumer was sent last.
        func reached(_ seq: Int64) { position.seq.store(seq, ordering: .relaxed) }

        deinit { seats.leave(number) }
    }

    fileprivate final class Position: Sendable {
        /// Behind nothing, until it is known where the consumer begins.
        let seq = Atomic<Int64>(.max)
    }

    private struct State: Sendable {
        var seats: [Int: Position] = [:]
        var next = 0
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
        let position = Position()
        let place = state.withLock { state -> (number: Int, taken: Int)? in
            guard state.seats.count < limit else { return nil }
            state.next += 1
            state.seats[state.next] = position
            return (state.next, state.seats.count)
        }
        guard let place else {
            refused.increment()
            return nil
        }
        gauge.set(place.taken)
        return Seat(self, place.number, position)
    }

    private func leave(_ number: Int) {
        let taken = state.withLock { state in
            state.seats[number] = nil
            return state.seats.count
        }
        gauge.set(taken)
    }

    /// How many events the consumer that is furthest behind `head` lacks; 0 for none.
    func worstLag(behind head: Int64) -> Int64 {
        state.withLock { state in
            state.seats.values.reduce(0) { max($0, head - min(head, $1.seq.load(ordering: .relaxed))) }
        }
    }

    var taken: Int { state.withLock(\.seats.count) }

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
