internal import Foundation
internal import Logging
internal import PostgreSQL
internal import Reactor
internal import Storage
internal import TestSupport
internal import ZeroMQ

/// Peers on the internal sockets that send rubbish. Hints are no more than hints, so nobody may notice.
enum RubbishFaults {
    static let all: [Fault] = [
        Fault(
            name: "rubbish-bytes", what: "bytes that are no ZeroMQ come to the publishers of hints", reach: .nobody,
            strike: bytes),
        Fault(
            name: "rubbish-no-key", what: "peers whose keys nobody knows knock at the publishers of hints",
            reach: .nobody, least: .milliseconds(1_500)
        ) { scene in
            try await Peer.with { peer in
                let pair = CurveKeyPair.generate()
                for place in try await scene.peers() { try await peer.listen(to: place, as: pair) }
                try await scene.hold(scene.length)
                let heard = await peer.heard()
                if heard > 0 { throw Unexpected("\(heard) hints came to a peer without a key") }
                return 1
            }
        },
        Fault(
            name: "rubbish-valid-key",
            what: "a peer whose key stands in the table sends a thousand wrong hints a second, and reads nothing",
            reach: .nobody, least: .seconds(2), strike: validKey),
    ]

    private static func bytes(_ scene: Scene) async throws -> Int {
        let places = try await scene.publishers()
        let end = ContinuousClock.now + scene.length
        var count = 0
        // A whole greeting of ZMTP 3.1 with CURVE, and rubbish after it.
        let greeting =
            [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 1] + Array("CURVE".utf8) + [UInt8](repeating: 0, count: 47)
        while ContinuousClock.now < end {
            for place in places {
                let socket = try RawSocket.connect(place.host, place.port)
                let rubbish = scene.dice.bytes(scene.dice.number(1...2_000))
                RawSocket.write(socket, count % 2 == 0 ? rubbish : greeting + rubbish)
                try await scene.hold(.milliseconds(5))
                if count % 3 == 0 { RawSocket.reset(socket) } else { close(socket) }
                count += 1
            }
        }
        return count
    }

    /// Stands in the table as routing does, is heard by notifiers and analytics, and hears everybody.
    private static func validKey(_ scene: Scene) async throws -> Int {
        try await Peer.with { peer in
            let pair = CurveKeyPair.generate()
            let endpoint = try await peer.publish(as: pair)
            let row = PeerStore.Peer(
                service: "routing", instance: UUID(), endpoint: endpoint, publicKey: pair.publicKey.z85)
            let store = PeerStore(pool: scene.pool)
            return try await scene.undoing {
                try await store.register(row, for: 60, version: "0", clockAhead: nil)
                for place in try await scene.peers() { try await peer.listen(to: place, as: pair) }
                var count = 0
                let end = ContinuousClock.now + scene.length
                while ContinuousClock.now < end {
                    for _ in 0..<10 { count += try await peer.send(rubbish(scene.dice)) }
                    try await scene.hold(.milliseconds(10))
                }
                return count
            } by: {
                try await store.remove(row)
            }
        }
    }

    private static func rubbish(_ dice: Dice) -> [[UInt8]] {
        let topics = ["stream/kupang/\(Part.victim)", "stream/kupang/dishub", "stream/", "stream/kupang/none", "inbox"]
        let topic = Array(dice.pick(topics).utf8)
        switch dice.number(0...4) {
        case 0: return [topic, Array("999-99999999999999999999".utf8)]
        case 1: return [topic, dice.bytes(64)]
        case 2: return [topic]
        case 3: return [topic] + (0..<20).map { _ in dice.bytes(8) }
        default: return [topic, [UInt8](repeating: 0x41, count: 4_096)]
        }
    }
}

extension Scene {
    func peers() async throws -> [PeerStore.Peer] {
        try await PeerStore(pool: pool).standing().filter { !$0.endpoint.isEmpty }
    }
}

/// A process among the peers, with a context and a thread of its own.
private struct Peer: Sendable {
    private let context: ZeroMQContext
    private let reactor: Reactor
    private let publisher = Latest<Socket>()
    private let listener = Latest<Socket>()
    private let gate = Latest<ZAPHandler>()

    private init() throws {
        context = try ZeroMQContext()
        reactor = Reactor(name: "rubbish")
    }

    static func with<T: Sendable>(_ body: (Peer) async throws -> T) async throws -> T {
        let peer = try Peer()
        do {
            let value = try await body(peer)
            await peer.end()
            return value
        } catch {
            await peer.end()
            throw error
        }
    }

    private func end() async {
        await context.close()
        reactor.stop()
        await reactor.finished()
    }

    /// Publishes to whoever comes.
    func publish(as pair: CurveKeyPair) async throws -> String {
        let gate = try await ZAPHandler(context: context, reactor: reactor) { _, _ in true }
        // It ends with the context.
        Task { await gate.run() }
        let socket = try Socket(.pub, in: context, on: reactor, security: .curveServer(pair.secretKey, domain: "peers"))
        publisher.set(socket)
        return try await socket.bind("tcp://127.0.0.1:*")
    }

    /// Sends to all listeners; 1 where it was taken.
    func send(_ frames: [[UInt8]]) async throws -> Int {
        guard let socket = publisher.value else { return 0 }
        return try await socket.send(frames) == .sent ? 1 : 0
    }

    func listen(to peer: PeerStore.Peer, as pair: CurveKeyPair) async throws {
        guard let key = CurvePublicKey(z85: peer.publicKey) else { throw Unexpected("no key: \(peer.publicKey)") }
        let socket = try listener.value ?? Socket(.sub, in: context, on: reactor, security: .curveClient(pair))
        if listener.value == nil {
            listener.set(socket)
            try await socket.subscribe("")
        }
        try await socket.connect(peer.endpoint, serverKey: key)
    }

    /// How many messages have come.
    func heard() async -> Int {
        guard let socket = listener.value else { return 0 }
        return (try? await socket.receive(until: .now + .milliseconds(50))) == nil ? 0 : 1
    }
}
