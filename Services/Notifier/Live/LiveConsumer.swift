internal import CoreMetrics
internal import Domain
internal import Hummingbird
internal import NIOCore
internal import Streams
internal import Telemetry

/// Sends one consumer every event after its position as server-sent events, at the consumer's own pace.
///
/// Each waits for its own socket, so none makes the process grow.
struct LiveConsumer: Sendable {
    let stream: LiveStream
    let seat: ConsumerSeats.Seat
    let stay: OpenStreams.Stay

    private static let delivered = Counter(.deliveries, [("way", "sse")])

    /// Shows what it counts before the first consumer has come.
    static func expectAll() {
        _ = delivered
        StreamFollower.expectAll()
    }

    /// Sends until the consumer goes, its key has ended, the stream can no longer be continued, or the service stops.
    func send(from start: LiveStream.Start, to writer: inout PacedWriter) async throws {
        let follower = StreamFollower(start, of: stream, in: seat)
        var beats = stream.heartbeat.count
        while !Task.isCancelled, !stay.isOver {
            switch try await follower.next() {
            case .events(let blocks):
                let position = follower.position
                try await writer.write(SSEBlock.bytes(of: blocks, after: position))
                let last = blocks[blocks.count - 1].last
                Self.delivered.increment(by: last - position)
                follower.reached(last)
            case .upToDate(let generation):
                let count = stream.heartbeat.count
                if count != beats {
                    try await writer.write(SSEBlock.heartbeat)
                    beats = count
                }
                await stream.tail.wake.wait(since: generation)
            case .interrupted, .closed:
                // The consumer comes back with its cursor, and is then told what became of it.
                return
            }
        }
    }
}
