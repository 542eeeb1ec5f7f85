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
    let replays = ReplayPages()
    let reader: StreamReader
    private let logger: Logger
    private let reportLog: ReportLog

    init(
        reader: StreamReader, consumers: Int, heartbeat: Heartbeat = Heartbeat(), logger: Logger, reportLog: ReportLog
    ) {
        self.reader = reader
        self.heartbeat = heartbeat
        self.logger = logger
        self.reportLog = reportLog
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
        ) { [reader, reportLog] events in
            let block = SSEBlock(events)
            if let age = events.last.flatMap({ EventMarks($0).age }) { delay.recordNanoseconds(age.nanoseconds) }
            reportLog.note("Event before the agency's consumers", count: events.count) {
                events.compactMap { EventMarks($0).line(in: reader.stream) }
            }
            return (block, block.bytes.readableBytes)
        }
        await withTaskGroup { group in
            group.addTask { await tailReader.run() }
            group.addTask { await heartbeat.run(waking: tail.wake) }
        }
    }

    func consumer(in seat: ConsumerSeats.Seat) -> LiveConsumer {
        LiveConsumer(tail: tail, reader: reader, seats: seats, replays: replays, heartbeat: heartbeat, seat: seat)
    }

    /// Shows in `metrics` how far the stream reaches, and how far behind it the tail and the live consumers are.
    func show(in metrics: MetricRegistry) {
        let stream = [("jurisdiction", reader.jurisdiction.rawValue), ("agency", reader.stream.rawValue)]
        let head = Meter(.streamHead, stream)
        let tailLag = Meter(.streamLag, stream + [("consumer", "tail")])
        LiveConsumer.expectAll()
        let liveLag = Meter(.streamLag, stream + [("consumer", "sse")])
        metrics.beforeExposition { [tail, seats] in
            guard let reach = tail.reach else { return }
            head.set(reach.stream)
            tailLag.set(reach.stream - reach.tail)
            liveLag.set(seats.worstLag(behind: reach.stream))
        }
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
