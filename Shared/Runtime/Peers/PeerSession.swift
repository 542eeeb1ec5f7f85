internal import Domain
internal import FoundationEssentials
internal import Logging
internal import Metrics
internal import PostgreSQL
internal import Reactor
internal import Storage
internal import Streams
internal import Synchronization
internal import Telemetry
internal import ZeroMQ

/// One life of an instance among its peers: one id, one key pair, one set of sockets.
final class PeerSession: Sendable {
    /// What a service wants of its peers.
    struct Plan: Sendable {
        let service: PeerService
        let publishes: Bool
        let follows: [PeerService]
        let topics: [String]
        let pool: PostgresPool
        let reactor: Reactor
        let logger: Logger
    }

    private static let domain = "peers"
    /// How long a row stands without being renewed, and how often it is.
    private static let lifetime_s = 6
    private static let renewal: Duration = .seconds(2)
    /// The table is read this often without being asked to, and never oftener than the gap allows.
    private static let interval: Duration = .seconds(1)
    private static let gap: Duration = .milliseconds(50)
    private static let batch = 256
    private static let clockPatience_us: Int64 = 500_000

    private let plan: Plan
    private let store: PeerStore
    private let outbox: HintQueue
    private let onHint: @Sendable (Hint) -> Void
    private let instance = UUID()
    private let pair = CurveKeyPair.generate()
    private let bell: Wake
    private let keys: StandingKeys<PeerStore.Peer>
    private let received = Counter(.hintsReceived)
    private let links: Meter
    private let clockAhead = Meter(.clockAhead)
    /// How far this machine's clock is ahead of the store's, in seconds, once it is known.
    private let clock = Mutex<Double?>(nil)

    init(_ plan: Plan, outbox: HintQueue, onHint: @escaping @Sendable (Hint) -> Void) {
        self.plan = plan
        self.outbox = outbox
        self.onHint = onHint
        store = PeerStore(pool: plan.pool)
        let bell = Wake()
        self.bell = bell
        keys = StandingKeys(ring: { bell.ring() })
        links = Meter(.peers, [("service", plan.service.rawValue)])
    }

    /// Publishes and follows until the task is cancelled or something breaks.
    func run() async throws {
        let context = try ZeroMQContext()
        do {
            try await converse(in: context)
            await leave(context)
        } catch {
            await leave(context)
            throw error
        }
    }

    /// Takes the row away. A row that stays behind runs out by itself.
    func unregister() async {
        do { try await store.remove(row(at: "")) } catch {
            plan.logger.debug("Peer row not removed", metadata: [LogKey.error: "\(error)"])
        }
    }

    private func register(_ row: PeerStore.Peer) async throws {
        let asked = Timestamp.now
        let theirs = try await store.register(
            row, for: Self.lifetime_s, version: ProductVersion.current, clockAhead: clock.withLock { $0 })
        let took_us = Timestamp.now.microseconds(since: asked)
        // A slow answer tells of the way, and nothing of the clocks.
        guard (0..<Self.clockPatience_us).contains(took_us) else { return }
        let ahead = Double(asked.microseconds(since: theirs) + took_us / 2) / 1e6
        clock.withLock { $0 = ahead }
        clockAhead.set(ahead)
    }

    private func leave(_ context: ZeroMQContext) async {
        links.set(0)
        await context.close(within: .seconds(1))
    }

    private func row(at endpoint: String) -> PeerStore.Peer {
        PeerStore.Peer(
            service: plan.service.rawValue, instance: instance, endpoint: endpoint, publicKey: pair.publicKey.z85)
    }

    private func converse(in context: ZeroMQContext) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer {
                group.cancelAll()
                // What is asked after the last reading would wait for ever, and this group for who asks.
                keys.close()
            }
            var endpoint = ""
            if plan.publishes {
                let (publisher, gate) = try await openPublisher(in: context)
                group.addTask { await gate.run() }
                endpoint = try await publisher.bind("tcp://\(try await address()):*")
                group.addTask { [outbox] in try await Self.send(outbox, to: publisher) }
            }
            let subscriber = plan.follows.isEmpty ? nil : try await openSubscriber(in: context)
            if let subscriber { group.addTask { [self] in try await receive(from: subscriber) } }
            // Registered before anything is connected: the other end looks the key up.
            try await register(row(at: endpoint))
            plan.logger.info(
                "Among peers", metadata: [LogKey.instance: "\(instance)", LogKey.endpoint: "\(endpoint)"])
            let own = row(at: endpoint)
            group.addTask { [self] in await follow(own, with: subscriber) }
            try await group.next()
        }
    }

    // MARK: Sockets

    private func openPublisher(in context: ZeroMQContext) async throws -> (Socket, ZAPHandler) {
        let keys = keys
        let gate = try await ZAPHandler(context: context, reactor: plan.reactor) { key, _ in await keys.admits(key) }
        let socket = try Socket(
            .pub, in: context, on: plan.reactor, security: .curveServer(pair.secretKey, domain: Self.domain),
            label: "hints_out")
        return (socket, gate)
    }

    private func openSubscriber(in context: ZeroMQContext) async throws -> Socket {
        let socket = try Socket(
            .sub, in: context, on: plan.reactor, security: .curveClient(pair), label: "hints_in")
        for topic in plan.topics { try await socket.subscribe(topic) }
        return socket
    }

    /// The address of this machine that reaches the store, which is where the peers are too.
    private func address() async throws -> String {
        let address = try await plan.pool.withConnection { session in await session.localAddress }
        guard let address, address != "::1" else { return "127.0.0.1" }
        return address.contains(":") ? "[\(address)]" : address
    }

    private static func send(_ outbox: HintQueue, to publisher: Socket) async throws {
        while let hint = await outbox.next() {
            _ = try await publisher.send([Array(hint.topic.utf8), Array(hint.payload.utf8)])
        }
    }

    private func receive(from subscriber: Socket) async throws {
        while true {
            let messages = try await subscriber.receive(upTo: Self.batch)
            received.increment(by: messages.count)
            var newest: [String: String] = [:]
            for message in messages where message.frames.count == 2 {
                newest[String(decoding: message.frames[0], as: UTF8.self)] =
                    String(decoding: message.frames[1], as: UTF8.self)
            }
            for (topic, payload) in newest { onHint(Hint(topic: topic, payload: payload)) }
        }
    }

    // MARK: The table

    /// Renews the row, and follows the others' rows, until the task is cancelled.
    private func follow(_ own: PeerStore.Peer, with subscriber: Socket?) async {
        var peers = PeerLinks(following: plan.follows, except: instance)
        var renewed = ContinuousClock.now
        var isAway = false
        while !Task.isCancelled {
            let generation = bell.generation
            let reading = keys.reading()
            do {
                if ContinuousClock.now - renewed >= Self.renewal {
                    try await register(own)
                    renewed = .now
                }
                let standing = try await store.standing()
                keys.finish(
                    reading,
                    found: Dictionary(standing.map { ($0.publicKey, $0) }, uniquingKeysWith: { first, _ in first }))
                if let subscriber { await apply(peers.follow(standing), to: subscriber) }
                links.set(peers.count)
                isAway = false
            } catch {
                keys.finish(reading, found: nil)
                if !isAway && !Task.isCancelled {
                    plan.logger.warning("Peers not read; trying again", metadata: [LogKey.error: "\(error)"])
                }
                isAway = true
            }
            try? await Task.sleep(for: Self.gap)
            await bell.wait(since: generation, atMost: Self.interval)
        }
    }

    private func apply(_ changes: [PeerLinks.Change], to subscriber: Socket) async {
        for change in changes {
            switch change {
            case .connect(let peer):
                log("Peer connected", peer)
                guard let key = CurvePublicKey(z85: peer.publicKey) else { continue }
                do { try await subscriber.connect(peer.endpoint, serverKey: key) } catch {
                    plan.logger.warning(
                        "Peer not connected",
                        metadata: [LogKey.endpoint: "\(peer.endpoint)", LogKey.error: "\(error)"])
                }
            case .disconnect(let peer):
                log("Peer gone", peer)
                try? await subscriber.disconnect(peer.endpoint)
            }
        }
    }

    private func log(_ message: Logger.Message, _ peer: PeerStore.Peer) {
        plan.logger.debug(
            message,
            metadata: [
                LogKey.peer: "\(peer.service)", LogKey.instance: "\(peer.instance)",
                LogKey.endpoint: "\(peer.endpoint)",
            ])
    }
}
