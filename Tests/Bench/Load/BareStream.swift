import Domain
import Reactor
import ZeroMQ

/// What libzmq alone carries: a ROUTER behind CURVE that sends a stream's frames to the stream's own consumer as fast
/// as that takes them, both in this process, with no store and no notifier behind it.
struct BareStream: Sendable {
    /// Of an event's text, in bytes: as in the backlog.
    private static let bytes = 1_280

    private let keys = CurveKeyPair.generate()
    private let consumer = CurveKeyPair.generate()

    /// Sends so many events, and gives how many came.
    func follow(_ count: Int) async throws -> Int {
        let context = try ZeroMQContext()
        let reactor = Reactor(name: "bench-router")
        defer { reactor.stop() }
        do {
            let seen = try await withTaskExecutorPreference(reactor) { try await run(count, in: context, on: reactor) }
            await context.close()
            return seen
        } catch {
            await context.close()
            throw error
        }
    }

    private func run(_ count: Int, in context: ZeroMQContext, on reactor: Reactor) async throws -> Int {
        let gate = try await ZAPHandler(context: context, reactor: reactor) { _, _ in true }
        let socket = try ZeroMQ.Socket(
            .router, in: context, on: reactor, security: .curveServer(keys.secretKey, domain: "bench"),
            label: "bench-router")
        let load = StreamLoad(
            endpoint: try await socket.bind("tcp://127.0.0.1:*"), serverKey: keys.publicKey, pair: consumer)
        return try await withThrowingTaskGroup(of: Int?.self) { group in
            group.addTask {
                await gate.run()
                return nil
            }
            group.addTask {
                try await send(count, over: socket, on: reactor)
                return nil
            }
            group.addTask { try await load.follow(after: Cursor(epoch: 1, seq: 0), count) }
            defer { group.cancelAll() }
            while let seen = try await group.next() {
                if let seen { return seen }
            }
            return 0
        }
    }

    private func send(_ count: Int, over socket: ZeroMQ.Socket, on reactor: Reactor) async throws {
        let name = try await socket.receive(until: .now + .seconds(20))[0]
        let head = [name] + StreamReply.event
        let deadline = ContinuousClock.now + .seconds(60)
        var sent = 0
        while sent < count, ContinuousClock.now < deadline {
            sent += try await Self.hand(head, after: sent, atMost: count - sent, to: socket)
            if sent < count { try await reactor.sleep(for: .microseconds(500)) }
        }
    }

    /// Gives libzmq as many events as it has room for.
    private static func hand(
        _ head: [[UInt8]], after position: Int, atMost most: Int, to socket: isolated ZeroMQ.Socket
    ) throws -> Int {
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: bytes)
        var handed = 0
        while handed < most {
            let cursor = Array(Cursor(epoch: 1, seq: Int64(position + handed + 1)).text.utf8)
            let outcome = try (cursor + text).withUnsafeBytes { frames in
                try socket.sendAtOnce(head, from: frames, (0..<cursor.count, cursor.count..<frames.count))
            }
            guard outcome == .sent else { return handed }
            handed += 1
        }
        return handed
    }
}
