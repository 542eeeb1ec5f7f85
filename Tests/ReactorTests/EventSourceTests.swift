import Foundation
import Reactor
import Testing

/// As a ZeroMQ socket is: its descriptor tells of a change once, and looking at it swallows that.
private actor EdgeTriggered: EventSource {
    private nonisolated let pipe = Pipe()
    private nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    nonisolated var descriptor: CInt { pipe.near }

    private var items = 0
    private(set) var processed = 0
    private(set) var calls = 0
    private var registration: EventRegistration?
    private var waiting: (count: Int, CheckedContinuation<Void, Never>)?

    init(_ reactor: Reactor) { self.reactor = reactor }

    func register() { registration = reactor.register(self) }
    func unregister() { registration?.cancel() }
    func touch() { registration?.touch() }

    func put(_ count: Int, ring: Bool) {
        items += count
        if ring { pipe.write() }
    }

    nonisolated func process() -> Bool { assumeIsolated { $0.processSome() } }

    private func processSome() -> Bool {
        calls += 1
        pipe.drain(pipe.near)
        let count = min(items, 10)
        items -= count
        processed += count
        if let waiting, processed >= waiting.count {
            self.waiting = nil
            waiting.1.resume()
        }
        return items > 0
    }

    func whenProcessed(_ count: Int) async {
        if processed < count { await withCheckedContinuation { waiting = (count, $0) } }
    }
}

@Suite struct EventSourceTests {
    @Test func `one edge is enough for all that is ready, a bounded part at a time`() async throws {
        try await withReactor { reactor async throws in
            let source = EdgeTriggered(reactor)
            await source.register()
            await source.put(1_000, ring: true)
            await source.whenProcessed(1_000)
            #expect(await source.calls >= 100)
        }
    }

    @Test func `a source that was touched is processed without an edge`() async throws {
        try await withReactor { reactor async throws in
            let source = EdgeTriggered(reactor)
            await source.register()
            await source.put(25, ring: false)
            await source.touch()
            await source.whenProcessed(25)
        }
    }

    @Test func `jobs, descriptors and timers get their turn while a source never runs dry`() async throws {
        try await withReactor { reactor async throws in
            let source = EdgeTriggered(reactor)
            await source.register()
            await source.put(.max / 2, ring: true)
            for _ in 0..<100 { #expect(await reactor.run { reactor.isOnReactor }) }
            let pipe = Pipe()
            pipe.write()
            #expect(await reactor.wait(for: pipe.near, .readable) == .ready)
            #expect(await reactor.wait(for: -1, .readable, until: .now + .milliseconds(1)) == .timedOut)
            #expect(await source.processed > 0)
            await source.unregister()
        }
    }

    @Test func `a source whose registration ended is left alone`() async throws {
        try await withReactor { reactor async throws in
            let source = EdgeTriggered(reactor)
            await source.register()
            await source.unregister()
            let calls = await source.calls
            await source.put(1, ring: true)
            await source.touch()
            let pipe = Pipe()
            pipe.write()
            _ = await reactor.wait(for: pipe.near, .readable)
            #expect(await source.calls == calls)
        }
    }
}
