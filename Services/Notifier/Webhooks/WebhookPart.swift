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

/// Wires together what pushes the stream to an agency's endpoints; without a key for their secrets nothing is pushed.
struct WebhookPart: Sendable {
    let store: WebhookStore
    let seal: WebhookSeal?
    let signals: WebhookSignals
    private let policy: OutboundPolicy
    private let reader: StreamReader
    private let logger: Logger

    init(_ configuration: NotifierConfiguration, pool: PostgresPool, stream: LiveStream, logger: Logger) {
        store = WebhookStore(
            jurisdiction: configuration.jurisdiction, stream: configuration.agency, pool: pool)
        seal = configuration.webhookKeys.map { WebhookSeal($0) }
        signals = WebhookSignals(tail: stream.tail)
        policy = configuration.outbound.policy
        reader = stream.reader
        self.logger = logger
    }

    func routes(door: AgencyDoor, cities: CityRegistry) -> WebhookRoutes {
        WebhookRoutes(
            door: door, store: store, seal: seal, reader: reader, cities: cities, addresses: policy.addresses,
            signals: signals)
    }

    /// The work beside the doors; nil without a key.
    ///
    /// - Parameter schedule: when an event is tried again.
    func runner(
        schedule: WebhookSchedule = .standard, timeout: Duration = WebhookPace.timeout, metrics: MetricRegistry? = nil
    ) -> WebhookRunner? {
        guard let seal else { return nil }
        // Each endpoint sends one event at a time, and all may be at one host.
        let limits = OutboundLimits(
            requests: WebhookStore.limit * 2, hostConnections: WebhookStore.limit,
            keptConnections: WebhookStore.limit * 2)
        let client = OutboundClient(policy: policy, limits: limits, reactor: Reactor(name: "sasando-out"))
        let counts = WebhookMetrics(reader)
        if let metrics { counts.show(signals, in: metrics) }
        return WebhookRunner(
            delivery: WebhookDelivery(
                store: store, pages: WebhookPages(reader), seal: seal,
                sender: WebhookSender(client: client, timeout: timeout), schedule: schedule, signals: signals,
                metrics: counts, logger: logger))
    }
}
