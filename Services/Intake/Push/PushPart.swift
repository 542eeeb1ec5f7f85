internal import Domain
internal import Logging
internal import Outbound
internal import PostgreSQL
internal import Reactor
internal import Runtime
internal import ServiceLifecycle
internal import Storage
internal import Streams
internal import Telemetry

/// Wires together what tells browsers of news; without a key none is told, and no page offers it. It looks through the
/// streams for chats too.
struct PushPart: Sendable {
    /// How often what belongs to ended reports is let go.
    private static let upkeepInterval: Duration = .seconds(3600)
    private static let upkeepLimit = 1000

    let store: PushStore
    let identity: PushIdentity?
    /// Rung when a report's status has changed that somebody is to be told of.
    let bell = Wake()
    private let policy: OutboundPolicy
    private let tellsChats: Bool
    private let registry: CityRegistry
    private let logger: Logger

    init(configuration: IntakeConfiguration, registry: CityRegistry, pool: PostgresPool, logger: Logger) {
        store = PushStore(pool: pool)
        policy = configuration.outbound.policy
        tellsChats = configuration.channels.isOn
        identity = configuration.pushIdentity
        self.registry = registry
        self.logger = logger
        if identity != nil { PushMetrics.expectAll() }
    }

    var addresses: AddressPolicy { policy.addresses }

    /// The work beside the doors.
    var services: [any Service] {
        let watch = PushWatch(registry: registry, store: store, bell: bell, logger: logger)
        let watching = Background("push watch") { await watch.run() }
        guard let identity else { return tellsChats ? [watching] : [] }
        let client = OutboundClient(policy: policy, reactor: Reactor(name: "sasando-out"))
        let sender = PushSender(
            registry: registry, store: store, identity: identity, client: client, bell: bell, logger: logger,
            clock: { .now })
        return [
            Background("push upkeep") { await keepUp() }, Background("push") { await sender.run() },
            watching,
        ]
    }

    /// Nobody waits for news of a report once it can no longer be opened again.
    private func keepUp() async {
        while !Task.isCancelled {
            for city in registry.cities.map(\.city) {
                do {
                    while !Task.isCancelled,
                        try await store.forgetEnded(
                            in: city.code, endedBefore: city.limits.reporterReopenSeconds, limit: Self.upkeepLimit)
                            == Self.upkeepLimit
                    {}
                } catch {
                    logger.warning("Old subscriptions not let go", metadata: [LogKey.error: "\(error)"])
                }
            }
            try? await Task.sleep(for: Self.upkeepInterval)
        }
    }
}
