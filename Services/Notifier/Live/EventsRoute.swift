internal import CoreMetrics
internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Runtime
internal import Streams
internal import Telemetry

/// `GET /v1/agencies/{code}/events`, and a channel's: live as server-sent events, else a page at a time.
struct EventsRoute: Sendable {
    let entrance: StreamEntrance
    let open: OpenStreams
    /// A write that makes no progress for so long ends the connection.
    var patience: Duration = .seconds(60)

    /// What a stream whose key has ended may take to finish the piece that is on its way.
    private static let grace: Duration = .milliseconds(500)
    private static let pulled = Counter(.deliveries, [("way", "pull")])

    func answer(_ request: Request, _ context: WebContext) async throws -> Response {
        let stream = try await entrance(request, context).live
        let position = try StreamPosition(request)
        guard request.headers[values: .accept].contains(where: { $0.contains("text/event-stream") }) else {
            return try await batch(of: stream, request, from: position)
        }
        return try await live(stream, request, context, from: position)
    }

    // MARK: Pages

    private func batch(
        of stream: LiveStream, _ request: Request, from position: StreamPosition
    ) async throws -> Response {
        let limit = try EventBatch.limit(request)
        let extent = try await stream.extent()
        let cursor = try position.cursor(in: extent)
        guard
            let page = try await stream.reader.page(
                after: cursor.seq, limit: limit, bytes: EventBatch.maximumBytes)
        else { throw LiveStream.noStream }
        if let first = page.events.first, first.cursor.seq != cursor.seq + 1 {
            // Trimmed since it was checked.
            throw ProblemDetails(.gone, at: cursor, in: try await stream.extent())
        }
        Self.pulled.increment(by: page.events.count)
        return EventBatch.response(page.events, after: cursor, limit: limit, path: request.uri.path)
    }

    // MARK: Live

    private func live(
        _ stream: LiveStream, _ request: Request, _ context: WebContext, from position: StreamPosition
    ) async throws -> Response {
        let seat = try stream.seat(.sse)
        let start = try await stream.start(at: position)
        let headers: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store", .xAccelBuffering: "no",
            // A connection that was watched for its end cannot be used again.
            .connection: "close",
        ]
        // Browsers hold the answer back until its first byte; the first event may be long in coming.
        let opening = position == .latest ? SSEBlock.opened(at: start.cursor) : SSEBlock.heartbeat
        let body = ResponseBody { writer in
            // The seat is this closure's: it is free when the answer is over, or was never sent.
            defer { withExtendedLifetime(seat) {} }
            let pace = ConsumerPace()
            let paced = PacedWriter(writer, on: context.eventLoop, pace: pace)
            let departure = Wake()
            let stay = try open.enter(
                request, growth: stream.tail.wake, departure: departure, judge: judge(request, context))
            try await whilePresent(request, pace, stay, departure, on: LoopExecutors.shared[context.eventLoop]) {
                var writer = paced
                try await writer.write(opening)
                try await LiveConsumer(stream: stream, seat: seat, stay: stay).send(from: start, to: &writer)
                try await writer.finish()
            }
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    /// Judges the caller anew, keeping nothing of the connection.
    private func judge(_ request: Request, _ context: WebContext) -> OpenStreams.Judge {
        let shown = Request(head: request.head, body: RequestBody(buffer: ByteBuffer()))
        return { [entrance, code = context.parameters.get("code")] in try await entrance.judge(shown, code) }
    }

    /// Runs `send` until it ends, the consumer hangs up or takes nothing for too long, or its key has ended.
    private func whilePresent(
        _ request: Request, _ pace: ConsumerPace, _ stay: OpenStreams.Stay, _ departure: Wake,
        on executor: LoopExecutor, _ send: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await request.body.consumeWithInboundCloseHandler { _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: executor) { try await send() }
                group.addTask {
                    while departure.generation == 0, !pace.isStuck(for: patience), !Task.isCancelled {
                        await departure.wait(since: 0, atMost: patience / 4)
                    }
                    // Who waited for more ends by itself, as a stream ends; who does not read is cut off.
                    if stay.isOver { try? await Task.sleep(for: Self.grace) }
                    throw ConsumerGone()
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        } onInboundClosed: {
            departure.ring()
        }
    }
}

/// The consumer hung up, takes nothing any more, or may have nothing any more: the connection ends.
private struct ConsumerGone: Error {}
