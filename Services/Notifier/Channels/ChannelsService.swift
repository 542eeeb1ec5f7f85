internal import Domain
internal import Hummingbird
internal import Logging
internal import Runtime
internal import ServiceLifecycle
internal import Storage
internal import Streams

/// Wires a notifier for channels together: integrators follow what becomes of their own reports.
struct ChannelsService: Sendable {
    private let configuration: NotifierConfiguration
    private let process: ServiceProcess

    init(_ configuration: NotifierConfiguration, _ process: ServiceProcess) {
        self.configuration = configuration
        self.process = process
    }

    /// The parts in the order of their start. They stop the other way round: consumers are let go first.
    func parts() async throws -> [any Service] {
        let logger = process.logger
        let jurisdiction = configuration.jurisdiction
        let store = try StoreAccess(configuration.runtime.store, process: process)
        let registry = CityRegistry(store: CityStore(pool: store.pool), logger: logger)
        let reportLog = ReportLog(logger: logger)
        let part = ChannelPart(
            configuration, pool: store.pool, logger: logger, reportLog: reportLog, metrics: process.metrics)
        let peers = Peers(
            service: .notifier, publishes: true, subscribesTo: [.intake, .routing, .notifier],
            topics: [Topic.streams(of: jurisdiction)], store: store, logger: logger
        ) { part.heard($0.topic) }
        part.onGrowth { channel, head in
            peers.publish(Topic.stream(.channel(channel), of: jurisdiction), "\(head)")
        }
        let limiter = RateLimiter()
        let share = RateShare(limiter, store: RateStore(pool: store.pool), logger: logger)
        let access = AccessStore(pool: store.pool)
        let router = HTTPService.makeRouter()
        process.health.addRoutes(to: router, metrics: process.metrics)
        store.addChecks(to: process.health)
        process.health.add("city") {
            registry.city(jurisdiction) == nil ? "the city \(jurisdiction) is not loaded" : nil
        }
        let door = ChannelDoor(
            jurisdiction: jurisdiction,
            authenticator: Authenticator(publicURL: configuration.runtime.http.publicURL, access: access),
            limiter: limiter)
        part.addRoutes(to: router, door: door, cities: registry)
        let streams = part.streams
        let stream = StreamPart(
            settings: configuration.stream, streams: part.doorStreams,
            keys: CurveKeyWatch(logger: logger) {
                try await access.curveKeys().filter { $0.jurisdiction == jurisdiction }
            }, limiter: limiter, process: process)
        let http = HTTPService(router: router, settings: configuration.runtime.http, logger: logger)
        return [
            store, reportLog, Background("cities") { await registry.run() }, peers,
            Background("copies", on: store.reactor) { await part.copier.run() },
            Background("limits") { await share.run() }, Background("open streams") { await part.open.run() }, streams,
            http,
        ] + stream.services + [ConsumerRelease { streams.close() }]
    }
}
