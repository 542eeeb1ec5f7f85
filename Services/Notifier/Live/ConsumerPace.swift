internal import Hummingbird
internal import NIOCore
internal import Synchronization

/// Writes to one consumer in small pieces, each when the ones before have nearly gone.
struct PacedWriter: Sendable {
    /// Bytes of one piece: a poor line passes so much within the patience.
    private static let piece = 65_536

    /// One task at a time uses it: the one that sends. The protocol does not say that its writers can be handed over.
    private nonisolated(unsafe) var writer: any ResponseBodyWriter
    private let eventLoop: any EventLoop
    private let pace: ConsumerPace
    /// Bytes written since the event loop's last turn.
    private var sinceTurn = 0

    init(_ writer: any ResponseBodyWriter, on eventLoop: any EventLoop, pace: ConsumerPace) {
        self.writer = writer
        self.eventLoop = eventLoop
        self.pace = pace
    }

    /// Returns when the connection has taken the bytes, which it does only as fast as the consumer reads.
    mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while let slice = rest.readSlice(length: min(Self.piece, rest.readableBytes)), slice.readableBytes > 0 {
            // The writer learns from the event loop that the connection is full: without a turn of it in between,
            // everything that is written at once would be queued.
            sinceTurn += slice.readableBytes
            if sinceTurn > Self.piece {
                try await eventLoop.submit {}.get()
                sinceTurn = slice.readableBytes
            }
            pace.began()
            try await writer.write(slice)
            pace.ended()
        }
    }

    consuming func finish() async throws { try await writer.finish(nil) }
}

/// Since when a consumer has kept us waiting.
final class ConsumerPace: Sendable {
    private let since = Mutex<ContinuousClock.Instant?>(nil)

    func began() { since.withLock { $0 = .now } }
    func ended() { since.withLock { $0 = nil } }

    /// Whether one piece has been under way for longer than `patience`.
    func isStuck(for patience: Duration) -> Bool {
        since.withLock { $0.map { ContinuousClock.now - $0 > patience } ?? false }
    }
}
