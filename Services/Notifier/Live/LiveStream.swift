internal import CoreMetrics
internal import Domain
internal import Logging
internal import NIOCore
internal import Runtime
internal import ServiceLifecycle
internal import Streams
internal import Telemetry

/// A stream as this process holds it: the newest events in memory, and one reader that keeps them.
struct LiveStream: Sendable {
    let tail: Tail<SSEBlock>
    /// Rings when the stream may have grown.
    let hints = Wake()
    let heartbeat: Heartbeat
    let seats: ConsumerSeats
    let replays = ReplayPages()
    let reader: StreamReader
    private let logger: Logger
    private let reportLog: ReportLog

    init(
        reader: StreamReader, consumers: Int, heartbeat: Heartbeat = Heartbeat(), tail: Tail<SSEBlock> = Tail(),
        logger: Logger, reportLog: ReportLog
    ) {
        self.reader = reader
        self.tail = tail
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
            reportLog.note("Event before the stream's consumers", count: events.count) {
                events.compactMap { EventMarks($0).line(in: reader.stream) }
            }
            return (block, block.bytes.readableBytes)
        }
        await withTaskGroup { group in
            group.addTask { await tailReader.run() }
            group.addTask { await heartbeat.run(waking: tail.wake) }
        }
    }

    /// Where a consumer begins to be served live.
    struct Start: Sendable {
        var cursor: Cursor
        /// Where the stream ended at that moment.
        var head: Cursor
        /// The tail's, before the position was checked: a restore in between then lets the consumer go.
        var incarnation: Int
    }

    /// Where a consumer with this position begins. Throws 409 and 410, and 503 where this process serves nobody.
    func start(at position: StreamPosition) async throws -> Start {
        let incarnation = tail.incarnation
        guard incarnation > 0 else {
            throw ProblemDetails.unavailable("This process has not read its stream yet.")
        }
        if isClosed { throw Self.stopping }
        let extent = try await extent()
        return Start(cursor: try position.cursor(in: extent), head: extent.latest, incarnation: incarnation)
    }

    func extent() async throws -> StreamExtent {
        guard let extent = try await reader.extent() else { throw Self.noStream }
        return extent
    }

    /// The page of the past after this position, for whoever has fallen behind; nil where the stream cannot be
    /// continued.
    func page(after position: Int64) async throws -> ReplayPages.Page? {
        try await replays.page(after: position) {
            // On the store's thread, beside whoever sends on ours: an answer comes in dozens of parts, and each would
            // cost changes of threads.
            try await withTaskExecutorPreference(reader.executor) { try await read(after: position) }
        }
    }

    private func read(after position: Int64) async throws -> ReplayPages.Page? {
        let page = try await reader.page(after: position, limit: ConsumerSeats.pageLimit, bytes: seats.pageBytes)
        guard let page, let first = page.events.first, let last = page.events.last, first.cursor.seq == position + 1
        else { return nil }
        let block = SSEBlock(page.events)
        return ReplayPages.Page(
            first: position + 1, last: last.cursor.seq, size: block.bytes.readableBytes, payload: block)
    }

    /// Has the page after this position read while the one before it is sent. Where more are behind than pages are
    /// kept, it would be gone again before it is asked for, and is left unread.
    func readAhead(after position: Int64) async {
        guard seats.behind * 2 <= ReplayPages.mostKept,
            case .behind = tail.step(after: position, incarnation: tail.incarnation)
        else { return }
        // A failure is told to who asks for the page.
        _ = try? await page(after: position)
    }

    /// A live place. Throws 503 where all are taken.
    func seat(_ way: ConsumerSeats.Way) throws(ProblemDetails) -> ConsumerSeats.Seat {
        guard let seat = seats.take(way) else {
            throw .unavailable("All \(seats.limit) live places are taken.", retryAfter_s: 5)
        }
        return seat
    }

    static let noStream = ProblemDetails.unavailable("This stream is not set up yet.")
    static let stopping = ProblemDetails.unavailable("This server is stopping; connect again.")

    /// Shows in `metrics` how far the stream reaches, and how far behind it the tail and the live consumers are.
    func show(in metrics: MetricRegistry) {
        let stream = [("jurisdiction", reader.jurisdiction.rawValue), reader.stream.label]
        let head = Meter(.streamHead, stream)
        let tailLag = Meter(.streamLag, stream + [("consumer", "tail")])
        LiveConsumer.expectAll()
        StreamMetrics.expectAll()
        let lags = ConsumerSeats.Way.allCases.map { ($0, Meter(.streamLag, stream + [("consumer", $0.rawValue)])) }
        metrics.beforeExposition { [tail, seats] in
            guard let reach = tail.reach else { return }
            head.set(reach.stream)
            tailLag.set(reach.stream - reach.tail)
            for (way, lag) in lags { lag.set(seats.worstLag(of: way, behind: reach.stream)) }
        }
    }
}

/// Lets the consumers go as soon as the stop begins, so that their connections can drain.
struct ConsumerRelease: Service {
    let release: @Sendable () -> Void

    func run() async throws {
        try? await gracefulShutdown()
        release()
    }
}
