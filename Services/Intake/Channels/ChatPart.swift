internal import Domain
internal import FoundationEssentials
internal import Logging
internal import Outbound
internal import PostgreSQL
internal import Reactor
internal import Runtime
internal import ServiceLifecycle
internal import Storage
internal import Streams
internal import Telemetry

/// Wires together what talks with people in chats; without a channel's settings there is none of it.
struct ChatPart: Sendable {
    private static let upkeepInterval: Duration = .seconds(3600)
    private static let upkeepLimit = 1000

    let store: ChatStore
    let vault: ChatVault
    let settings: ChannelSettings
    /// Rung by the webhooks.
    let bell = Wake()
    /// Rung when there is something to send, or news.
    let outbox: Wake
    private let policy: OutboundPolicy
    private let publicURL: String
    private let registry: CityRegistry
    private let logger: Logger

    /// - Parameter news: rung when a report's status has changed.
    init(
        configuration: IntakeConfiguration, registry: CityRegistry, pool: PostgresPool, news: Wake, logger: Logger
    ) {
        store = ChatStore(pool: pool)
        vault = ChatVault(
            identities: configuration.identityKeys, secret: configuration.reporterSecret.bytes)
        settings = configuration.channels
        outbox = news
        policy = configuration.outbound.policy
        let http = configuration.runtime.http
        publicURL = http.publicURL ?? "http://\(http.host):\(http.port)"
        self.registry = registry
        self.logger = logger
        ChatMetrics.expectAll()
    }

    func routes(_ cities: ServedCities) -> ChannelRoutes {
        ChannelRoutes(
            cities: cities, settings: settings, store: store, vault: vault, bell: bell, logger: logger,
            clock: { .now })
    }

    func providers() -> [any ChatProvider] {
        guard settings.isOn else { return [] }
        let client = OutboundClient(policy: policy, reactor: Reactor(name: "sasando-chat"))
        var providers: [any ChatProvider] = []
        if let whatsapp = settings.whatsapp { providers.append(WhatsAppProvider(settings: whatsapp, client: client)) }
        if let telegram = settings.telegram { providers.append(TelegramProvider(settings: telegram, client: client)) }
        return providers
    }

    /// The work beside the doors. What belongs to former channels goes all the same.
    func services(
        _ cities: ServedCities, _ filing: ReportFiling, _ runner: ReporterRunner, _ photos: Photos,
        _ reports: ReportStore
    ) -> [any Service] {
        let upkeep = Background("chat upkeep") { await keepUp() }
        let providers = providers()
        guard !providers.isEmpty else { return [upkeep] }
        let desk = ChatDesk(
            registry: registry, cities: cities, store: store, vault: vault, filing: filing,
            photos: ChatPhotos(photos: photos, runner: runner), reports: reports, providers: providers,
            publicURL: publicURL, bell: bell, outbox: outbox, logger: logger, clock: { .now })
        let sender = ChatSender(
            registry: registry, store: store, vault: vault, providers: providers, publicURL: publicURL, bell: outbox,
            logger: logger, clock: { .now })
        return [upkeep, Background("chat sender") { await sender.run() }, Background("chats") { await desk.run() }]
    }

    private func keepUp() async {
        while !Task.isCancelled {
            for city in registry.cities.map(\.city) {
                do {
                    while !Task.isCancelled,
                        try await store.forget(
                            in: city.code, endedBefore: city.limits.reporterReopenSeconds, limit: Self.upkeepLimit)
                            == Self.upkeepLimit
                    {}
                } catch {
                    logger.warning("Old chats not let go", metadata: [LogKey.error: "\(error)"])
                }
            }
            try? await Task.sleep(for: Self.upkeepInterval)
        }
    }
}
