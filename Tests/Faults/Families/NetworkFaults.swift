internal import Foundation
internal import PostgreSQL
internal import TestSupport

/// What can befall the ways between the parts.
enum NetworkFaults {
    private static let slow = Disturbance.slow(latency_ms: 20, jitter_ms: 30, slice: 700)
    private static let victim = Stack.notifier(Part.victim)

    static let all: [Fault] =
        [
            store("cut-store-intake", Stack.intake, .silence), store("cut-store-routing", Stack.routing, .silence),
            store("cut-store-analytics", Stack.analytics, .silence),
            store("cut-store-notifier", victim, .silence, .agency(Part.victim)),
            store("lose-store-intake", Stack.intake, .halfOpen), store("lose-store-routing", Stack.routing, .halfOpen),
            store("slow-store-intake", Stack.intake, slow), store("slow-store-routing", Stack.routing, slow),
            store("slow-store-notifier", victim, slow, .agency(Part.victim)),
            Fault(
                name: "reset-store", what: "connections to the store are reset, of one service after the other",
                targets: [.bare], needsStage: true, strike: resets),
            door("cut-door-intake", Stack.intake, .silence), door("reset-door-intake", Stack.intake, .reset),
            door("cut-door-notifier", victim, .silence, .agency(Part.victim)),
        ] + hints

    private static func store(
        _ name: String, _ service: String, _ disturbance: Disturbance, _ reach: Fault.Reach = .everyone
    ) -> Fault {
        let link = Link.store(service)
        let isCut = disturbance == .silence
        return Fault(
            name: name, what: "\(link): \(disturbance.words)", targets: isCut ? [.bare, .compose] : [.bare],
            reach: reach, least: reach == .everyone ? StopFaults.pastEveryLease : .seconds(2),
            needsStage: true
        ) { try await disturb(link, disturbance, $0) }
    }

    private static func door(
        _ name: String, _ service: String, _ disturbance: Disturbance, _ reach: Fault.Reach = .everyone
    ) -> Fault {
        let link = Link.door(service)
        return Fault(
            name: name, what: "\(link): \(disturbance.words)", reach: reach, least: .seconds(3), needsStage: true
        ) { try await disturb(link, disturbance, $0) }
    }

    private static func disturb(_ link: Link, _ disturbance: Disturbance, _ scene: Scene) async throws -> Int {
        try await scene.undoing {
            try await scene.target.disturb(link, disturbance)
            try await scene.hold(scene.length)
            return 1
        } by: {
            try await scene.target.disturb(link, nil)
        }
    }

    /// Now this service's connections, now that one's; each is let in again at once.
    private static func resets(_ scene: Scene) async throws -> Int {
        let end = ContinuousClock.now + scene.length
        var count = 0
        while ContinuousClock.now < end {
            let link = Link.store(scene.dice.pick(Part.services))
            try await scene.target.disturb(link, .reset)
            try await scene.hold(.milliseconds(20))
            try await scene.target.disturb(link, nil)
            count += 1
            try await scene.hold(scene.dice.milliseconds(50...300))
        }
        return count
    }

    // MARK: Hints

    private static let hints: [Fault] = [
        hints("cut-hints", .silence, "nothing passes between publishers of hints and their listeners"),
        hints("reset-hints", .reset, "connections between publishers of hints and their listeners are reset"),
        hints("slow-hints", slow, "hints come late and in pieces"),
    ]

    private static func hints(_ name: String, _ disturbance: Disturbance, _ what: String) -> Fault {
        Fault(
            name: name, what: what, targets: [.bare], least: .seconds(5)
        ) { scene in
            let detour = Detour(scene.pool)
            return try await scene.undoing {
                let count = try await detour.begin()
                // Listeners look at the table of peers each second.
                try await scene.hold(.milliseconds(1_500))
                await detour.disturb(disturbance)
                try await scene.hold(scene.length)
                return count
            } by: {
                try await detour.end()
            }
        }
    }
}

extension Disturbance {
    var words: String {
        switch self {
        case .silence: "nothing passes, and nobody is told"
        case .reset: "reset"
        case .halfOpen: "half open: one end does not know that the other is gone"
        case .slow(let latency, let jitter, let slice):
            "\(latency) ms late, by up to \(jitter) ms unevenly, in pieces of \(slice) bytes"
        }
    }
}

/// Leads the hints of everybody who publishes through proxies of ours: it changes the addresses in the table of peers,
/// which an instance that renews its row leaves as they are.
private actor Detour {
    private let pool: PostgresPool
    private var proxies: [(instance: String, endpoint: String, proxy: TCPProxy)] = []

    init(_ pool: PostgresPool) { self.pool = pool }

    func begin() async throws -> Int {
        let rows = try await pool.query(
            "SELECT instance::text, endpoint FROM peer WHERE endpoint <> '' AND expires_at > now()")
        for row in rows {
            let (instance, endpoint) = try row.decode((String, String).self)
            let port = try RawSocket.place(of: endpoint).port
            let proxy = try TCPProxy(naming: .fixed("hints")) { port }
            proxies.append((instance, endpoint, proxy))
            try await pool.query(
                "UPDATE peer SET endpoint = \("tcp://127.0.0.1:\(proxy.port)") WHERE instance::text = \(instance)")
        }
        return proxies.count
    }

    func disturb(_ disturbance: Disturbance) {
        for (_, _, proxy) in proxies { proxy.disturb("hints", disturbance) }
    }

    func end() async throws {
        for (instance, endpoint, _) in proxies {
            try await pool.query("UPDATE peer SET endpoint = \(endpoint) WHERE instance::text = \(instance)")
        }
        for (_, _, proxy) in proxies { proxy.stop() }
    }
}
