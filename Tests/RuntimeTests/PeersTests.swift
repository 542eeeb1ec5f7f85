import Domain
import Foundation
import Logging
import PostgreSQL
import ServiceLifecycle
import Storage
import Streams
import Synchronization
import Telemetry
import TestSupport
import TestTraits
import Testing
import ZeroMQ

@testable import Runtime

/// The hints that came, and a bell for whoever waits for one.
private final class Inbox: Sendable {
    private let hints = Mutex<[Hint]>([])
    private let bell = Wake()

    var count: Int { hints.withLock { $0.count } }

    func put(_ hint: Hint) {
        hints.withLock { $0.append(hint) }
        bell.ring()
    }

    /// Repeats `act` until a hint has come that `isWanted`; hints may be lost, so one act is not enough.
    func wait(until isWanted: (Hint) -> Bool, repeating act: () async throws -> Void) async throws -> Hint {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(60) {
            let generation = bell.generation
            if let hint = hints.withLock({ $0 }).first(where: isWanted) { return hint }
            try await act()
            await bell.wait(since: generation, atMost: .milliseconds(20))
        }
        throw Late()
    }

    struct Late: Error {}
}

@Suite(.freshDatabase(.city)) struct PeersTests {
    private let pool = Fixture.current.pool

    private func access() throws -> StoreAccess {
        var keys = ConfigurationKeys(environment: ["SASANDO_STORE_URL": Fixture.current.url])
        let process = ServiceProcess(
            name: "test", logger: .silent, metrics: MetricRegistry(), health: Health(logger: .silent))
        return try StoreAccess(StoreSettings(&keys), process: process)
    }

    /// Runs parts as a service does, tells them to stop after `body`, and waits until they have.
    private func running(_ parts: [any Service], _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(configuration: .init(services: parts, logger: .silent))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do { try await body() } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func rows(of service: PeerService) async throws -> [PeerStore.Peer] {
        try await PeerStore(pool: pool).standing().filter { $0.service == service.rawValue }
    }

    @Test func `News of one service reaches another, by topic`() async throws {
        let store = try access()
        let inbox = Inbox()
        let intake = Peers(
            service: .intake, publishes: true, subscribesTo: [], topics: [], store: store, logger: .silent)
        let routing = Peers(
            service: .routing, publishes: false, subscribesTo: [.intake], topics: ["inbox"], store: store,
            logger: .silent, onHint: inbox.put)
        try await running([store, intake, routing]) {
            let hint = try await inbox.wait(until: { _ in true }) {
                intake.publish("other", "no")
                intake.publish("inbox", "1-7")
            }
            #expect(hint == Hint(topic: "inbox", payload: "1-7"))
            let row = try #require(try await rows(of: .intake).first)
            #expect(row.endpoint.hasPrefix("tcp://127.0.0.1:") && row.publicKey.count == 40)
        }
        // A graceful stop leaves nothing behind.
        #expect(try await PeerStore(pool: pool).standing().isEmpty)
    }

    @Test func `Instances come and go, and the others follow`() async throws {
        let store = try access()
        let inbox = Inbox()
        let listener = Peers(
            service: .notifier, publishes: false, subscribesTo: [.routing], topics: ["stream/"], store: store,
            logger: .silent, onHint: inbox.put)
        func router(_ store: StoreAccess) -> Peers {
            Peers(service: .routing, publishes: true, subscribesTo: [], topics: [], store: store, logger: .silent)
        }
        let first = router(store)
        try await running([store, listener, first]) {
            for number in 1...2 {
                let second = router(store)
                try await running([second]) {
                    _ = try await inbox.wait(until: { $0.payload == "second \(number)" }) {
                        second.publish("stream/kupang/dlhk", "second \(number)")
                    }
                    #expect(try await rows(of: .routing).count == 2)
                }
                #expect(try await rows(of: .routing).count == 1)
                _ = try await inbox.wait(until: { $0.payload == "first \(number)" }) {
                    first.publish("stream/kupang/dlhk", "first \(number)")
                }
            }
        }
    }

    @Test func `A stranger hears nothing until its key stands in the store`() async throws {
        let store = try access()
        let intake = Peers(
            service: .intake, publishes: true, subscribesTo: [], topics: [], store: store, logger: .silent)
        let pair = CurveKeyPair.generate()
        let context = try ZeroMQContext()
        let retried = Inbox()
        let heard = Inbox()
        let socket = try Socket(
            .sub, in: context, on: Fixture.current.reactor, security: .curveClient(pair),
            onConnection: { event in
                if event.kind == .retried { retried.put(Hint(topic: "retried")) }
            })
        try await running([store, intake]) {
            let start = ContinuousClock.now
            var row: PeerStore.Peer?
            while row == nil, ContinuousClock.now - start < .seconds(60) {
                row = try await rows(of: .intake).first
            }
            let server = try #require(row)
            try await socket.subscribe("inbox")
            try await socket.connect(server.endpoint, serverKey: CurvePublicKey(z85: server.publicKey))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while true {
                        let frames = try await socket.receive()
                        heard.put(Hint(topic: String(decoding: frames[0], as: UTF8.self)))
                    }
                }
                // Refused, and trying again: the first answer did not send it away for good.
                _ = try await retried.wait(until: { _ in retried.count >= 2 }) { intake.publish("inbox") }
                #expect(heard.count == 0)
                let own = PeerStore.Peer(
                    service: "routing", instance: UUID(), endpoint: "", publicKey: pair.publicKey.z85)
                try await PeerStore(pool: pool).register(own, for: 600, version: "1", clockAhead: nil)
                let hint = try await heard.wait(until: { _ in true }) { intake.publish("inbox") }
                #expect(hint.topic == "inbox")
                group.cancelAll()
            }
        }
        await context.close()
    }

    @Test func `A row is renewed as long as its instance lives`() async throws {
        let store = try access()
        let intake = Peers(
            service: .intake, publishes: true, subscribesTo: [], topics: [], store: store, logger: .silent)
        try await running([store, intake]) {
            var ends: Set<Timestamp> = []
            let start = ContinuousClock.now
            while ends.count < 2, ContinuousClock.now - start < .seconds(60) {
                let rows = try await pool.query("SELECT expires_at FROM peer WHERE service = 'intake'")
                for row in rows { ends.insert(try row.decode(Timestamp.self, at: 0)) }
            }
            #expect(ends.count == 2)
        }
    }

    @Test func `Rows of instances that died long ago are removed by their own kind`() async throws {
        let peers = PeerStore(pool: pool)
        func peer(_ service: String) -> PeerStore.Peer {
            .init(service: service, instance: UUID(), endpoint: "", publicKey: String(repeating: "k", count: 40))
        }
        let dead = peer("routing"), silent = peer("routing"), other = peer("intake")
        for peer in [dead, silent, other] { try await peers.register(peer, for: 6, version: "1", clockAhead: nil) }
        try await pool.query("UPDATE peer SET expires_at = now() - interval '2 minutes'")
        try await pool.query(
            "UPDATE peer SET expires_at = now() - interval '2 seconds' WHERE instance = \(silent.instance)")
        let alive = peer("routing")
        let time = try await peers.register(alive, for: 6, version: "1", clockAhead: 0.25)
        #expect(abs(Timestamp.now.microseconds(since: time)) < 60_000_000, "the store tells its time")
        #expect(try await peers.standing() == [alive])
        let told = try await pool.query("SELECT version, clock_ahead_s FROM peer WHERE instance = \(alive.instance)")
        let (version, ahead) = try told.one().decode((String, Double).self)
        #expect(version == "1" && ahead == 0.25)
        let rows = try await pool.query("SELECT instance FROM peer")
        let left = try rows.map { try $0.decode(UUID.self, at: 0) }
        #expect(Set(left) == [alive.instance, silent.instance, other.instance])
        try await peers.remove(alive)
        #expect(try await peers.standing().isEmpty)
    }
}
