import Reactor
import TestSupport
import Testing
import ZeroMQ

/// A hundred thousand messages each, with random pauses at both ends: a lost edge would stop them for good.
@Suite(.timeLimit(.minutes(1))) struct TrafficTests {
    static let count = 100_000

    /// Sends the numbers from 0 in bursts of random length.
    static func sendNumbers(
        from socket: Socket, to prefix: [[UInt8]] = [], seed: UInt64, count: Int = count
    ) async throws {
        var random = SeededGenerator(seed: seed)
        var number = 0
        while number < count {
            for _ in 0..<min(Int.random(in: 1...400, using: &random), count - number) {
                let outcome = try await socket.sendWaiting(
                    prefix + [[UInt8](number: number)], until: .now + .seconds(20))
                guard outcome == .sent || outcome == .queued else {
                    Issue.record("message \(number) was \(outcome)")
                    return
                }
                number += 1
            }
            try await random.pauseSometimes()
        }
    }

    /// Receives the numbers from 0 in order, each once.
    static func receiveNumbers(
        at socket: Socket, seed: UInt64, count: Int = count, each: (Message) async throws -> Void = { _ in }
    ) async throws {
        var random = SeededGenerator(seed: seed)
        var expected = 0
        while expected < count {
            let some = Int.random(in: 1...300, using: &random)
            for message in try await socket.receive(upTo: some, until: .now + .seconds(20)) {
                guard message.frames.last?.number == expected else {
                    Issue.record("expected \(expected), got \(message.frames)")
                    return
                }
                try await each(message)
                expected += 1
            }
            try await random.pauseSometimes()
        }
    }

    @Test func `PUSH to PULL`() async throws {
        try await withSides { near, far async throws in
            let pull = try near.socket(.pull)
            let push = try far.socket(.push)
            try await push.connect(pull.bind("tcp://127.0.0.1:*"))
            async let sending: Void = Self.sendNumbers(from: push, seed: 1)
            try await Self.receiveNumbers(at: pull, seed: 2)
            try await sending
        }
    }

    @Test func `PUB to SUB`() async throws {
        try await withSides { near, far async throws in
            // Room for all, since PUB drops what its subscriber has no room for.
            let pub = try near.socket(.pub) { $0.sendHighWaterMark = 200_000 }
            let sub = try far.socket(.sub) { $0.receiveHighWaterMark = 200_000 }
            try await sub.subscribe("n")
            try await sub.connect(pub.bind("tcp://127.0.0.1:*"))
            try await untilSubscribed(pub, sub)
            async let sending: Void = Self.sendNumbers(from: pub, to: [[UInt8]("n")], seed: 3)
            try await Self.receiveNumbers(at: sub, seed: 4)
            try await sending
        }
    }

    @Test func `DEALER to ROUTER and back`() async throws {
        try await withSides { near, far async throws in
            let router = try near.socket(.router)
            let dealer = try far.socket(.dealer)
            try await dealer.connect(router.bind("tcp://127.0.0.1:*"))
            try await echo(dealer, router, seed: 5)
        }
    }

    @Test func `DEALER to ROUTER and back, by CURVE`() async throws {
        try await withSides { near, far async throws in
            let zap = try await ZAPHandler(context: near.context, reactor: near.reactor) { _, _ in true }
            let server = CurveKeyPair.generate()
            let router = try near.socket(.router, .curveServer(server.secretKey, domain: "test"))
            let dealer = try far.socket(.dealer, .curveClient(.generate()))
            try await dealer.connect(router.bind("tcp://127.0.0.1:*"), serverKey: server.publicKey)
            try await withThrowingTaskGroup { group in
                group.addTask { await zap.run() }
                try await echo(dealer, router, seed: 6)
                group.cancelAll()
            }
        }
    }

    /// Half of the messages one way and half the other, all at once.
    private func echo(_ dealer: Socket, _ router: Socket, seed: UInt64) async throws {
        let half = Self.count / 2
        async let sending: Void = Self.sendNumbers(from: dealer, seed: seed, count: half)
        async let receiving: Void = Self.receiveNumbers(at: dealer, seed: seed + 100, count: half)
        try await Self.receiveNumbers(at: router, seed: seed + 200, count: half) { message in
            try await router.sendWaiting(message.frames, until: .now + .seconds(20))
        }
        try await sending
        try await receiving
    }
}

/// Publishes probes until one comes, and takes what came of them.
func untilSubscribed(_ pub: Socket, _ sub: Socket, topic: String = "n") async throws {
    let limit = ContinuousClock.now + .seconds(20)
    var probes = 0
    while ContinuousClock.now < limit {
        probes += 1
        try await pub.send([[UInt8](topic), [UInt8](number: probes), []])
        guard var frames = try? await sub.receive(until: .now + .milliseconds(20)) else { continue }
        while frames[1].number < probes { frames = try await sub.receiveSoon() }
        return
    }
    Issue.record("no probe came through")
}
