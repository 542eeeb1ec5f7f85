internal import Domain
internal import HTTPTypes
internal import Logging
internal import Runtime
internal import ServiceLifecycle
internal import Streams
internal import ZeroMQ

/// The door for programs that follow a stream over ZeroMQ: a ROUTER behind CURVE.
///
/// Who has said HELLO has a seat among the live consumers and a task that sends to it. What is received is judged at
/// once, so nobody's messages wait for another's.
final class StreamDoor: Service {
    /// Messages, and bytes, that are taken from the socket at once.
    private static let batch = 256
    private static let batchBytes = 1 << 20
    /// How often each consumer's time is looked at.
    private static let tick: Duration = .milliseconds(500)

    static let revoked = ProblemDetails(
        .unauthorized, detail: "Nobody holds this key any more: it was revoked, or has run out.")

    /// The streams that it is for.
    struct Streams: Sendable {
        /// The stream that the holder of a key follows. Throws what to tell where it cannot be served now.
        let stream: @Sendable (Principal) throws -> LiveStream
        /// Rings when any of them has grown, and when the service stops.
        let growth: Wake
        /// Whether the service is stopping.
        let isClosed: @Sendable () -> Bool

        init(
            growth: Wake, isClosed: @escaping @Sendable () -> Bool,
            stream: @escaping @Sendable (Principal) throws -> LiveStream
        ) {
            self.growth = growth
            self.isClosed = isClosed
            self.stream = stream
        }

        /// One, whoever comes.
        init(_ stream: LiveStream) {
            self.init(growth: stream.tail.wake, isClosed: { stream.isClosed }, stream: { _ in stream })
        }
    }

    private let streams: Streams
    private let limiter: RateLimiter
    private let keys: CurveKeyWatch
    private let door: CurveDoor
    private let peers = StreamPeers()

    /// - Parameter keys: of those whose streams they are, and of nobody else.
    init(settings: CurveDoorSettings, streams: Streams, keys: CurveKeyWatch, limiter: RateLimiter, logger: Logger) {
        self.streams = streams
        self.keys = keys
        self.limiter = limiter
        door = CurveDoor("stream", settings: settings, options: Self.options, keys: keys, logger: logger)
    }

    /// Where it listens, once it does.
    var endpoint: String? { door.endpoint }

    func run() async throws {
        let peers = peers
        try await door.run(onConnection: { event in
            if event.kind == .disconnected { peers.end(ofConnection: Int32(truncatingIfNeeded: event.code)) }
        }) { socket in await self.serve(over: socket) }
    }

    private static var options: SocketOptions {
        var options = SocketOptions()
        // No message is as large as that; a frame beyond it ends the connection.
        options.maxFrameSize = 64 << 10
        options.maxFrames = StreamCommand.maximumFrames + 1
        options.cutsMessages = true
        options.receiveHighWaterMark = 64
        // What a consumer that does not read can hold in memory, in events; enough that one who does never waits.
        options.sendHighWaterMark = 256
        options.stallTimeout = StreamSession.patience
        // Who reads slowly finds a heartbeat late, behind all that came before it.
        options.heartbeatTimeout = StreamSession.patience
        options.heartbeatTTL = StreamSession.patience
        // For answers to what was malformed; events never wait there.
        options.outboxLimit = 1_024
        options.outboxLimitPerPeer = 8
        return options
    }

    // MARK: Serving

    private func serve(over socket: Socket) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.ringAsTimePasses() }
            group.addTask { await self.ringAsStreamGrows() }
            await self.receive(from: socket)
            group.cancelAll()
        }
    }

    /// Receives until the service stops, and lets whoever is still served go.
    private func receive(from socket: Socket) async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                while let messages = try? await socket.receive(upTo: Self.batch, bytes: Self.batchBytes) {
                    for message in messages { await take(message, over: socket, in: &group) }
                    // Who is sent events is on this thread, too.
                    await Task.yield()
                }
                // Whoever is still served is told that the service stops, before the time for it is over.
                if streams.isClosed() { peers.ring() } else { group.cancelAll() }
            }
        } onGracefulShutdown: {
            socket.endReceiving()
        }
    }

    private func ringAsTimePasses() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.tick)
            peers.ring()
        }
    }

    private func ringAsStreamGrows() async {
        while !Task.isCancelled {
            let generation = streams.growth.generation
            peers.ring()
            await streams.growth.wait(since: generation)
        }
    }

    // MARK: Receiving

    private func take(_ message: Message, over socket: Socket, in group: inout DiscardingTaskGroup) async {
        let name = message.frames[0]
        guard let key = message.sender, let principal = keys.principal(of: key) else {
            StreamMetrics.count(.revoked)
            return await tell(Self.revoked, name, over: socket)
        }
        do {
            let command = try StreamCommand(message.frames.dropFirst(), isCut: message.isCut)
            StreamMetrics.count(command)
            if case .hello = command { try limiter.check(principal) }
            if let peer = peers.peer(named: name, connection: message.connection) {
                return try peer.take(command, at: .now)
            }
            guard case .hello(let position) = command else { throw StreamFault.noHello }
            let stream = try streams.stream(principal)
            let peer = StreamPeer(
                name: name, connection: message.connection, key: key, seat: try stream.seat(.zeromq), hello: position,
                at: .now)
            peers.add(peer)
            group.addTask { [keys, peers, reactor = door.reactor] in
                await StreamConsumer(peer, of: stream, keys: keys, over: socket, on: reactor).run()
                peers.remove(peer)
            }
        } catch let fault as StreamFault {
            StreamMetrics.count(.malformed)
            await tell(ProblemDetails(fault), name, over: socket)
        } catch {
            await tell(ProblemDetails(of: error), name, over: socket)
        }
    }

    /// Where there is no room for it, it is dropped and counted.
    private func tell(_ problem: ProblemDetails, _ name: [UInt8], over socket: Socket) async {
        // It fails only if the context was closed: then nobody waits for it.
        _ = try? await socket.send([name] + StreamReply.error(problem.forFrames.json).frames)
    }
}

extension ProblemDetails {
    init(_ fault: StreamFault) {
        self.init(
            fault.isConflict ? .conflict : .badRequest, detail: fault.message,
            errors: [.init(pointer: "", code: fault.code, message: fault.message)])
    }
}
