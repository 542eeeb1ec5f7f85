import Reactor
import TestSupport
import Testing
import ZeroMQ

@Suite(.timeLimit(.minutes(1))) struct ReceiveWaitTests {
    @Test func `cancelling receives at random loses and repeats nothing`() async throws {
        try await withSides { near, far async throws in
            let pull = try near.socket(.pull)
            let push = try far.socket(.push)
            try await push.connect(pull.bind("tcp://127.0.0.1:*"))
            let count = 3_000
            var random = SeededGenerator(seed: 22)
            var received: [Int] = []
            var cancelled = 0
            // In each round a message and a cancellation race for one receive.
            for number in 0..<count {
                let task = Task { try await pull.receiveSoon() }
                for _ in 0..<Int.random(in: 0..<4, using: &random) { await Task.yield() }
                async let sending = push.sendWaiting([[UInt8](number: number)])
                for _ in 0..<Int.random(in: 0..<4, using: &random) { await Task.yield() }
                task.cancel()
                do {
                    received.append(try await task.value[0].number)
                } catch let error as ZeroMQError {
                    try #require(error.code == .cancelled)
                    cancelled += 1
                    received.append(try await pull.receiveSoon()[0].number)
                }
                _ = try await sending
            }
            #expect(cancelled > 50)
            #expect(received == Array(0..<count))
        }
    }

    @Test func `a receive in a cancelled task takes nothing`() async throws {
        try await withSides { near, far async throws in
            let pull = try near.socket(.pull)
            let push = try far.socket(.push)
            try await push.connect(pull.bind("tcp://127.0.0.1:*"))
            let task = Task { try await pull.receive() }
            task.cancel()
            let error = await #expect(throws: ZeroMQError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            try await push.send([[1]])
            #expect(try await pull.receiveSoon() == [[1]])
        }
    }

    @Test func `a receive ends at its deadline`() async throws {
        try await withSides { near, _ async throws in
            let pull = try near.socket(.pull)
            try await pull.bind("tcp://127.0.0.1:*")
            let deadline = ContinuousClock.now + .milliseconds(30)
            let error = await #expect(throws: ZeroMQError.self) { try await pull.receive(until: deadline) }
            #expect(error?.code == .timedOut)
            #expect(ContinuousClock.now >= deadline)
        }
    }

    @Test func `several receivers share the messages, each to one`() async throws {
        try await withSides { near, far async throws in
            let pull = try near.socket(.pull)
            let push = try far.socket(.push)
            try await push.connect(pull.bind("tcp://127.0.0.1:*"))
            let count = 5_000
            async let sending: Void = TrafficTests.sendNumbers(from: push, seed: 31, count: count)
            let received = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        var numbers: [Int] = []
                        for _ in 0..<(count / 10) { numbers.append(try await pull.receiveSoon()[0].number) }
                        return numbers
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try await sending
            #expect(received.sorted() == Array(0..<count))
        }
    }
}
