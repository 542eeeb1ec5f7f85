import Foundation
import Reactor
import Testing

/// As a ZeroMQ socket is: its descriptor tells of a change once, and looking at it swallows that.
private final class EdgeTriggered: EventSource, @unchecked Sendable {
    private let pipe = Pipe()
    private var items = 0
    private(set) var processed = 0
    private(set) var calls = 0
    var registration: EventRegistration?
    private var waiting: (count: Int, CheckedContinuation<Void, Never>)?

    var descriptor: CInt { pipe.near }

    /// From another thread's point of view: new items, and one edge.
    func put(_ count: Int, ring: Bool) {
        items += count
        if ring { pipe.write() }
    }

    func process() -> Bool {
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

    func whenProcessed(_ count: Int, _ continuation: CheckedContinuation<Void, Never>) {
        if processed >= count { continuation.resume() } else { waiting = (count, continuation) }
    }
}

@Suite struct EventSourceTests {
    @Test func `one edge is enough for all that is ready, a bounded part at a time`() async throws {
        try await withReactor { reactor async throws in
            let source = EdgeTriggered()
            await reactor.run { source.registration = reactor.register(source) }
            await reactor.run { source.put(1_000, ring: true) }
            await withCheckedContinuation { continuation in
                reactor.post { source.whenProcessed(1_000, continuation) }
            }
            #expect(await reactor.run { source.calls } >= 100)
        }
    }

    @Test func `a source that was touched is processed without an edge`() async throws {
        try await withReactor { reactor async throws in
            let source = EdgeTriggered()
            await reactor.run { source.registration = reactor.register(source) }
            await reactor.run {
                source.put(25, ring: false)
                source.registration?.touch()
            }
            await withCheckedContinuation { continuation in
                reactor.post { source.whenProcessed(25, continuation) }
            }
        }
    }

    @Test func `jobs get their turn while a source never runs dry`() async throws {
        try await withReactor { reactor async throws in
            let source = EdgeTriggered()
            await reactor.run {
                source.registration = reactor.register(source)
                source.put(.max / 2, ring: true)
            }
            for _ in 0..<100 { #expect(await reactor.run { reactor.isOnReactor }) }
            let pipe = Pipe()
            pipe.write()
            #expect(await reactor.wait(for: pipe.near, .readable) == .ready)
            try await reactor.sleep(for: .milliseconds(1))
            #expect(await reactor.run { source.processed } > 0)
            await reactor.run { source.registration?.cancel() }
        }
    }

    @Test func `a source whose registration ended is left alone`() async throws {
        try await withReactor { reactor async throws in
            let source = EdgeTriggered()
            let calls = await reactor.run {
                source.registration = reactor.register(source)
                source.registration?.cancel()
                source.put(1, ring: true)
                source.registration?.touch()
                return source.calls
            }
            let pipe = Pipe()
            pipe.write()
            _ = await reactor.wait(for: pipe.near, .readable)
            #expect(await reactor.run { source.calls } == calls)
        }
    }
}
