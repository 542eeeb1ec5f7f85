internal import Domain
internal import Hummingbird
internal import Logging
internal import Runtime
internal import ServiceLifecycle
internal import Storage
internal import Streams

/// Wires routing together: a router and a timer runner for each city.
struct RoutingService: Sendable {
    private let configuration: RoutingConfiguration
    private let process: ServiceProcess
    /// The streams of one batch wait for each other: none for longer than this because somebody holds another's counter.
    private static let lockTimeout: Duration = .milliseconds(100)

    init(_ configuration: RoutingConfiguration, _ process: ServiceProcess) {
        self.configuration = configuration
        self.process = process
    }

    /// The parts in the order of their start; they stop the other way round.
    func parts() async throws -> [any Service] {
        let logger = process.logger
        let store = try StoreAccess(
            configuration.runtime.store, process: process, lockTimeout: Self.lockTimeout)
        let registry = CityRegistry(store: CityStore(pool: store.pool), logger: logger)
        let hints = Wake()
        let peers = Peers(
            service: .routing, publishes: true, subscribesTo: [.intake], topics: [Topic.inbox], store: store,
            logger: logger
        ) { _ in hints.ring() }
        let reportLog = ReportLog(logger: logger)
        let work = CityWork(
            registry: registry, store: store, hints: hints, peers: peers, logger: logger, reportLog: reportLog)
        let router = HTTPService.makeRouter()
        process.health.addRoutes(to: router, metrics: process.metrics)
        store.addChecks(to: process.health)
        process.health.add("city") { registry.isReady ? nil : "no city is loaded" }
        return [
            store, reportLog, Background("cities") { await registry.run() }, peers,
            Background("routing", on: store.reactor) { await work.run() },
            HTTPService(router: router, settings: configuration.runtime.http, logger: logger),
        ]
    }
}

/// Starts a city's work when the city appears.
private struct CityWork: Sendable {
    let registry: CityRegistry
    let store: StoreAccess
    let hints: Wake
    let peers: Peers
    let logger: Logger
    let reportLog: ReportLog

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            var started: Set<JurisdictionCode> = []
            while !Task.isCancelled {
                for city in registry.cities.map(\.city.code) where started.insert(city).inserted {
                    RoutingMetrics.expect(agencies: registry.city(city)?.city.agencies.map(\.code) ?? [])
                    group.addTask { await self.router(of: city).run() }
                    group.addTask { await self.timers(of: city).run() }
                    group.addTask { await self.watch(over: city).run() }
                }
                try? await Task.sleep(for: .milliseconds(started.isEmpty ? 50 : 1000))
            }
            group.cancelAll()
        }
    }

    private func router(of city: JurisdictionCode) -> Router {
        Router(
            jurisdiction: city, cities: registry, inbox: InboxStore(pool: store.pool), hints: hints,
            announce: announce(in: city), logger: logger, reportLog: reportLog)
    }

    private func timers(of city: JurisdictionCode) -> TimerRunner {
        TimerRunner(
            jurisdiction: city, cities: registry, deadlines: DeadlineStore(pool: store.pool),
            announce: announce(in: city), logger: logger, reportLog: reportLog)
    }

    private func watch(over city: JurisdictionCode) -> RoutingWatch {
        RoutingWatch(
            jurisdiction: city, deadlines: DeadlineStore(pool: store.pool), peers: PeerStore(pool: store.pool))
    }

    /// Tells whoever follows the streams that they have grown: after the commit, and only as a hint.
    private func announce(in city: JurisdictionCode) -> @Sendable ([StreamHead]) -> Void {
        let peers = peers
        return { heads in
            for head in heads { peers.publish(Topic.stream(head.stream, of: city), head.cursor.text) }
        }
    }
}
