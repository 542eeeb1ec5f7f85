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

/// Wires together what pushes a stream to its endpoints; without a key for their secrets nothing is pushed.
struct WebhookPart: Sendable {
    let store: WebhookStore
    let seal: WebhookSeal?
    let signals: WebhookSignals
    let reader: StreamReader
    private let policy: OutboundPolicy
    private let logger: Logger

    init(_ configuration: NotifierConfiguration, pool: PostgresPool, stream: LiveStream, logger: Logger) {
        store = WebhookStore(
            jurisdiction: stream.reader.jurisdiction, stream: stream.reader.stream, pool: pool)
        seal = configuration.webhookKeys.map { WebhookSeal($0) }
        signals = WebhookSignals(tail: stream.tail)
        policy = configuration.outbound.policy
        reader = stream.reader
        self.logger = logger
    }

    /// Where endpoints may be.
    var addresses: AddressPolicy { policy.addresses }

    /// Throws 503 where this process keeps no key for secrets: then nothing is pushed, and nothing new is taken.
    func requireSeal() throws(ProblemDetails) -> WebhookSeal {
        guard let seal else { throw .unavailable("Here nothing is pushed: the operator has given no key for it.") }
        return seal
    }

    /// What calls the endpoints of so many streams.
    static func client(_ policy: OutboundPolicy, streams: Int = 1) -> OutboundClient {
        // Each endpoint sends one event at a time, and all of a stream may be at one host.
        let limits = OutboundLimits(
            requests: WebhookStore.limit * streams * 2, hostConnections: WebhookStore.limit,
            keptConnections: WebhookStore.limit * 2)
        return OutboundClient(policy: policy, limits: limits, reactor: Reactor(name: "sasando-out"))
    }

    /// The work beside the doors; nil without a key.
    ///
    /// - Parameters:
    ///   - client: what calls; a new one where none is given.
    ///   - schedule: when an event is tried again.
    func runner(
        client: OutboundClient? = nil, schedule: WebhookSchedule = .standard, timeout: Duration = WebhookPace.timeout,
        metrics: MetricRegistry? = nil
    ) -> WebhookRunner? {
        guard let seal else { return nil }
        let counts = WebhookMetrics(reader)
        if let metrics { counts.show(signals, in: metrics) }
        return WebhookRunner(
            delivery: WebhookDelivery(
                store: store, pages: WebhookPages(reader), seal: seal,
                sender: WebhookSender(client: client ?? Self.client(policy), timeout: timeout), schedule: schedule,
                signals: signals, metrics: counts, logger: logger))
    }
}
