internal import Domain
internal import HTTPTypes
internal import NIOCore
internal import Reactor
internal import Runtime
internal import Streams
internal import ZeroMQ

/// Sends one consumer over ZeroMQ what it has given credit for, at its own pace; one task for each.
///
/// Nothing waits here for a consumer that does not read: libzmq has a bounded queue for each, and where it is full the
/// task looks again a little later, and keeps what it has not handed over.
final class StreamConsumer {
    /// The time between two looks at a full queue: less than libzmq's thread takes to empty one that is being read,
    /// and long enough that there is room for many; then more and more.
    private static let pauses = (shortest: Duration.microseconds(500), longest: Duration.milliseconds(50))
    /// How long what was read for a consumer is kept for it while it gives no credit: short, as an event whose person
    /// asked to be forgotten must not be handed out for long.
    private static let keptFor: Duration = .seconds(1)
    /// Between two looks whether a stream that broke off can be continued.
    private static let retryPause: Duration = .milliseconds(200)

    private let peer: StreamPeer
    private let stream: LiveStream
    private let keys: CurveKeyWatch
    private let socket: Socket
    private let reactor: Reactor

    private var follower: StreamFollower?
    /// What comes next; of the first block only what comes after the follower's position.
    private var blocks: [TailBlock<SSEBlock>] = []
    private var readAt = ContinuousClock.now
    private var pause = pauses.shortest

    init(_ peer: StreamPeer, of stream: LiveStream, keys: CurveKeyWatch, over socket: Socket, on reactor: Reactor) {
        self.peer = peer
        self.stream = stream
        self.keys = keys
        self.socket = socket
        self.reactor = reactor
    }

    /// Sends until the consumer goes, is silent for too long, loses its key, or the service stops.
    func run() async {
        await withDiscardingTaskGroup { ahead in
            await serve(readingAheadIn: &ahead)
            ahead.cancelAll()
        }
    }

    private func serve(readingAheadIn ahead: inout DiscardingTaskGroup) async {
        while !Task.isCancelled {
            let generation = peer.bell.generation
            guard let step = peer.next(at: .now) else { return }
            if keys.principal(of: peer.key) == nil { return await part(with: StreamDoor.revoked) }
            if stream.isClosed { return await part(with: LiveStream.stopping) }
            switch step {
            case .open(let position, let attempt): await open(at: position, attempt)
            case .send(let most, let attempt):
                if await send(atMost: most, attempt, &ahead) { await peer.bell.wait(since: generation) }
            case .heartbeat:
                peer.note { $0.sentHeartbeat(at: .now) }
                // Where there is no room for it, what fills the queue is as good a sign.
                if await offer(.heartbeat) == .unreachable { return }
            case .wait:
                rest()
                await peer.bell.wait(since: generation)
            case .letGo: return await part(with: Self.silent)
            }
        }
    }

    private static let silent = ProblemDetails(
        .requestTimeout, detail: "No credit and no word for a minute. Say HELLO again, with the last cursor.")

    // MARK: Opening

    private func open(at position: StreamPosition, _ attempt: Int) async {
        (follower, blocks) = (nil, [])
        do {
            let start = try await stream.start(at: position)
            follower = StreamFollower(start, of: stream, in: peer.seat)
            switch peer.note({ $0.opened(attempt, at: start.cursor, .now) }) {
            case .stale: break
            case .welcome: await tell(.welcome(head: start.head))
            case .goOn: try? await reactor.sleep(for: Self.retryPause)
            }
        } catch {
            await refuse(error, attempt)
        }
    }

    /// Tells why the stream cannot be sent; the consumer says HELLO again.
    private func refuse(_ error: any Error, _ attempt: Int) async {
        (follower, blocks) = (nil, [])
        if Task.isCancelled || !peer.note({ $0.refused(attempt) }) { return }
        await tell(.error(ProblemDetails(of: error).forFrames.json))
    }

    // MARK: Sending

    /// Hands over what comes next; true where nothing does, and the bell is to be waited for.
    private func send(atMost most: Int, _ attempt: Int, _ ahead: inout DiscardingTaskGroup) async -> Bool {
        guard let follower else { return true }
        if blocks.isEmpty {
            do {
                switch try await follower.next() {
                case .events(let next):
                    (blocks, readAt) = (next, .now)
                    let last = next[next.count - 1].last
                    if follower.isBehind, last - follower.position < most {
                        ahead.addTask { [stream] in await stream.readAhead(after: last) }
                    }
                case .upToDate: return true
                case .interrupted:
                    peer.note { $0.brokeOff(attempt) }
                    return false
                // The next look sees that the service stops.
                case .closed: return false
                }
            } catch {
                await refuse(error, attempt)
                return false
            }
        }
        let handed = await Self.hand(blocks, after: follower.position, atMost: most, to: peer.name, over: socket)
        if let last = handed.last {
            StreamMetrics.delivered(handed.count)
            peer.note { $0.sent(handed.count, through: last, attempt, at: .now) }
            follower.reached(last.seq, known: peer.reached)
            blocks.removeAll { $0.last <= last.seq }
        }
        switch handed.outcome {
        case .sent, .queued: pause = Self.pauses.shortest
        case .full: await holdOn(hasMoved: handed.count > 0)
        case .unreachable: peer.leave()
        }
        return false
    }

    private func holdOn(hasMoved: Bool) async {
        pause = hasMoved ? Self.pauses.shortest : min(pause * 2, Self.pauses.longest)
        try? await reactor.sleep(for: pause)
    }

    /// Without credit: lets go of what was read a while ago, and of its share of what all who are behind may hold.
    private func rest() {
        guard blocks.isEmpty || .now - readAt > Self.keptFor else { return }
        blocks = []
        follower?.rest()
    }

    private struct Handed: Sendable {
        var count = 0
        var last: Cursor?
        var outcome = Socket.SendOutcome.sent
    }

    /// Gives libzmq the events after the position, each from where it lies in its block, while there is room.
    private static func hand(
        _ blocks: [TailBlock<SSEBlock>], after position: Int64, atMost most: Int, to name: [UInt8],
        over socket: isolated Socket
    ) -> Handed {
        let head = [name] + StreamReply.event
        var handed = Handed()
        for block in blocks {
            var index = Int(max(position + 1, block.first) - block.first)
            let end = min(index + most - handed.count, Int(block.last - block.first) + 1)
            let first = index
            block.payload.bytes.withUnsafeReadableBytes { bytes in
                while index < end, handed.outcome == .sent {
                    let frames = block.payload.frames(of: index)
                    handed.outcome =
                        (try? socket.sendAtOnce(head, from: bytes, (frames.cursor, frames.text))) ?? .unreachable
                    if handed.outcome == .sent { index += 1 }
                }
            }
            if index > first {
                handed.count += index - first
                handed.last = block.payload.cursor(of: index - 1)
            }
            if handed.outcome != .sent || handed.count == most { break }
        }
        return handed
    }

    // MARK: Telling

    /// Says why nothing more comes, and lets the consumer go.
    private func part(with problem: ProblemDetails) async {
        _ = await offer(.error(problem.forFrames.json))
        peer.leave()
    }

    /// Waits for room, for as long as the connection lasts.
    private func tell(_ reply: StreamReply) async {
        while !Task.isCancelled, !peer.isGone {
            switch await offer(reply) {
            case .sent, .queued: return
            case .full: await holdOn(hasMoved: false)
            case .unreachable: return peer.leave()
            }
        }
    }

    /// Never waits, and keeps nothing.
    private func offer(_ reply: StreamReply) async -> Socket.SendOutcome {
        let frames = [peer.name] + reply.frames
        return (try? await socket.sendAtOnce(frames)) ?? .unreachable
    }
}
