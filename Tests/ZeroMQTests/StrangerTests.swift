import Reactor
import Testing
import ZeroMQ

/// What a door needs whose peers trust neither us nor each other.
@Suite(.timeLimit(.minutes(1))) struct StrangerTests {
    private let version = [UInt8]("v")

    @Test func `a ROUTER behind CURVE knows the key of each message's sender`() async throws {
        try await withSides { near, far async throws in
            let server = CurveKeyPair.generate()
            let zap = try await ZAPHandler(context: near.context, reactor: near.reactor) { _, _ in true }
            let router = try near.socket(.router, .curveServer(server.secretKey, domain: "door"))
            let endpoint = try await router.bind("tcp://127.0.0.1:*")
            try await withThrowingTaskGroup { group async throws in
                group.addTask { await zap.run() }
                for number in 1...3 as ClosedRange<UInt8> {
                    let pair = CurveKeyPair.generate()
                    let dealer = try far.socket(.dealer, .curveClient(pair))
                    try await dealer.connect(endpoint, serverKey: server.publicKey)
                    try await dealer.sendWaiting([version, [number]])
                    let message = try await router.receiveMessage(until: .now + .seconds(20))
                    #expect(message.sender == pair.publicKey.z85)
                    #expect(message.frames.dropFirst() == [version, [number]])
                    try await router.send([message.frames[0], [number]])
                    #expect(try await dealer.receiveSoon() == [[number]])
                }
                group.cancelAll()
            }
        }
    }

    @Test func `a connection whose other end takes nothing for too long is ended`() async throws {
        try await withSides { near, far async throws in
            let events = Events()
            let router = try near.socket(.router, events: events) {
                $0.stallTimeout = .seconds(1)
                // Or they would end it.
                $0.heartbeatInterval = .zero
                $0.sendHighWaterMark = 1
            }
            let dealer = try far.socket(.dealer) {
                $0.heartbeatInterval = .zero
                $0.receiveHighWaterMark = 1
            }
            try await dealer.connect(router.bind("tcp://127.0.0.1:*"))
            try await dealer.sendWaiting([version])
            let name = try await router.receiveSoon()[0]
            let heavy = [UInt8](repeating: 7, count: 1 << 20)
            // Until it has been full for a while, which is more than the system buffers for both ends.
            var fullLooks = 0
            while fullLooks < 20 {
                fullLooks = try await router.sendAtOnce([name, heavy]) == .sent ? 0 : fullLooks + 1
                // pause: so that libzmq's thread hands it to the system
                try await Task.sleep(for: .milliseconds(20))
            }
            try await events.next(.disconnected)
            while try await router.sendAtOnce([name, heavy]) != .unreachable {
                // pause: until the socket itself has heard of it
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    @Test func `a message whose last frames lie in memory is sent as it lies there`() async throws {
        try await withSides { near, far async throws in
            let router = try near.socket(.router)
            let dealer = try far.socket(.dealer)
            try await dealer.connect(router.bind("tcp://127.0.0.1:*"))
            try await dealer.sendWaiting([version])
            let name = try await router.receiveSoon()[0]
            #expect(try await Self.send([name, version], "abcdef", (1..<3, 4..<4), over: router) == .sent)
            #expect(try await dealer.receiveSoon() == [version, [UInt8]("bc"), []])
            #expect(try await Self.send([[UInt8]("nobody")], "abc", (0..<1, 1..<3), over: router) == .unreachable)
            #expect(try await router.sendAtOnce([name, version]) == .sent)
            #expect(try await dealer.receiveSoon() == [version])
        }
    }

    private static func send(
        _ head: [[UInt8]], _ text: String, _ last: (Range<Int>, Range<Int>), over socket: isolated Socket
    ) throws -> Socket.SendOutcome {
        try [UInt8](text).withUnsafeBytes { bytes in try socket.sendAtOnce(head, from: bytes, last) }
    }

    @Test func `a message with too many frames is cut where it may be, and the next one is whole`() async throws {
        try await withSides { near, far async throws in
            let pull = try near.socket(.pull) {
                $0.maxFrames = 3
                $0.cutsMessages = true
            }
            let push = try far.socket(.push)
            try await push.connect(pull.bind("tcp://127.0.0.1:*"))
            let long: [[UInt8]] = (0..<200).map { [$0] }
            try await push.send(long)
            try await push.send([[1], [2], [3]])
            let cut = try await pull.receiveMessage(until: .now + .seconds(20))
            #expect(cut.isCut && cut.frames == [[0], [1], [2]])
            let whole = try await pull.receiveMessage(until: .now + .seconds(20))
            #expect(!whole.isCut && whole.frames == [[1], [2], [3]])
        }
    }

    @Test func `nobody takes over the name of a peer that is there, unless the socket lets them`() async throws {
        for isHandedOver in [false, true] {
            try await withSides { near, far async throws in
                let router = try near.socket(.router) { $0.isHandedOver = isHandedOver }
                let endpoint = try await router.bind("tcp://127.0.0.1:*")
                let name = [UInt8]("same")
                let first = try far.socket(.dealer) { $0.routingID = name }
                try await first.connect(endpoint)
                try await first.sendWaiting([version, [1]])
                #expect(try await router.receiveSoon() == [name, version, [1]])
                let events = Events()
                let second = try far.socket(.dealer, events: events) { $0.routingID = name }
                try await second.connect(endpoint)
                try await events.next(.connected)
                // Of one whose name is taken nothing is received.
                let speaker = isHandedOver ? second : first
                try await second.sendWaiting([version, [2]])
                if !isHandedOver { try await first.sendWaiting([version, [4]]) }
                #expect(try await router.receiveSoon() == [name, version, [speaker === first ? 4 : 2]])
                try await router.send([name, [3]])
                let owner = isHandedOver ? second : first
                #expect(try await owner.receiveSoon() == [[3]])
            }
        }
    }

    @Test func `what has come is taken up to a number of bytes at once, and at least one message`() async throws {
        try await withSides { near, far async throws in
            let pull = try near.socket(.pull)
            let push = try far.socket(.push)
            try await push.connect(pull.bind("tcp://127.0.0.1:*"))
            for number in 0..<10 { try await push.sendWaiting([[UInt8](repeating: UInt8(number), count: 100)]) }
            var seen = 0
            while seen < 10 {
                let messages = try await pull.receive(upTo: 10, bytes: 150, until: .now + .seconds(20))
                #expect((1...2).contains(messages.count))
                seen += messages.count
            }
            #expect(seen == 10)
        }
    }

    @Test func `a socket that receives nothing more still sends`() async throws {
        try await withSides { near, far async throws in
            let router = try near.socket(.router)
            let dealer = try far.socket(.dealer)
            try await dealer.connect(router.bind("tcp://127.0.0.1:*"))
            try await dealer.sendWaiting([[1]])
            let peer = try await router.receiveSoon()[0]
            let waiting = Task { try await router.receive() }
            router.endReceiving()
            let error = await #expect(throws: ZeroMQError.self) { try await waiting.value }
            #expect(error?.code == .cancelled)
            try await dealer.sendWaiting([[2]])
            let later = await #expect(throws: ZeroMQError.self) { try await router.receive() }
            #expect(later?.code == .cancelled)
            try await router.send([peer, [3]])
            #expect(try await dealer.receiveSoon() == [[3]])
        }
    }

    @Test func `the outbox is bounded by bytes too`() async throws {
        try await withSides { near, far async throws in
            let push = try far.socket(.push) { $0.outboxBytes = 250 }
            let endpoint = try await push.bind("tcp://127.0.0.1:*")
            let message: [[UInt8]] = [[UInt8](repeating: 7, count: 60), [UInt8](repeating: 8, count: 40)]
            #expect(try await push.send(message) == .queued)
            #expect(try await push.send(message) == .queued)
            #expect(try await push.send(message) == .full)
            let pull = try near.socket(.pull)
            try await pull.connect(endpoint)
            for _ in 0..<2 { #expect(try await pull.receiveSoon() == message) }
            #expect(try await push.send(message) == .sent)
        }
    }
}
