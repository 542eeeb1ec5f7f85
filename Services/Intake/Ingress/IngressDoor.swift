internal import Domain
internal import Logging
internal import Reactor
internal import Runtime
internal import ServiceLifecycle
internal import Synchronization
internal import Telemetry
internal import ZeroMQ

/// The door for reports over ZeroMQ: a ROUTER behind CURVE, on a thread of its own.
///
/// What has been received is answered. While too many reports are in flight nothing is received: then libzmq's queues
/// fill up, and with them the senders'. It takes from each connection in turn, so nobody's flood keeps others out.
final class IngressDoor: Service {
    private static let domain = "ingress"
    /// Reports in flight at once: two batches of admission.
    private static let maximumInFlight = 1_024
    /// Messages, and bytes, that are taken from the socket at once.
    private static let batch = 256
    private static let batchBytes = 4 << 20
    /// Connections that wait to be admitted at once; more try again.
    private static let maximumQuestions = 256
    /// How long answers under way may go on after the stop, and how long libzmq may then take to send them.
    private static let drain: Duration = .seconds(4)
    private static let linger: Duration = .milliseconds(1500)

    private let settings: IngressSettings
    private let desk: IngressDesk
    private let keys: CurveKeyWatch
    private let logger: Logger
    private let reactor = Reactor(name: "sasando-ingress")
    private let room = IngressRoom(limit: maximumInFlight)
    private let metrics = IngressMetrics()
    private let bound = Mutex<String?>(nil)

    init(settings: IngressSettings, desk: IngressDesk, keys: CurveKeyWatch, logger: Logger) {
        self.settings = settings
        self.desk = desk
        self.keys = keys
        self.logger = logger
    }

    /// Where it listens, once it does.
    var endpoint: String? { bound.withLock { $0 } }

    /// Reports that were received and are not answered yet.
    var inFlight: Int { room.taken }

    func run() async throws {
        // The socket is on the reactor: a message is received and answered without a change of threads.
        try await withTaskExecutorPreference(reactor) { try await open() }
    }

    private func open() async throws {
        let context = try ZeroMQContext()
        do {
            try await serve(in: context)
        } catch {
            await close(context)
            throw error
        }
        await close(context)
    }

    private func close(_ context: ZeroMQContext) async {
        bound.withLock { $0 = nil }
        await context.close(within: Self.linger * 2)
        reactor.stop()
    }

    private func serve(in context: ZeroMQContext) async throws {
        let keys = keys
        let gate = try await ZAPHandler(context: context, reactor: reactor, limit: Self.maximumQuestions) { key, _ in
            await keys.admits(key)
        }
        let socket = try Socket(
            .router, in: context, on: reactor, security: .curveServer(settings.key, domain: Self.domain),
            options: Self.options, label: "ingress")
        let endpoint: String
        do { endpoint = try await socket.bind(settings.endpoint) } catch {
            throw StartFailure(
                "SASANDO_INGRESS_BIND: \(error)", advice: "Name a free port of an address of this machine.")
        }
        bound.withLock { $0 = endpoint }
        logger.info("Listening", metadata: [LogKey.endpoint: "\(endpoint)"])
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await gate.run()
                return false
            }
            group.addTask {
                await keys.run()
                return false
            }
            group.addTask {
                await self.answer(from: socket)
                return true
            }
            group.addTask {
                try? await gracefulShutdown()
                try? await Task.sleep(for: Self.drain)
                return true
            }
            // All is answered, or the time for it is over.
            while let isEnd = await group.next(), !isEnd {}
            group.cancelAll()
        }
        await flush(socket)
    }

    private static var options: SocketOptions {
        var options = SocketOptions()
        // Larger than what is taken, so that who sends too much can be told; beyond it the connection ends.
        options.maxFrameSize = 2 << 20
        options.maxFrames = IngressMessage.maximumFrames + 1
        options.cutsMessages = true
        // Strangers to each other: nobody may take over another's name, and with it the replies.
        options.isHandedOver = false
        options.receiveHighWaterMark = 128
        options.sendHighWaterMark = 512
        options.outboxLimit = 16_384
        options.outboxLimitPerPeer = 2_048
        options.linger = linger
        return options
    }

    // MARK: Answering

    /// Receives and answers until the service stops, and then what is still in flight.
    private func answer(from socket: Socket) async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                while let messages = try? await socket.receive(upTo: Self.batch, bytes: Self.batchBytes) {
                    for message in messages { await begin(message, from: socket, in: &group) }
                    // What is in flight is answered on this thread, too.
                    await Task.yield()
                }
            }
        } onGracefulShutdown: {
            socket.endReceiving()
        }
    }

    /// Begins to answer; waits where no room is left for it.
    private func begin(_ message: Message, from socket: Socket, in group: inout DiscardingTaskGroup) async {
        let peer = message.frames[0]
        let read = IngressMessage(message.frames.dropFirst(), isCut: message.isCut)
        guard let principal = message.sender.flatMap({ keys.principal(of: $0) }) else {
            metrics.count(.revoked)
            return await reply(IngressDesk.revoked, to: read, of: peer, over: socket)
        }
        switch read.request {
        case .failure(let fault):
            metrics.count(.malformed)
            await reply(IngressDesk.answer(fault), to: read, of: peer, over: socket)
        case .success(let request):
            let count = request.count
            await room.take(count)
            group.addTask { [self] in
                let answer = await desk.answer(request, from: principal)
                metrics.count(answer.isError ? .refused : .answered)
                await reply(answer, to: read, of: peer, over: socket)
                room.giveBack(count)
            }
        }
    }

    private func reply(
        _ answer: IngressDesk.Answer, to message: IngressMessage, of peer: [UInt8], over socket: Socket
    ) async {
        let frames = [peer] + message.reply(answer.json, isError: answer.isError)
        // It fails only if the context was closed: then nobody waits for it.
        guard let outcome = try? await socket.send(frames) else { return }
        metrics.count(outcome)
    }

    /// Lets libzmq take what waits for slow peers, for a moment.
    private func flush(_ socket: Socket) async {
        let deadline = ContinuousClock.now + Self.linger
        while await socket.queued > 0, ContinuousClock.now < deadline {
            try? await reactor.sleep(for: .milliseconds(10))
            if Task.isCancelled { return }
        }
    }
}
