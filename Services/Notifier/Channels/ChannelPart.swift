internal import Domain
internal import Hummingbird
internal import Logging
internal import PostgreSQL
internal import Runtime
internal import Storage
internal import Streams
internal import Synchronization
internal import Telemetry

/// Wires together what copies the channels' streams and what serves them.
struct ChannelPart: Sendable {
    /// Live consumers of one channel, beside the bound of the whole process.
    private static let consumers = 100
    /// What the newest events of one channel may weigh in memory, in bytes: there may be many channels.
    private static let tailBytes = 1 << 20

    let copier: ChannelCopier
    let streams: ChannelStreams
    /// To be run beside the routes.
    let open = OpenStreams()
    private let configuration: NotifierConfiguration
    private let growths: Growths

    /// Who is told of growth; known only when the peers are there.
    private final class Growths: Sendable {
        let tell = Mutex<@Sendable (ChannelCode, Int64) -> Void>({ _, _ in })
    }

    init(
        _ configuration: NotifierConfiguration, pool: PostgresPool, logger: Logger, reportLog: ReportLog,
        schedule: WebhookSchedule = .standard, metrics: MetricRegistry? = nil
    ) {
        let (jurisdiction, growth, growths) = (configuration.jurisdiction, Wake(), Growths())
        let store = ChannelStreamStore(jurisdiction: jurisdiction, pool: pool)
        let client =
            configuration.webhookKeys == nil
            ? nil : WebhookPart.client(configuration.outbound.policy, streams: ChannelStreamStore.limit)
        let copier = ChannelCopier(jurisdiction: jurisdiction, store: store, logger: logger) { channel, head in
            growths.tell.withLock { $0 }(channel, head)
        }
        let seats = min(Self.consumers, configuration.consumers)
        streams = ChannelStreams(store: store, copier: copier, growth: growth, logger: logger) { channel in
            let live = LiveStream(
                reader: StreamReader(jurisdiction: jurisdiction, stream: .channel(channel), pool: pool),
                consumers: seats, tail: Tail(maximumSize: Self.tailBytes, wake: growth), logger: logger,
                reportLog: reportLog)
            if let metrics { live.show(in: metrics) }
            let webhooks = WebhookPart(configuration, pool: pool, stream: live, logger: logger)
            return ChannelStreams.Part(
                stream: ServedStream(live: live, webhooks: webhooks),
                runner: webhooks.runner(client: client, schedule: schedule, metrics: metrics))
        }
        self.copier = copier
        self.configuration = configuration
        self.growths = growths
        onGrowth { _, _ in }
    }

    /// - Parameter tell: tells the other processes; our own consumers need not wait for the way through ZeroMQ.
    func onGrowth(_ tell: @escaping @Sendable (ChannelCode, Int64) -> Void) {
        growths.tell.withLock { [streams] in
            $0 = { channel, head in
                streams.ring(channel)
                tell(channel, head)
            }
        }
    }

    /// A hint of another process: a stream has grown.
    func heard(_ topic: String) {
        let prefix = Topic.streams(of: configuration.jurisdiction)
        guard topic.hasPrefix(prefix) else { return }
        if let channel = StreamCode(rawValue: String(topic.dropFirst(prefix.count))).channel {
            streams.ring(channel)
        } else {
            copier.hints.ring()
        }
    }

    func addRoutes(
        to router: Router<WebContext>, door: ChannelDoor, cities: CityRegistry, patience: Duration = .seconds(60)
    ) {
        let entrance = StreamEntrance { [streams] request, context in
            try await streams.stream(of: try await door.admit(request, context))
        } judge: { request, code in
            _ = try await door.principal(of: request, at: code)
        }
        let root = "/v1/channels/:code"
        let events = EventsRoute(entrance: entrance, open: open, patience: patience)
        router.get("\(root)/events") { try await events.answer($0, $1) }
        WebhookRoutes(root: root, entrance: entrance, cities: cities).add(to: router)
    }

    /// Each channel's stream for the holders of its keys.
    var doorStreams: StreamDoor.Streams {
        StreamDoor.Streams(growth: streams.growth, isClosed: { [streams] in streams.isClosed }) { [streams] principal in
            try streams.streamAtOnce(of: try principal.requireChannel(for: .read)).live
        }
    }
}
