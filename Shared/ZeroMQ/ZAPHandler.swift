internal import Metrics
package import Reactor
internal import Synchronization
internal import Telemetry

/// Decides which CURVE clients may talk to the sockets of a context.
///
/// From its making on the context's CURVE servers can be bound, and from then until the context is closed nobody comes
/// in who was not admitted: while `run()` does not run, nobody comes in at all. Whoever is refused tries again, since
/// every refusal is a 300; so is an error, an answer that does not come in time, and a question too many.
package final class ZAPHandler: Sendable {
    /// Whether the holder of this key (in Z85) may use the domain. It is cancelled at the time-out.
    package typealias Admit = @Sendable (_ publicKey: String, _ domain: String) async throws -> Bool

    private let socket: Socket
    private let timeout: Duration
    private let limit: Int
    private let admit: Admit
    private let open = Atomic<Int>(0)
    private let admitted = Counter(.zapDecisions, [("outcome", "admitted")])
    private let refused = Counter(.zapDecisions, [("outcome", "refused")])

    /// - Parameters:
    ///   - timeout: shorter than the sockets' handshake interval, or the client is gone when the answer comes.
    ///   - limit: of questions that are open at once.
    package init(
        context: ZeroMQContext, reactor: Reactor, timeout: Duration = .milliseconds(800), limit: Int = 64,
        admit: @escaping Admit
    ) async throws(ZeroMQError) {
        var options = SocketOptions()
        options.outboxLimit = limit
        self.timeout = timeout
        self.limit = limit
        self.admit = admit
        // A ROUTER, not a REP: the answer to one client need not wait for another's.
        socket = try Socket(.router, in: context, on: reactor, options: options, label: "zap")
        try await socket.bind("inproc://zeromq.zap.01")
        context.keep(authenticator: socket)
    }

    /// Answers until the task is cancelled or the context is closed.
    package func run() async {
        await withDiscardingTaskGroup { group in
            while let frames = try? await socket.receive() {
                guard let request = ZAPRequest(frames) else { continue }
                guard open.load(ordering: .relaxed) < limit, let key = request.publicKey else {
                    await answer(request, .refused)
                    continue
                }
                open.add(1, ordering: .relaxed)
                group.addTask {
                    await self.decide(request, key)
                    self.open.subtract(1, ordering: .relaxed)
                }
            }
            group.cancelAll()
        }
    }

    /// Answers when it is decided or when the time is up, even if the question then goes on for a while.
    private func decide(_ request: ZAPRequest, _ key: CurvePublicKey) async {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await self.admit(key.z85, request.domain)) ?? false }
            group.addTask {
                try? await self.socket.reactor.sleep(for: self.timeout)
                return false
            }
            let isAdmitted = await group.next() ?? false
            group.cancelAll()
            await answer(request, isAdmitted ? .admitted(key) : .refused)
        }
    }

    private func answer(_ request: ZAPRequest, _ decision: ZAPDecision) async {
        if decision == .refused { refused.increment() } else { admitted.increment() }
        // It fails only if the context was closed: then nobody waits for it.
        _ = try? await socket.send(request.answer(decision))
    }
}
