import Foundation
import Reactor
import Synchronization
import TestSupport
import Testing

/// A driver as a client of libpq would be: an actor whose watch calls it on the reactor's thread.
private actor Driver {
    let pipe = Pipe()
    private let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    private var watch: Watch?
    private var seen: [Reactor.Readiness] = []
    private var waiting: (count: Int, CheckedContinuation<Void, Never>)?

    init(_ reactor: Reactor) { self.reactor = reactor }

    func start(_ interest: Reactor.Readiness) {
        watch = reactor.watch(pipe.near, interest) { [weak self] readiness in
            self?.assumeIsolated { $0.ready(readiness) }
        }
    }

    private func ready(_ readiness: Reactor.Readiness) {
        seen.append(readiness)
        if readiness.contains(.readable) { pipe.drain(pipe.near) }
        if readiness.contains(.writable) { watch?.interest.remove(.writable) }
        if readiness.contains(.failed) { stop() }
        if let waiting, seen.count >= waiting.count {
            self.waiting = nil
            waiting.1.resume()
        }
    }

    func seen(_ count: Int) async -> [Reactor.Readiness] {
        if seen.count < count { await withCheckedContinuation { waiting = (count, $0) } }
        return seen
    }

    func rearm(_ interest: Reactor.Readiness) { watch?.interest = interest }
    func stop() { watch?.cancel() }
}

@Suite struct WatchTests {
    @Test func `a handler runs for each readiness, and what it wants may change between`() async throws {
        try await withReactor { reactor async throws in
            let driver = Driver(reactor)
            await driver.start(.either)
            #expect(await driver.seen(1) == [.writable])
            driver.pipe.write()
            #expect(await driver.seen(2) == [.writable, .readable])
            await driver.rearm(.writable)
            #expect(await driver.seen(3) == [.writable, .readable, .writable])
        }
    }

    @Test func `a disarmed watch stays silent until it is armed again`() async throws {
        try await withReactor { reactor async throws in
            let driver = Driver(reactor)
            await driver.start([])
            driver.pipe.write()
            // Another descriptor is served meanwhile, so there was a round in which this one was ready.
            let other = Pipe()
            other.write()
            _ = await reactor.wait(for: other.near, .readable)
            #expect(await driver.seen(0) == [])
            await driver.rearm(.readable)
            #expect(await driver.seen(1) == [.readable])
        }
    }

    @Test func `a cancelled watch is not called, even if it was ready in the same round`() async throws {
        try await withReactor { reactor async throws in
            let pipes = [Pipe(), Pipe()]
            for pipe in pipes { pipe.write() }
            let calls = Atomic<Int>(0)
            let watches = Box<[Watch]>([])
            await reactor.run {
                for pipe in pipes {
                    let watch = reactor.watch(pipe.near, .readable) { _ in
                        calls.add(1, ordering: .relaxed)
                        for watch in watches.current { watch.cancel() }
                    }
                    watches.set { $0.append(watch) }
                }
            }
            _ = await reactor.wait(for: pipes[0].near, .readable)
            _ = await reactor.wait(for: pipes[1].near, .readable)
            #expect(calls.load(ordering: .relaxed) == 1)
        }
    }

    @Test func `watches that come and go leave each other in place`() async throws {
        var random = SeededGenerator(seed: 7)
        let choices = (0..<400).map { _ in Int.random(in: 0..<64, using: &random) }
        try await withReactor { reactor async throws in
            let pipes = (0..<64).map { _ in Pipe() }
            let heard = Box<[Int]>([])
            let watches = Box<[Int: Watch]>([:])
            for choice in choices {
                await reactor.run {
                    if let watch = watches.current[choice] {
                        watch.cancel()
                        return watches.set { $0[choice] = nil }
                    }
                    let watch = reactor.watch(pipes[choice].near, .readable) { _ in
                        pipes[choice].drain(pipes[choice].near)
                        heard.append(choice)
                    }
                    watches.set { $0[choice] = watch }
                }
            }
            let active = await reactor.run { Set(watches.current.keys) }
            for pipe in pipes { pipe.write() }
            // A round that comes after all were written to has served every watch.
            for pipe in pipes { _ = await reactor.wait(for: pipe.near, .writable) }
            let served = await reactor.run { Set(heard.numbers) }
            #expect(served == active)
            #expect(!active.isEmpty && active.count < 64)
        }
    }

    @Test func `a hang-up is reported though nobody asked`() async throws {
        try await withReactor { reactor async throws in
            let driver = Driver(reactor)
            await driver.start(.readable)
            shutdown(driver.pipe.far, CInt(SHUT_RDWR))
            #expect(await driver.seen(1).first?.contains(.failed) == true)
        }
    }
}
