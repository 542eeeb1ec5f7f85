internal import CoreMetrics
internal import Synchronization
internal import Telemetry

/// How many live consumers there are, and how many of them have fallen behind. Both are bounded.
final class ConsumerSeats: Sendable {
    /// How a consumer is sent its events.
    enum Way: String, CaseIterable { case sse, zeromq }

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

        /// Takes note of what the consumer has had last.
        func reached(_ seq: Int64) { position.seq.store(seq, ordering: .relaxed) }

        deinit { seats.leave(number) }
    }

    fileprivate final class Position: Sendable {
        let way: Way
        /// Behind nothing, until it is known where the consumer begins.
        let seq = Atomic<Int64>(.max)

        init(_ way: Way) { self.way = way }
    }

    private struct State: Sendable {
        var seats: [Int: Position] = [:]
        var next = 0
        var behind = 0
    }

    /// What all consumers who have fallen behind may hold in memory together, in bytes of events' texts.
    private static let behindBytes = 48 << 20
    private static let pageBytes = (16 << 10)...(512 << 10)
    static let pageLimit = 400

    let limit: Int
    private let state = Mutex(State())
    private let gauge = Meter(.streamSubscribers)
    private let refused = Counter(.streamSubscribersRefused)

    init(limit: Int) { self.limit = limit }

    /// A place, or nil when all are taken.
    func take(_ way: Way) -> Seat? {
        let position = Position(way)
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
    func worstLag(of way: Way, behind head: Int64) -> Int64 {
        state.withLock { state in
            state.seats.values.reduce(0) { worst, position in
                position.way == way ? max(worst, head - min(head, position.seq.load(ordering: .relaxed))) : worst
            }
        }
    }

    var taken: Int { state.withLock(\.seats.count) }

    /// The time between two reads of the tail: a burst becomes fewer, larger writes the more there are to make.
    var pause: Duration { .milliseconds(1 + min(9, taken * 9 / 100)) }

    /// Counts a consumer that reads pages from the store; false when it has caught up.
    func setBehind(_ isBehind: Bool) { state.withLock { $0.behind += isBehind ? 1 : -1 } }

    /// How many consumers read pages from the store.
    var behind: Int { state.withLock(\.behind) }

    /// Bytes of one page for a consumer that has fallen behind: the more there are, the smaller their pages.
    var pageBytes: Int {
        min(Self.pageBytes.upperBound, max(Self.pageBytes.lowerBound, Self.behindBytes / max(1, behind)))
    }
}
