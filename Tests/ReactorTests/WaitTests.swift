import Foundation
import Reactor
import Testing

@Suite struct WaitTests {
    @Test func `a wait ends when the descriptor becomes readable`() async throws {
        try await withReactor { reactor async throws in
            let pipe = Pipe()
            async let ready = reactor.wait(for: pipe.near, .readable)
            pipe.write()
            #expect(await ready == .ready)
        }
    }

    @Test func `a wait for either ends for one of them`() async throws {
        try await withReactor { reactor async throws in
            let pipe = Pipe()
            #expect(await reactor.wait(for: pipe.near, .either) == .ready)
            pipe.fill()
            #expect(await reactor.wait(for: pipe.near, .either, until: .now) == .timedOut)
            pipe.write()
            #expect(await reactor.wait(for: pipe.near, .either) == .ready)
            #expect(pipe.drain(pipe.near) == 1)
            pipe.drain(pipe.far)
            #expect(await reactor.wait(for: pipe.near, .writable) == .ready)
        }
    }

    @Test func `a wait times out, not before its time`() async throws {
        try await withReactor { reactor async throws in
            let pipe = Pipe()
            let start = ContinuousClock.now
            #expect(await reactor.wait(for: pipe.near, .readable, until: start + .milliseconds(30)) == .timedOut)
            #expect(start.duration(to: .now) >= .milliseconds(30))
        }
    }

    @Test func `a wait on a closed descriptor ends`() async throws {
        try await withReactor { reactor async throws in
            #expect(await reactor.wait(for: 1_000_000, .readable) == .ready)
        }
    }

    @Test func `cancelling a task ends its wait at once`() async throws {
        try await withReactor { reactor async throws in
            let pipe = Pipe()
            let task = Task { await reactor.wait(for: pipe.near, .readable) }
            task.cancel()
            #expect(await task.value == .cancelled)
            // Nothing is left of it: the next wait sees the descriptor as if there had been none before.
            pipe.write()
            #expect(await reactor.wait(for: pipe.near, .readable) == .ready)
        }
    }

    @Test func `a cancellation that races with readiness ends the wait exactly once`() async throws {
        try await withReactor { reactor async throws in
            let pipe = Pipe()
            var outcomes = [0, 0]
            for round in 0..<2_000 {
                let task = Task { await reactor.wait(for: pipe.near, .readable) }
                if round % 3 != 0 { await Task.yield() }
                async let write: Void = pipe.write()
                task.cancel()
                await write
                let outcome = await task.value
                #expect(outcome != .timedOut)
                outcomes[outcome == .ready ? 0 : 1] += 1
                pipe.drain(pipe.near)
            }
            #expect(outcomes[0] + outcomes[1] == 2_000)
            #expect(outcomes[1] > 0, "ready, cancelled: \(outcomes)")
        }
    }

    @Test func `an actor on the reactor waits without leaving it`() async throws {
        try await withReactor { reactor async throws in
            let reader = Reader(reactor)
            async let count = reader.readBytes(200)
            for _ in 0..<200 { reader.pipe.write() }
            #expect(await count == 200)
        }
    }

    @Test func `many waits at once each get their own descriptor`() async throws {
        try await withReactor { reactor async throws in
            let pipes = (0..<100).map { _ in Pipe() }
            try await withThrowingTaskGroup { group in
                for pipe in pipes {
                    group.addTask {
                        for _ in 0..<20 {
                            _ = await reactor.wait(for: pipe.near, .readable)
                            #expect(pipe.drain(pipe.near) == 1)
                            pipe.writeBack()
                        }
                    }
                    group.addTask {
                        for _ in 0..<20 {
                            pipe.write()
                            _ = await reactor.wait(for: pipe.far, .readable)
                            pipe.drain(pipe.far)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `stopping ends waits and sleeps, and those that begin later`() async throws {
        let reactor = Reactor(name: "stop")
        let pipe = Pipe()
        let wait = Task { await reactor.wait(for: pipe.near, .readable) }
        // pause: it is what is tested
        let sleep = Task { try await reactor.sleep(for: .seconds(3_600)) }
        _ = await reactor.wait(for: pipe.near, .writable)
        reactor.stop()
        #expect(await wait.value == .cancelled)
        await #expect(throws: CancellationError.self) { try await sleep.value }
        await reactor.finished()
        #expect(await reactor.wait(for: pipe.near, .writable) == .cancelled)
    }

    @Test func `a wait that may not be cancelled ends for its own reason`() async throws {
        try await withReactor { reactor async throws in
            let pipe = Pipe()
            let task = Task { await reactor.wait(for: pipe.near, .readable, isCancellable: false) }
            task.cancel()
            pipe.write()
            #expect(await task.value == .ready)
        }
    }
}

extension Pipe {
    func writeBack() {
        let byte: [UInt8] = [1]
        precondition(Foundation.write(near, byte, 1) == 1)
    }
}

private actor Reader {
    let pipe = Pipe()
    private let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    init(_ reactor: Reactor) { self.reactor = reactor }

    func readBytes(_ count: Int) async -> Int {
        var total = 0
        while total < count {
            _ = await reactor.wait(for: pipe.near, .readable)
            #expect(reactor.isOnReactor)
            total += pipe.drain(pipe.near)
        }
        return total
    }
}
