import Reactor
import Testing
import ZeroMQ

@Suite(.timeLimit(.minutes(1))) struct ContextTests {
    @Test func `closing ends open sockets, waiting tasks and pending messages in bounded time`() async throws {
        let side = try Side("close")
        let pull = try side.socket(.pull)
        try await pull.bind("tcp://127.0.0.1:*")
        let full = try side.socket(.push) { $0.outboxLimit = 1 }
        try await full.bind("tcp://127.0.0.1:*")
        try await full.send([[0]])
        // A connection that nobody answers, with messages that linger for it.
        let pending = try side.socket(.push) {
            $0.isImmediate = false
            $0.linger = .milliseconds(300)
        }
        try await pending.connect("tcp://127.0.0.1:1")
        for _ in 0..<100 { #expect(try await pending.send([[1]]) == .sent) }

        let receives = (0..<5).map { _ in Task { try await pull.receive() } }
        let send = Task { try await full.sendWaiting([[1]]) }
        let start = ContinuousClock.now
        #expect(await side.context.close())
        let spent = start.duration(to: .now)
        #expect(spent >= .milliseconds(250) && spent < .seconds(3), "\(spent)")
        for task in receives {
            let error = await #expect(throws: ZeroMQError.self) { try await task.value }
            #expect(error?.code == .closed)
        }
        let error = await #expect(throws: ZeroMQError.self) { try await send.value }
        #expect(error?.code == .closed)
        #expect(await pull.isClosed)
        #expect(throws: ZeroMQError.self) { try side.socket(.pull) }
        #expect(await side.context.close())
        side.reactor.stop()
        await side.reactor.finished()
    }

    @Test func `closing gives up waiting at its limit and goes on behind`() async throws {
        let side = try Side("limit")
        let pending = try side.socket(.push) {
            $0.isImmediate = false
            $0.linger = .seconds(2)
        }
        try await pending.connect("tcp://127.0.0.1:1")
        try await pending.send([[1]])
        let start = ContinuousClock.now
        #expect(await side.context.close(within: .milliseconds(100)) == false)
        #expect(start.duration(to: .now) < .seconds(1.5))
        side.reactor.stop()
        await side.reactor.finished()
    }

    @Test func `closing on the reactor's own thread lets go of an authenticator that nobody else holds`() async throws {
        let side = try Side("own-thread")
        _ = try await ZAPHandler(context: side.context, reactor: side.reactor) { _, _ in false }
        let isClosed = await withTaskExecutorPreference(side.reactor) { await side.context.close() }
        #expect(isClosed)
        side.reactor.stop()
        await side.reactor.finished()
    }

    @Test func `closing works after the reactor has stopped`() async throws {
        let side = try Side("stopped")
        let pull = try side.socket(.pull)
        try await pull.bind("tcp://127.0.0.1:*")
        side.reactor.stop()
        await side.reactor.finished()
        #expect(await side.context.close())
        #expect(await pull.isClosed)
    }

    @Test func `lingering messages arrive after their socket was closed`() async throws {
        try await withSides { near, far async throws in
            let pull = try near.socket(.pull)
            let push = try far.socket(.push) { $0.linger = .seconds(5) }
            try await push.connect(pull.bind("tcp://127.0.0.1:*"))
            for number in 0..<500 { try await push.sendWaiting([[UInt8](number: number)]) }
            // Once it is out of the outbox, libzmq has it.
            while await push.queued > 0 { await Task.yield() }
            await push.close()
            for number in 0..<500 { #expect(try await pull.receiveSoon()[0].number == number) }
        }
    }

    @Test func `a closed socket says so`() async throws {
        try await withSides { near, _ async throws in
            let push = try near.socket(.push)
            try await push.bind("tcp://127.0.0.1:*")
            await push.close()
            await push.close()
            let error = await #expect(throws: ZeroMQError.self) { try await push.send([[1]]) }
            #expect(error?.code == .closed)
            await #expect(throws: ZeroMQError.self) { try await push.bind("tcp://127.0.0.1:*") }
        }
    }

    @Test func `a socket that nobody holds frees its port, and its context with it`() async throws {
        let reactor = Reactor(name: "freed")
        weak var weakly: ZeroMQContext?
        var endpoint = ""
        do {
            let context = try ZeroMQContext()
            weakly = context
            let pull = try Socket(.pull, in: context, on: reactor)
            endpoint = try await pull.bind("tcp://127.0.0.1:*")
        }
        let limit = ContinuousClock.now + .seconds(20)
        while weakly != nil, ContinuousClock.now < limit { await Task.yield() }
        #expect(weakly == nil)
        let side = try Side("again")
        let pull = try side.socket(.pull)
        while ContinuousClock.now < limit, (try? await pull.bind(endpoint)) == nil { await Task.yield() }
        #expect(try await pull.bind("tcp://127.0.0.1:*") != endpoint)
        await side.end()
        reactor.stop()
        await reactor.finished()
    }
}
