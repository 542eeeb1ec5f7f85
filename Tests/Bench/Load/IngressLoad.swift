import Domain
import Reactor
import ZeroMQ

/// Senders that post reports over ZeroMQ, each with so many on their way at once.
struct IngressLoad: Sendable {
    struct Result: Sendable {
        var answers = 0
        var refused = 0
        var elapsedSeconds = 0.0
    }

    let endpoint: String
    let serverKey: CurvePublicKey
    let pair: CurveKeyPair
    var senders = 4
    var window = 256

    init(_ access: Stack.Credentials.ZeroMQ) throws {
        guard let serverKey = CurvePublicKey(z85: access.ingressServerKey),
            let secretKey = CurveSecretKey(z85: access.integratorSecretKey)
        else { throw BenchFailure("credentials.json holds no keys for ZeroMQ") }
        endpoint = access.ingress
        self.serverKey = serverKey
        pair = CurveKeyPair(secretKey: secretKey)
    }

    /// Posts for so many seconds, and waits for the last answers.
    func run(for seconds: Int) async throws -> Result {
        let context = try ZeroMQContext()
        let reactor = Reactor(name: "bench-ingress")
        defer { reactor.stop() }
        do {
            let began = ContinuousClock.now
            var total = try await withTaskExecutorPreference(reactor) {
                try await withThrowingTaskGroup(of: Result.self) { group in
                    for sender in 0..<senders {
                        group.addTask {
                            try await post(by: sender, in: context, on: reactor, until: began + .seconds(seconds))
                        }
                    }
                    return try await group.reduce(into: Result()) { total, one in
                        total.answers += one.answers
                        total.refused += one.refused
                    }
                }
            }
            total.elapsedSeconds = (ContinuousClock.now - began) / .seconds(1)
            await context.close()
            return total
        } catch {
            await context.close()
            throw error
        }
    }

    private func post(
        by sender: Int, in context: ZeroMQContext, on reactor: Reactor, until end: ContinuousClock.Instant
    ) async throws -> Result {
        let socket = try ZeroMQ.Socket(.dealer, in: context, on: reactor, security: .curveClient(pair), label: "bench")
        try await socket.connect(endpoint, serverKey: serverKey)
        let (version, command, ok) = (IngressMessage.version, Array("report".utf8), Array("ok".utf8))
        var result = Result()
        var (sent, inFlight) = (0, 0)
        while true {
            let isOpen = ContinuousClock.now < end
            while isOpen, inFlight < window {
                sent += 1
                let body = LoadReport.body(number: sender * 100_000_000 + sent, category: "sampah")
                try await socket.sendWaiting([version, [UInt8(sent & 255)], command, body], until: .now + .seconds(20))
                inFlight += 1
            }
            if inFlight == 0 { return result }
            for message in try await socket.receive(upTo: window, until: .now + .seconds(20)) {
                inFlight -= 1
                if message.frames.count == 4, message.frames[2] == ok {
                    result.answers += 1
                } else {
                    result.refused += 1
                }
            }
        }
    }
}
