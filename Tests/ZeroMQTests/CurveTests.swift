import Foundation
import Reactor
import Synchronization
import TestSupport
import Testing

@testable import ZeroMQ

/// The keys that may come in, as a table that changes.
private final class Admission: Sendable {
    private let keys = Mutex<Set<String>>([])
    private let asked = Atomic<Int>(0)

    var questions: Int { asked.load(ordering: .relaxed) }

    func add(_ key: CurvePublicKey) { keys.withLock { _ = $0.insert(key.z85) } }

    func contains(_ key: String) -> Bool {
        asked.add(1, ordering: .relaxed)
        return keys.withLock { $0.contains(key) }
    }
}

@Suite(.timeLimit(.minutes(1))) struct CurveTests {
    private let server = CurveKeyPair.generate()

    /// A CURVE server on the near side, whose handler answers while `body` runs.
    private func withServer(
        _ near: Side, timeout: Duration = .milliseconds(800), events: Events? = nil, admit: @escaping ZAPHandler.Admit,
        _ body: (Socket, String) async throws -> Void
    ) async throws {
        let zap = try await ZAPHandler(
            context: near.context, reactor: near.reactor, timeout: timeout, admit: admit)
        let pull = try near.socket(
            .pull, .curveServer(server.secretKey, domain: "services"), events: events)
        let endpoint = try await pull.bind("tcp://127.0.0.1:*")
        try await withThrowingTaskGroup { group async throws in
            group.addTask { await zap.run() }
            try await body(pull, endpoint)
            group.cancelAll()
        }
    }

    private func client(
        _ side: Side, _ pair: CurveKeyPair, to endpoint: String, serverKey: CurvePublicKey? = nil
    ) async throws -> Socket {
        let push = try side.socket(.push, .curveClient(pair))
        try await push.connect(endpoint, serverKey: serverKey ?? server.publicKey)
        return push
    }

    @Test func `an admitted client is known by its key`() async throws {
        try await withSides { near, far async throws in
            let pair = CurveKeyPair.generate()
            let domains = Mutex<[String]>([])
            try await withServer(near) { key, domain in
                domains.withLock { $0.append(domain) }
                return key == pair.publicKey.z85
            } _: { pull, endpoint in
                let push = try await client(far, pair, to: endpoint)
                try await push.send([[1], [2]])
                let message = try await pull.receiveMessage(until: .now + .seconds(20))
                #expect(message.frames == [[1], [2]] && message.sender == pair.publicKey.z85)
            }
            #expect(domains.withLock { $0 } == ["services"])
        }
    }

    @Test func `a message's connection is named again when it ends`() async throws {
        try await withSides { near, far async throws in
            let events = Events()
            try await withServer(near, events: events) { _, _ in
                true
            } _: { pull, endpoint in
                let push = try await client(far, .generate(), to: endpoint)
                try await push.send([[1], [2]])
                let message = try await pull.receiveMessage(until: .now + .seconds(20))
                #expect(message.connection > 2)
                try await push.disconnect(endpoint)
                let end = try await events.next(.disconnected)
                #expect(end.code == UInt32(message.connection))
            }
        }
    }

    @Test func `a refusal before the key is known heals by itself`() async throws {
        try await withSides { near, far async throws in
            let admission = Admission()
            let events = Events()
            try await withServer(near, events: events) { key, _ in
                admission.contains(key)
            } _: { pull, endpoint in
                let pair = CurveKeyPair.generate()
                let push = try await client(far, pair, to: endpoint)
                try await push.send([[7]])
                for _ in 0..<2 { #expect(try await events.next(.handshakeFailed).code == 300) }
                admission.add(pair.publicKey)
                #expect(try await pull.receiveSoon() == [[7]])
                #expect(admission.questions >= 3)
                #expect(await pull.connections.handshakeFailed >= 2)
            }
        }
    }

    @Test func `an error and an answer that is late are refusals too, and heal`() async throws {
        struct Unwell: Error {}
        try await withSides { near, far async throws in
            let asked = Atomic<Int>(0)
            let events = Events()
            try await withServer(near, timeout: .milliseconds(50), events: events) { _, _ in
                switch asked.add(1, ordering: .relaxed).newValue {
                case 1: throw Unwell()
                // pause: it is cancelled at the time-out
                case 2: try await Task.sleep(for: .seconds(3_600))
                default: break
                }
                return true
            } _: { pull, endpoint in
                let push = try await client(far, .generate(), to: endpoint)
                try await push.send([[8]])
                for _ in 0..<2 { #expect(try await events.next(.handshakeFailed).code == 300) }
                #expect(try await pull.receiveSoon() == [[8]])
            }
        }
    }

    @Test func `a question that takes long holds up no other client`() async throws {
        try await withSides { near, far async throws in
            let slow = CurveKeyPair.generate()
            let (isAsked, asking) = AsyncStream<Void>.makeStream()
            try await withServer(near, timeout: .seconds(30)) { key, _ in
                if key == slow.publicKey.z85 {
                    asking.finish()
                    // pause: it is cancelled when the handler stops
                    try await Task.sleep(for: .seconds(3_600))
                }
                return true
            } _: { pull, endpoint in
                let held = try await client(far, slow, to: endpoint)
                try await held.send([[1]])
                for await _ in isAsked {}
                let push = try await client(far, .generate(), to: endpoint)
                try await push.send([[2]])
                #expect(try await pull.receiveSoon() == [[2]])
            }
        }
    }

    @Test func `a CURVE server is not opened where nobody asks for keys`() async throws {
        try await withSides { near, _ async throws in
            let pull = try near.socket(.pull, .curveServer(server.secretKey, domain: "services"))
            let error = await #expect(throws: ZeroMQError.self) { try await pull.bind("tcp://127.0.0.1:*") }
            #expect(error?.code == .noAuthentication)
            #expect(throws: ZeroMQError.self) { try near.socket(.pull, .curveServer(server.secretKey, domain: "")) }
        }
    }

    @Test func `while the handler does not run, nobody comes in`() async throws {
        try await withSides { near, far async throws in
            let zap = try await ZAPHandler(context: near.context, reactor: near.reactor) { _, _ in true }
            let pull = try near.socket(.pull, .curveServer(server.secretKey, domain: "services"))
            let endpoint = try await pull.bind("tcp://127.0.0.1:*")
            let push = try await client(far, .generate(), to: endpoint)
            try await push.send([[1]])
            let error = await #expect(throws: ZeroMQError.self) {
                try await pull.receive(until: .now + .milliseconds(300))
            }
            #expect(error?.code == .timedOut)
            try await withThrowingTaskGroup { group async throws in
                group.addTask { await zap.run() }
                #expect(try await pull.receiveSoon() == [[1]])
                group.cancelAll()
            }
        }
    }

    @Test func `strangers harm nobody: no CURVE, the wrong server's key, rubbish`() async throws {
        try await withSides { near, far async throws in
            try await withServer(near) { _, _ in
                true
            } _: { pull, endpoint in
                let plain = try far.socket(.push)
                try await plain.connect(endpoint)
                #expect(try await plain.send([[66]]) == .queued)
                let misled = try await client(
                    far, .generate(), to: endpoint, serverKey: CurveKeyPair.generate().publicKey)
                #expect(try await misled.send([[67]]) == .queued)
                let push = try await client(far, .generate(), to: endpoint)
                var random = SeededGenerator(seed: 41)
                for number in 0..<100 {
                    try RawClient(endpoint).send(Rubbish.bytes(number, using: &random))
                    try await push.send([[UInt8](number: number)])
                    #expect(try await pull.receiveSoon() == [[UInt8](number: number)])
                }
                #expect(await plain.queued == 1)
                #expect(await misled.queued == 1)
            }
        }
    }

    @Test func `a client names the key that it expects`() async throws {
        try await withSides { _, far async throws in
            let push = try far.socket(.push, .curveClient(.generate()))
            let error = await #expect(throws: ZeroMQError.self) { try await push.connect("tcp://127.0.0.1:9") }
            #expect(error?.code == .noAuthentication)
        }
    }

    @Test func `of too many questions at once the surplus is refused`() async throws {
        try await withSides { near, _ async throws in
            let (gate, open) = AsyncStream<Void>.makeStream()
            let zap = try await ZAPHandler(
                context: near.context, reactor: near.reactor, timeout: .seconds(30), limit: 2
            ) { _, _ in
                for await _ in gate {}
                return true
            }
            let asker = try near.socket(.dealer)
            try await asker.connect("inproc://zeromq.zap.01")
            try await withThrowingTaskGroup { group async throws in
                group.addTask { await zap.run() }
                for number in 1...3 {
                    let request = ["", "1.0", "\(number)", "d", "127.0.0.1", "", "CURVE"].map { [UInt8]($0) }
                    try await asker.send(request + [CurveKeyPair.generate().publicKey.bytes])
                }
                let first = try await asker.receiveSoon()
                #expect(first[2].text == "3" && first[3].text == "300", "\(first)")
                open.finish()
                let statuses = [try await asker.receiveSoon()[3].text, try await asker.receiveSoon()[3].text]
                #expect(statuses == ["200", "200"])
                group.cancelAll()
            }
        }
    }
}

/// A TCP client that does not speak ZMTP; closed with the value.
private struct RawClient: ~Copyable {
    private let descriptor: CInt

    init(_ endpoint: String) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) }).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(code == 0, "connect: errno \(errno)")
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        _ = Foundation.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }
}

private enum Rubbish {
    /// Noise, another protocol's words, a greeting cut short, or a greeting for CURVE followed by noise.
    static func bytes(_ number: Int, using random: inout SeededGenerator) -> [UInt8] {
        let noise = (0..<Int.random(in: 1...3_000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        let greeting: [UInt8] =
            [0xFF] + [UInt8](repeating: 0, count: 8) + [0x7F, 3, 1] + [UInt8]("CURVE")
            + [UInt8](repeating: 0, count: 47)
        switch number % 4 {
        case 0: return noise
        case 1: return [UInt8]("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        case 2: return Array(greeting.prefix(Int.random(in: 1..<64, using: &random)))
        default: return greeting + [4, UInt8(truncatingIfNeeded: noise.count)] + noise
        }
    }
}
