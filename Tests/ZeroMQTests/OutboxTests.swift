import Reactor
import Testing

@testable import ZeroMQ

@Suite(.timeLimit(.minutes(1))) struct OutboxTests {
    @Test func `what nobody takes waits in the outbox, up to its bound, and arrives in order`() async throws {
        try await withSides { near, far async throws in
            let push = try far.socket(.push) { $0.outboxLimit = 10 }
            let endpoint = try await push.bind("tcp://127.0.0.1:*")
            for number in 0..<10 { #expect(try await push.send([[UInt8](number: number)]) == .queued) }
            #expect(try await push.send([[UInt8](number: 99)]) == .full)
            #expect(await push.queued == 10)
            let pull = try near.socket(.pull)
            try await pull.connect(endpoint)
            for number in 0..<10 { #expect(try await pull.receiveSoon()[0].number == number) }
            #expect(try await push.send([[UInt8](number: 10)]) == .sent)
            #expect(try await pull.receiveSoon()[0].number == 10)
            #expect(await push.queued == 0)
        }
    }

    @Test func `a sender that may wait gets through once there is room`() async throws {
        try await withSides { near, far async throws in
            let push = try far.socket(.push) { $0.outboxLimit = 1 }
            let endpoint = try await push.bind("tcp://127.0.0.1:*")
            try await push.send([[0]])
            let error = await #expect(throws: ZeroMQError.self) { try await push.sendWaiting([[9]], until: .now) }
            #expect(error?.code == .timedOut)
            async let waiting = push.sendWaiting([[1]])
            let pull = try near.socket(.pull)
            try await pull.connect(endpoint)
            #expect(try await pull.receiveSoon() == [[0]])
            #expect(try await pull.receiveSoon() == [[1]])
            _ = try await waiting
        }
    }

    @Test func `a ROUTER says that nobody is there`() async throws {
        try await withSides { near, _ async throws in
            let router = try near.socket(.router)
            try await router.bind("tcp://127.0.0.1:*")
            #expect(try await router.send([[UInt8]("nobody"), [1]]) == .unreachable)
        }
    }

    @Test func `a slow peer of a ROUTER holds up no other, and gets what was taken for it`() async throws {
        try await withSides { near, far async throws in
            let router = try near.socket(.router) {
                $0.sendHighWaterMark = 10
                $0.outboxLimit = 1_000
                $0.outboxLimitPerPeer = 50
            }
            let endpoint = try await router.bind("tcp://127.0.0.1:*")
            var dealers: [Socket] = []
            for name in ["slow", "fast"] {
                let dealer = try far.socket(.dealer) {
                    $0.routingID = [UInt8](name)
                    $0.receiveHighWaterMark = 1
                }
                try await dealer.connect(endpoint)
                try await dealer.send([[UInt8]("hello")])
                #expect(try await router.receiveSoon() == [[UInt8](name), [UInt8]("hello")])
                dealers.append(dealer)
            }
            let padding = [UInt8](repeating: 0, count: 100_000)
            var taken = 0
            for number in 0..<100 {
                // The system's buffers may still take some in; so fill them up again each time.
                while try await router.send([[UInt8]("slow"), [UInt8](number: taken), padding]) != .full { taken += 1 }
                #expect(try await router.send([[UInt8]("fast"), [UInt8](number: number)]) != .full)
                #expect(try await dealers[1].receiveSoon()[0].number == number)
            }
            #expect(taken > 50)
            let queued = await router.queued
            #expect((1...50).contains(queued), "\(queued)")
            for number in 0..<taken { #expect(try await dealers[0].receiveSoon()[0].number == number) }
            #expect(await router.queued == 0)
        }
    }

    @Test func `what waits for a peer that is gone is dropped, the others' stays`() throws {
        var outbox = Outbox(limit: 5, limitPerPeer: 3, isAddressed: true)
        let accepted = [[1], [1], [1], [1], [2], [2], [3]].map { peer in
            outbox.append([peer, [UInt8](number: outbox.count)])
        }
        #expect(accepted == [true, true, true, false, true, true, false])
        #expect(outbox.isWaiting(before: [[1]]))
        #expect(!outbox.isWaiting(before: [[3]]))
        let result = try outbox.flush { frames throws(ZeroMQError) in frames[0] == [1] ? .unreachable : .wouldBlock }
        #expect(result == (sent: 0, unreachable: 3))
        #expect(outbox.count == 2)
        var order: [Int] = []
        let rest = try outbox.flush { frames throws(ZeroMQError) in
            order.append(frames[1].number)
            return .sent
        }
        #expect(rest == (sent: 2, unreachable: 0))
        #expect(order == [3, 4])
        #expect(outbox.isEmpty)
    }

    @Test func `an error leaves unsent messages where they were`() throws {
        var outbox = Outbox(limit: 5, limitPerPeer: 5, isAddressed: false)
        for number in 0..<3 { _ = outbox.append([[UInt8](number: number)]) }
        #expect(throws: ZeroMQError.self) {
            try outbox.flush { frames throws(ZeroMQError) in
                if frames[0].number == 1 { throw ZeroMQError(.send, .closed) }
                return .sent
            }
        }
        #expect(outbox.count == 2)
        #expect(outbox.removeAll() == 2)
    }
}
