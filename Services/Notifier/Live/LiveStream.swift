internal import CoreMetrics
internal import Domain
internal import Logging
internal import NIOCore
internal import Runtime
internal import ServiceLifecycle
internal import Streams
internal import Telemetry

/// The agency's stream as this process holds it: the newest events in memory, and one reader that keeps them.
struct LiveStream: Sendable {
    let tail = Tail<SSEBlock>()
    /// Rings when the stream may have grown.
    let hints = Wake()
    let heartbeat: Heartbeat
    let seats: ConsumerSeats
    let reader: StreamReader
    private let logger: Logger

    init(reader: StreamReader, consumers: Int, heartbeat: Heartbeat = Heartbeat(), logger: Logger) {
        self.reader = reader
        self.heartbeat = heartbeat
        self.logger = logger
        seats = ConsumerSeats(limit: consumers)
    }

    /// Whether the reader has found the stream; no one can be served live before.
    var hasBegun: Bool { tail.incarnation > 0 }

    /// Whether the service is stopping: whoever comes now is sent elsewhere.
    var isClosed: Bool {
        if case .closed = tail.step(after: .max, incarnation: tail.incarnation) { true } else { false }
    }

    /// Reads and beats until the task is cancelled.
    func run() async {
        let delay = CoreMetrics.Timer(.streamDelay)
        let tailReader = TailReader(
            reader: reader, tail: tail, hints: hints, pause: { [seats] in seats.pause }, logger: logger
        ) { events in
            let block = SSEBlock(events)
            if let age = events.last.flatMap(EventAge.nanoseconds) { delay.recordNanoseconds(age) }
            return (block, block.bytes.readableBytes)
        }
        await withTaskGroup { group in
            group.addTask { await tailReader.run() }
            group.addTask { await heartbeat.run(waking: tail.wake) }
        }
    }

    func consumer() -> LiveConsumer {
        LiveConsumer(tail: tail, reader: reader, seats: seats, heartbeat: heartbeat)
    }
}

/// Lets the consumers go as soon as the stop begins, so that their connections can drain.
struct ConsumerRelease: Service {
    let tail: Tail<SSEBlock>

    func run() async throws {
        try? await gracefulShutdown()
        tail.close()
    }
}

/// How old an event is, from its text: `"time"` stands near its beginning.
enum EventAge {
    static func nanoseconds(_ event: StoredEvent) -> Int64? {
        let head = event.body.prefix(400)
        guard let mark = head.firstRange(of: "\"time\":\""),
            let time = Timestamp(rfc3339: head[mark.upperBound...].prefix { $0 != "\"" })
        else { return nil }
        return max(0, Timestamp.now.microseconds(since: time)) * 1000
    }
}
