internal import CoreMetrics
internal import Domain
internal import NIOCore
internal import Streams
internal import Telemetry

/// What comes next for one consumer, however it is sent.
///
/// While it keeps up it is given the tail's blocks, encoded once for all. One that has fallen behind reads pages from
/// the store.
final class StreamFollower {
    enum Next {
        /// Of the first block only what comes after the position.
        case events([TailBlock<SSEBlock>])
        /// Nothing is newer: wait for the tail's bell since this generation.
        case upToDate(generation: UInt64)
        /// The stream was restored or trimmed: it may be that it cannot be continued from the position.
        case interrupted
        /// The service is stopping.
        case closed
    }

    /// Blocks are small where reports come one by one; who has fallen behind is sent so many bytes of them together. A
    /// consumer that stands still keeps them in memory, by itself.
    private static let mostAtOnce = 16_384
    private static let pagesRead = Counter(.streamTailMisses)

    private let stream: LiveStream
    private let seat: ConsumerSeats.Seat
    /// The tail's when the position was found to be good.
    private let incarnation: Int
    /// What the consumer was given last.
    private(set) var position: Int64
    /// Whether it reads pages from the store.
    private(set) var isBehind = false

    init(_ start: LiveStream.Start, of stream: LiveStream, in seat: ConsumerSeats.Seat) {
        self.stream = stream
        self.seat = seat
        incarnation = start.incarnation
        position = start.cursor.seq
        seat.reached(position)
    }

    deinit { if isBehind { stream.seats.setBehind(false) } }

    /// Shows what it counts before the first consumer has come.
    static func expectAll() { _ = pagesRead }

    func next() async throws -> Next {
        let step = stream.tail.step(after: position, incarnation: incarnation, most: Self.mostAtOnce)
        if case .behind = step { setBehind(true) } else { setBehind(false) }
        switch step {
        case .blocks(let blocks): return .events(blocks)
        case .behind:
            guard let page = try await stream.page(after: position) else { return .interrupted }
            Self.pagesRead.increment()
            return .events([page])
        case .upToDate(let generation): return .upToDate(generation: generation)
        case .restored: return .interrupted
        case .closed: return .closed
        }
    }

    /// The consumer was given all up to this one.
    ///
    /// - Parameter known: how far it has come by its own word, where it gives one.
    func reached(_ seq: Int64, known: Int64? = nil) {
        position = seq
        seat.reached(known ?? seq)
    }

    /// The consumer keeps nothing that it was given and has not had yet.
    func rest() { setBehind(false) }

    private func setBehind(_ now: Bool) {
        guard now != isBehind else { return }
        isBehind = now
        stream.seats.setBehind(now)
    }
}
