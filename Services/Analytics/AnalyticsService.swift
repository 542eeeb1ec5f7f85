internal import CoreMetrics
internal import Domain
internal import Hummingbird
internal import Logging
internal import Runtime
internal import ServiceLifecycle
internal import Storage
internal import Streams
internal import Synchronization
internal import Telemetry

/// Wires analytics together: a folder for each city, and the dashboard.
struct AnalyticsService: Sendable {
    private let configuration: AnalyticsConfiguration
    private let process: ServiceProcess

    init(_ configuration: AnalyticsConfiguration, _ process: ServiceProcess) {
        self.configuration = configuration
        self.process = process
    }

    /// The parts in the order of their start; they stop the other way round.
    func parts() async throws -> [any Service] {
        let logger = process.logger
        let http = configuration.runtime.http
        let store = try StoreAccess(configuration.runtime.store, process: process)
        let security = SecurityHeaders()
        let registry = CityRegistry(store: CityStore(pool: store.pool), logger: logger) { cities in
            security.allowTiles(from: cities.compactMap(\.city.map.url))
        }
        let hints = Wake()
        let peers = Peers(
            service: .analytics, publishes: false, subscribesTo: [.routing, .notifier], topics: ["stream/"],
            store: store, logger: logger
        ) { _ in hints.ring() }
        let folders = Folders(registry: registry, store: AnalyticsStore(pool: store.pool), hints: hints, logger: logger)
        folders.show(in: process.metrics)
        let limiter = RateLimiter()
        let share = RateShare(limiter, store: RateStore(pool: store.pool), logger: logger)
        let doors = AnalyticsDoors(
            registry: registry,
            authenticator: Authenticator(publicURL: http.publicURL, access: AccessStore(pool: store.pool)),
            limiter: limiter, publicURL: http.publicURL, clock: { .now })
        let routes = DashboardRoutes(
            doors: doors, store: SummaryStore(pool: store.pool), flags: FlagStore(pool: store.pool),
            age: { folders.age(of: $0) })
        let router = HTTPService.makeRouter()
        process.health.addRoutes(to: router, metrics: process.metrics)
        store.addChecks(to: process.health)
        process.health.add("city") { registry.isReady ? nil : "no city is loaded" }
        routes.add(to: router)
        PerformanceRoutes(
            store: PerformanceStore(pool: store.pool), doors: doors, age: { folders.age(of: $0) }
        ).add(to: router)
        AnnouncementRoutes(
            doors: doors, store: AnnouncementStore(pool: store.pool), sameOrigin: SameOrigin(publicURL: http.publicURL)
        ).add(to: router)
        return [
            store, Background("cities") { await registry.run() }, peers, Background("fold") { await folders.run() },
            Background("limits") { await share.run() },
            HTTPService(
                router: router, settings: http,
                page: { problem, request, _ in routes.problemPage(problem, request) }, security: security,
                logger: logger),
        ]
    }
}

/// Starts a city's fold when the city appears.
final class Folders: Sendable {
    private let progress: Mutex<[JurisdictionCode: FoldProgress]> = Mutex([:])
    private let registry: CityRegistry
    private let store: AnalyticsStore
    private let hints: Wake
    private let logger: Logger

    init(registry: CityRegistry, store: AnalyticsStore, hints: Wake, logger: Logger) {
        self.registry = registry
        self.store = store
        self.hints = hints
        self.logger = logger
    }

    /// How old the city's newest complete picture is; nil before the first.
    func age(of jurisdiction: JurisdictionCode) -> Duration? {
        progress.withLock { $0[jurisdiction] }?.age
    }

    /// Shows in `metrics` how old each city's figures are, from the first complete picture on.
    func show(in metrics: MetricRegistry) {
        metrics.beforeExposition { [self] in
            for (city, progress) in progress.withLock({ $0 }) {
                guard let age = progress.age else { continue }
                Meter(.foldAge, [("jurisdiction", city.rawValue)]).set(Double(age.nanoseconds) / 1e9)
            }
        }
    }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            while !Task.isCancelled {
                for loaded in registry.cities {
                    let code = loaded.city.code
                    let progress = FoldProgress()
                    let isNew = self.progress.withLock { known in
                        if known[code] != nil { return false }
                        known[code] = progress
                        return true
                    }
                    guard isNew else { continue }
                    let folder = Folder(
                        jurisdiction: code, offsetSeconds: loaded.city.utcOffset, store: store, hints: hints,
                        progress: progress, logger: logger)
                    group.addTask { await folder.run() }
                }
                try? await Task.sleep(for: .milliseconds(registry.isReady ? 1000 : 50))
            }
            group.cancelAll()
        }
    }
}
