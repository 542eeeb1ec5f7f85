internal import CoreMetrics
internal import Domain
internal import FoundationEssentials
internal import Hummingbird
internal import Media
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
        let announce = { @Sendable (jurisdiction: JurisdictionCode, heads: [StreamHead]) in
            for head in heads { peers.publish(Topic.stream(head.stream, of: jurisdiction), head.cursor.text) }
        }
        let runner = ReporterRunner(
            store: commands, erasures: ErasureStore(pool: store.pool), logger: logger, reportLog: reportLog,
            announce: announce)
        let contacts = ContactRunner(
            store: ContactStore(pool: store.pool), identities: configuration.identityKeys, logger: logger,
            reportLog: reportLog, announce: announce)
        let workers = MediaWorkers(executable: configuration.media.worker, logger: logger)
        let (folder, media) = (PhotoFolder(configuration.media.folder), MediaStore(pool: store.pool))
        let photos = Photos(workers: workers, folder: folder, store: media)
        let sweep = PhotoUpkeep(folder: folder, store: media, logger: logger) { registry.cities.map(\.city.code) }
        let push = PushPart(configuration: configuration, registry: registry, pool: store.pool, logger: logger)
        let chats = ChatPart(
            configuration: configuration, registry: registry, pool: store.pool, news: push.bell, logger: logger)
        let limiter = RateLimiter()
        let share = RateShare(
            limiter, store: RateStore(pool: store.pool), secret: configuration.reporterSecret.bytes, logger: logger)
        let doors = IntakeDoors(
            configuration: configuration, registry: registry, queues: queues, limiter: limiter, runner: runner,
            contacts: contacts, photos: photos, push: push, chats: chats, pool: store.pool,
            announce: announce)
        let router = HTTPService.makeRouter()
        process.health.addRoutes(to: router, metrics: process.metrics)
        store.addChecks(to: process.health)
        process.health.add("city") { registry.isReady ? nil : "no city is loaded" }
        doors.add(to: router)
        var parts: [any Service] = [
            store, reportLog, Background("cities") { await registry.run() }, peers, queues,
            Background("limits") { await share.run() }, workers,
            Background("identity keys") { [configuration] in await configuration.identityKeys.run(logger: logger) },
            Background("photos") { await sweep.run() },
        ]
        parts += upkeeps(commands, TestReportStore(pool: store.pool)) + push.services
        parts += chats.services(doors.cities, doors.filing, runner, photos, ReportStore(pool: store.pool))
        parts +=
            IngressPart(
                settings: configuration.ingress, cities: doors.cities, filing: doors.filing, limiter: limiter,
                pool: store.pool, process: process
            ).services
        parts.append(
            HTTPService(
                router: router, settings: configuration.runtime.http, page: doors.problemPage, security: security,
                logger: logger))
        return parts
    }

    private func upkeeps(_ commands: CommandStore, _ reports: TestReportStore) -> [any Service] {
        let receipts = HourlyUpkeep(of: "answers to commands", logger: process.logger) { limit in
            try await commands.forgetReporterReceipts(olderThanDays: CommandStore.receiptDays, limit: limit)
        }
        let tests = HourlyUpkeep(of: "test reports", logger: process.logger) { limit in
            try await reports.forgetOld(limit: limit)
        }
        return [
            Background("receipts") { await receipts.run() }, Background("test reports") { await tests.run() },
        ]
    }
}
