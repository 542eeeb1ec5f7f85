import Foundation
import Reactor
import TestSupport
import Testing
import ZeroMQ

/// One end of a conversation: a context and a reactor of its own, as if it were another process.
struct Side {
    let context: ZeroMQContext
    let reactor: Reactor

    init(_ name: String) throws {
        context = try ZeroMQContext()
        reactor = Reactor(name: name)
    }

    func socket(
        _ kind: SocketKind, _ security: SocketSecurity = .unencrypted,
        events: Events? = nil, _ change: (inout SocketOptions) -> Void = { _ in }
    ) throws -> Socket {
        var options = SocketOptions()
        change(&options)
        return try Socket(
            kind, in: context, on: reactor, security: security, options: options, onConnection: events?.listener)
    }

    func end() async {
        let isClosed = await context.close()
        #expect(isClosed, "the context did not end within its time")
        reactor.stop()
        await reactor.finished()
    }
}

/// Runs `body` with two sides, which end afterwards in bounded time.
func withSides(_ body: (Side, Side) async throws -> Void) async throws {
    let near = try Side("near")
    let far = try Side("far")
    do {
        try await body(near, far)
    } catch {
        await near.end()
        await far.end()
        throw error
    }
    await near.end()
    await far.end()
}

extension Socket {
    /// Far enough away that a sound test never gets there, near enough to fail before its time limit.
    func receiveSoon() async throws -> [[UInt8]] {
        try await receive(until: .now + .seconds(20))
    }
}

extension Array where Element == UInt8 {
    init(_ text: String) { self = Swift.Array(text.utf8) }
    var text: String { String(decoding: self, as: UTF8.self) }

    init(number: Int) { self = stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: number >> $0) } }
    var number: Int { reversed().reduce(0) { $0 << 8 | Int($1) } }
}

/// What a socket's monitor told, to wait for.
struct Events {
    private let stream: AsyncStream<ConnectionEvent>
    let listener: @Sendable (ConnectionEvent) -> Void

    init() {
        let (stream, continuation) = AsyncStream<ConnectionEvent>.makeStream()
        self.stream = stream
        listener = { event in continuation.yield(event) }
    }

    @discardableResult
    func next(_ kind: ConnectionEvent.Kind) async throws -> ConnectionEvent {
        for await event in stream where event.kind == kind { return event }
        throw CancellationError()
    }
}

extension SeededGenerator {
    /// Sometimes a short pause, so that both ends run dry and fill up at random moments.
    mutating func pauseSometimes() async throws {
        guard Int.random(in: 0..<3, using: &self) == 0 else { return }
        // pause: it is the random pace that is tested
        try await Task.sleep(for: .microseconds(Int.random(in: 1...2_000, using: &self)))
    }
}
