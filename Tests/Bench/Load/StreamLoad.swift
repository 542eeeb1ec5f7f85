import Domain
import Reactor
import ZeroMQ

/// A program that follows an agency's stream over ZeroMQ, and gives credit as it reads.
struct StreamLoad: Sendable {
    private static let window = 16_384

    private let endpoint: String
    private let serverKey: CurvePublicKey
    private let pair: CurveKeyPair

    init(_ access: Stack.Credentials.ZeroMQ, agency: String) throws {
        guard let door = access.agencies[agency], let serverKey = CurvePublicKey(z85: door.serverKey),
            let secretKey = CurveSecretKey(z85: door.secretKey)
        else { throw BenchFailure("credentials.json holds no keys for the stream of \(agency)") }
        endpoint = door.stream
        self.serverKey = serverKey
        pair = CurveKeyPair(secretKey: secretKey)
    }

    init(endpoint: String, serverKey: CurvePublicKey, pair: CurveKeyPair) {
        self.endpoint = endpoint
        self.serverKey = serverKey
        self.pair = pair
    }

    /// Follows from a position until so many events have come, and gives how many did, in order.
    func follow(after start: Cursor, _ count: Int) async throws -> Int {
        let context = try ZeroMQContext()
        let reactor = Reactor(name: "bench-stream")
        defer { reactor.stop() }
        do {
            let seen = try await withTaskExecutorPreference(reactor) {
                try await read(after: start, count, in: context, on: reactor)
            }
            await context.close()
            return seen
        } catch {
            await context.close()
            throw error
        }
    }

    private func read(
        after start: Cursor, _ count: Int, in context: ZeroMQContext, on reactor: Reactor
    ) async throws -> Int {
        let socket = try ZeroMQ.Socket(.dealer, in: context, on: reactor, security: .curveClient(pair), label: "bench")
        try await socket.connect(endpoint, serverKey: serverKey)
        func say(_ word: String, _ argument: String) async throws {
            let frames = [StreamCommand.version, Array(word.utf8), Array(argument.utf8)]
            try await socket.sendWaiting(frames, until: .now + .seconds(20))
        }
        try await say("HELLO", start.text)
        try await say("CREDIT", "\(Self.window)")
        var (seen, credit) = (0, Self.window)
        while seen < count {
            for message in try await socket.receive(upTo: 1_024, until: .now + .seconds(20)) {
                guard message.frames.count == 4, message.frames[1] == StreamReply.event[1] else { continue }
                seen += 1
                credit -= 1
            }
            if credit <= Self.window / 2 {
                try await say("CREDIT", "\(Self.window - credit)")
                credit = Self.window
            }
        }
        return seen
    }
}
