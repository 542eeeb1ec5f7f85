internal import CoreMetrics
internal import Domain
internal import FoundationEssentials
internal import Hummingbird
internal import PostgreSQL
internal import Reactor
internal import Runtime
internal import ServiceLifecycle
internal import Storage
internal import Streams
internal import Telemetry

/// Wires intake together: the doors, the queues, the store and the hints.
struct IntakeService: Sendable {
    private let configuration: IntakeConfiguration
    private let process: ServiceProcess

    init(_ configuration: IntakeConfiguration, _ process: ServiceProcess) {
        self.configuration = configuration
        self.process = process
    }

    /// The parts in the order of their start; they stop the other way round, the doors first.
    func parts() async throws -> [any Service] {
        let logger = process.logger
        let store = try StoreAccess(configuration.runtime.store, process: process, queryTimeout: .milliseconds(1200))
        let security = SecurityHeaders()
        let registry = CityRegistry(
            store: CityStore(pool: store.pool), withBoundaries: true, logger: logger
        ) { cities in
            security.allowTiles(from: cities.compactMap(\.city.map.url))
        }
        let peers = Peers(
            service: .intake, publishes: true, subscribesTo: [], topics: [], store: store, logger: logger)
        let reportLog = ReportLog(logger: logger)
        let queues = AdmissionQueues(
            store: AdmissionStore(pool: store.pool), bounds: configuration.bounds, on: store.reactor,
            logger: logger, reportLog: reportLog,
            stored: { peers.publish(Topic.inbox) })
        AdmissionRefusals.expectAll()
        let waiting = Meter(.admissionWaiting)
        process.metrics.beforeExposition { waiting.set(queues.waiting) }
        let commands = CommandStore(pool: store.pool)
        let receipts = ReceiptUpkeep(logger: logger) { days, limit in
            try await commands.forgetReporterReceipts(olderThanDays: days, limit: limit)
        }
        let runner = ReporterRunner(
            store: commands, logger: logger, reportLog: reportLog
        ) { jurisdiction, heads in
            for head in heads { peers.publish(Topic.stream(head.stream, of: jurisdiction), head.cursor.text) }
        }
        let doors = Doors(
            configuration: configuration, registry: registry, queues: queues, runner: runner, pool: store.pool)
        let router = HTTPService.makeRouter()
        process.health.addRoutes(to: router, metrics: process.metrics)
        store.addChecks(to: process.health)
        process.health.add("city") { registry.isReady ? nil : "no city is loaded" }
        doors.add(to: router)
        return [
            store, reportLog, Background("cities") { await registry.run() }, peers, queues,
            Background("receipts") { await receipts.run() },
            HTTPService(
                router: router, settings: configuration.runtime.http, page: doors.problemPage, security: security,
                logger: logger),
        ]
    }
}

/// Intake's routes, and what they need.
private struct Doors: Sendable {
    private let reports: ReportRoutes
    private let citizens: CitizenRoutes
    private let reporters: ReporterRoutes
    private let publicReports: PublicRoutes

    init(
        configuration: IntakeConfiguration, registry: CityRegistry, queues: AdmissionQueues,
        runner: ReporterRunner, pool: PostgresPool
    ) {
        let http = configuration.runtime.http
        let cities = ServedCities(registry: registry, store: CityStore(pool: pool))
        let secret = configuration.reporterSecret.bytes
        let authenticator = Authenticator(publicURL: http.publicURL, access: AccessStore(pool: pool))
        let admission = ReportAdmission(
            queues: queues, store: AdmissionStore(pool: pool),
            seal: IdentitySeal(key: configuration.identityKey.bytes), reporterSecret: secret)
        let access = ReportAccess(
            store: ReportStore(pool: pool), authenticator: authenticator, reporterSecret: secret)
        let limits = CitizenLimits(
            limiter: RateLimiter(),
            rate: .init(perSecond: Double(configuration.citizenRate) / 60, burst: Double(configuration.citizenBurst)))
        reports = ReportRoutes(
            cities: cities, admission: admission, reports: access, authenticator: authenticator, limits: limits,
            clock: { .now })
        let sameOrigin = SameOrigin(publicURL: http.publicURL)
        reporters = ReporterRoutes(
            cities: cities, reports: access, runner: runner, limits: limits, sameOrigin: sameOrigin)
        let publicURL = http.publicURL ?? "http://\(http.host):\(http.port)"
        citizens = CitizenRoutes(
            cities: cities, admission: admission, reports: access, runner: runner, limits: limits,
            sameOrigin: sameOrigin, publicURL: publicURL, clock: { .now })
        publicReports = PublicRoutes(
            cities: cities, reports: PublicReports(store: PublicReportStore(pool: pool)), publicURL: publicURL,
            clock: { .now })
    }

    func add(to router: Router<WebContext>) {
        reports.add(to: router)
        citizens.add(to: router)
        reporters.add(to: router)
        publicReports.add(to: router)
    }

    var problemPage: ProblemPage {
        let citizens = citizens
        return { problem, request, _ in citizens.problemPage(problem, request) }
    }
}
