import Reactor
import Testing
import ZeroMQ

@Suite(.timeLimit(.minutes(1))) struct SocketTests {
    @Test(arguments: ["tcp://127.0.0.1:*", "tcp://127.0.0.1:0"])
    func `binding to a wildcard port returns the port`(endpoint: String) async throws {
        try await withSides { near, far async throws in
            let pull = try near.socket(.pull)
            let bound = try await pull.bind(endpoint)
            #expect(try #require(bound.split(separator: ":").last.flatMap { Int($0) }) > 0)
            let push = try far.socket(.push)
            try await push.connect(bound)
            try await push.send([[UInt8]("here")])
            #expect(try await pull.receiveSoon() == [[UInt8]("here")])
        }
    }

    @Test func `a message keeps its frames, the empty ones too`() async throws {
        try await withSides { near, far async throws in
            let pull = try near.socket(.pull)
            let push = try far.socket(.push)
            try await push.connect(pull.bind("tcp://127.0.0.1:*"))
            let long = (0..<70_000).map { UInt8(truncatingIfNeeded: $0) }
            for message in [[[], [1], []], [long], [[]], [[0], long, [0]]] as [[[UInt8]]] {
                try await push.send(message)
                #expect(try await pull.receiveSoon() == message)
            }
        }
    }

    @Test func `an address in use, and one that is none, are errors`() async throws {
        try await withSides { near, _ async throws in
            let one = try near.socket(.pull)
            let other = try near.socket(.pull)
            let endpoint = try await one.bind("tcp://127.0.0.1:*")
            let error = await #expect(throws: ZeroMQError.self) { try await other.bind(endpoint) }
            #expect(error?.code == .addressInUse)
            #expect(error?.isRetryable == true)
            #expect(error?.description.contains(endpoint) == true)
            await #expect(throws: ZeroMQError.self) { try await other.connect("nonsense") }
        }
    }

    @Test func `a subscriber gets its topics, and those no longer that it gave up`() async throws {
        try await withSides { near, far async throws in
            let pub = try near.socket(.pub)
            let sub = try far.socket(.sub)
            try await sub.subscribe("stream/a")
            try await sub.subscribe("stream/b")
            try await sub.connect(pub.bind("tcp://127.0.0.1:*"))
            try await untilSubscribed(pub, sub, topic: "stream/b")
            for topic in ["stream/a", "inbox", "stream/b"] { try await pub.send([[UInt8](topic)]) }
            #expect(try await sub.receiveSoon() == [[UInt8]("stream/a")])
            #expect(try await sub.receiveSoon() == [[UInt8]("stream/b")])
            try await sub.unsubscribe("stream/a")
            // The publisher learns of it some time later; what comes after the first "b" without an "a" is after it.
            var seen = ["stream/a"]
            while seen.contains("stream/a") {
                try await pub.send([[UInt8]("stream/a")])
                try await pub.send([[UInt8]("stream/b")])
                seen = []
                while seen.last != "stream/b" { seen.append(try await sub.receiveSoon()[0].text) }
            }
            #expect(seen == ["stream/b"])
        }
    }

    @Test func `a disconnected peer is heard no more`() async throws {
        try await withSides { near, far async throws in
            let events = Events()
            let pull = try near.socket(.pull)
            let left = try far.socket(.push, events: events)
            let kept = try far.socket(.push)
            let address = try await left.bind("tcp://127.0.0.1:*")
            try await pull.connect(address)
            try await pull.connect(kept.bind("tcp://127.0.0.1:*"))
            for push in [left, kept] {
                try await push.send([[UInt8]("before")])
                #expect(try await pull.receiveSoon() == [[UInt8]("before")])
            }
            try await pull.disconnect(address)
            try await events.next(.disconnected)
            // The news of the end may be ahead of the end itself: what is sent until then is lost.
            let end = ContinuousClock.now + .seconds(10)
            while try await left.send([[UInt8]("lost")]) != .queued, .now < end { await Task.yield() }
            #expect(try await left.send([[UInt8]("lost")]) == .queued)
            try await kept.send([[UInt8]("after")])
            #expect(try await pull.receiveSoon() == [[UInt8]("after")])
            let error = await #expect(throws: ZeroMQError.self) { try await pull.disconnect(address) }
            #expect(error?.code == .notFound)
        }
    }

    @Test func `connections are counted`() async throws {
        try await withSides { near, far async throws in
            let events = Events()
            let pull = try near.socket(.pull, events: events)
            let endpoint = try await pull.bind("tcp://127.0.0.1:*")
            for _ in 0..<3 {
                let push = try far.socket(.push)
                try await push.connect(endpoint)
                try await events.next(.connected)
                await push.close()
                try await events.next(.disconnected)
            }
            let counts = await pull.connections
            #expect(counts.connected == 3)
            #expect(counts.disconnected == 3)
            #expect(counts.handshakeFailed == 0)
        }
    }

    @Test func `a peer that comes back is reconnected`() async throws {
        try await withSides { near, far async throws in
            let push = try far.socket(.push)
            var pull = try near.socket(.pull)
            let endpoint = try await pull.bind("tcp://127.0.0.1:*")
            try await push.connect(endpoint)
            try await push.send([[1]])
            #expect(try await pull.receiveSoon() == [[1]])
            await pull.close()
            pull = try near.socket(.pull)
            // The port is free once libzmq's own thread has closed the old socket.
            let limit = ContinuousClock.now + .seconds(20)
            while ContinuousClock.now < limit, (try? await pull.bind(endpoint)) == nil { await Task.yield() }
            var number: UInt8 = 2
            var heard: [[UInt8]]?
            while heard == nil, ContinuousClock.now < limit {
                try await push.send([[number]])
                number += 1
                heard = try? await pull.receive(until: .now + .milliseconds(50))
            }
            #expect(heard != nil)
        }
    }

    @Test func `what is longer than allowed ends the connection of its sender only`() async throws {
        try await withSides { near, far async throws in
            let events = Events()
            let pull = try near.socket(.pull, events: events) { $0.maxFrameSize = 1_000 }
            let endpoint = try await pull.bind("tcp://127.0.0.1:*")
            let greedy = try far.socket(.push)
            let modest = try far.socket(.push)
            for push in [greedy, modest] {
                try await push.connect(endpoint)
                try await push.send([[UInt8](repeating: 1, count: 1_000)])
                #expect(try await pull.receiveSoon()[0].count == 1_000)
            }
            try await greedy.send([[UInt8](repeating: 2, count: 1_001)])
            try await events.next(.disconnected)
            try await modest.send([[3]])
            #expect(try await pull.receiveSoon() == [[3]])
            try await events.next(.connected)
            try await greedy.send([[4]])
            #expect(try await pull.receiveSoon() == [[4]])
        }
    }

    @Test func `a message with too many frames is dropped whole`() async throws {
        try await withSides { near, far async throws in
            let pull = try near.socket(.pull) { $0.maxFrames = 3 }
            let push = try far.socket(.push)
            try await push.connect(pull.bind("tcp://127.0.0.1:*"))
            try await push.send([[1], [2], [3], [4]])
            try await push.send([[5], [6], [7]])
            #expect(try await pull.receiveSoon() == [[5], [6], [7]])
        }
    }
}
