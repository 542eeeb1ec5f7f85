internal import Domain
internal import Logging
internal import Runtime
internal import ServiceLifecycle
internal import ZeroMQ

/// The door for reports over ZeroMQ: a ROUTER behind CURVE, on a thread of its own.
///
/// What has been received is answered. While too many reports are in flight nothing is received: then libzmq's queues
/// fill up, and with them the senders'. It takes from each connection in turn, so nobody's flood keeps others out.
final class IngressDoor: Service {
    /// Reports in flight at once: two batches of admission.
    private static let maximumInFlight = 1_024
    /// Messages, and bytes, that are taken from the socket at once.
    private static let batch = 256
    private static let batchBytes = 4 << 20

    private let desk: IngressDesk
    private let keys: CurveKeyWatch
    private let door: CurveDoor
    private let room = IngressRoom(limit: maximumInFlight)
    private let metrics = IngressMetrics()

    init(settings: CurveDoorSettings, desk: IngressDesk, keys: CurveKeyWatch, logger: Logger) {
        self.desk = desk
        self.keys = keys
        door = CurveDoor("ingress", settings: settings, options: Self.options, keys: keys, logger: logger)
    }

    /// Where it listens, once it does.
    var endpoint: String? { door.endpoint }

    /// Reports that were received and are not answered yet.
    var inFlight: Int { room.taken }

    func run() async throws {
        try await door.run { socket in await self.answer(from: socket) }
    }

    private static var options: SocketOptions {
        var options = SocketOptions()
        // Larger than what is taken, so that who sends too much can be told; beyond it the connection ends.
        options.maxFrameSize = 2 << 20
        options.maxFrames = IngressMessage.maximumFrames + 1
        options.cutsMessages = true
        options.receiveHighWaterMark = 128
        options.sendHighWaterMark = 512
        // Senders may write much before they read. What that can take of memory is bounded by bytes.
        options.outboxLimit = 65_536
        options.outboxLimitPerPeer = 16_384
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
}
