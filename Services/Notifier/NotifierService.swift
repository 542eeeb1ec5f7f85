internal import Domain
internal import Hummingbird
internal import Logging
internal import Media
internal import PostgreSQL
internal import Runtime
internal import ServiceLifecycle
internal import Storage
internal import Streams

/// Wires a notifier together: one agency's stream in memory, its commands and its desk.
struct NotifierService: Sendable {
    private let configuration: NotifierConfiguration
    private let process: ServiceProcess
    private let agency: AgencyCode
    private let media: MediaSettings

    init(
        _ configuration: NotifierConfiguration, _ process: ServiceProcess, agency: AgencyCode, media: MediaSettings
    ) {
        self.configuration = configuration
        self.process = process
        self.agency = agency
        self.media = media
    }

    /// The parts in the order of their start. They stop the other way round: consumers are let go first.
    func parts() async throws -> [any Service] {
        let logger = process.logger
        let jurisdiction = configuration.jurisdiction
        let store = try StoreAccess(configuration.runtime.store, process: process)
        let security = SecurityHeaders()
        let registry = CityRegistry(store: CityStore(pool: store.pool), logger: logger) { cities in
            security.allowTiles(from: cities.compactMap(\.city.map.url))
        }
        let reportLog = ReportLog(logger: logger)
        let stream = LiveStream(
            reader: StreamReader(jurisdiction: jurisdiction, stream: .agency(agency), pool: store.pool),
            consumers: configuration.consumers, logger: logger, reportLog: reportLog)
        stream.show(in: process.metrics)
        let peers = Peers(
            service: .notifier, publishes: true, subscribesTo: [.intake, .routing, .notifier],
            topics: [Topic.stream(agency, of: jurisdiction)], store: store, logger: logger
        ) { _ in stream.hints.ring() }
        let workers = MediaWorkers(executable: media.worker, count: 1, most: 6, logger: logger)
        let photos = Photos(
            workers: workers, folder: PhotoFolder(media.folder), store: MediaStore(pool: store.pool))
        let webhooks = WebhookPart(configuration, pool: store.pool, stream: stream, logger: logger)
        let pushing: [any Service] = webhooks.runner(metrics: process.metrics).map { [$0] } ?? []
        let limiter = RateLimiter()
        let share = RateShare(limiter, store: RateStore(pool: store.pool), logger: logger)
        let doors = NotifierDoors(
            configuration, agency: agency, pool: store.pool, registry: registry,
            stream: ServedStream(live: stream, webhooks: webhooks), limiter: limiter, photos: photos, logger: logger,
            reportLog: reportLog
        ) { heads in
            for head in heads { peers.publish(Topic.stream(head.stream, of: jurisdiction), head.cursor.text) }
        }
        let (agency, commands) = (agency, CommandStore(pool: store.pool))
        let receipts = HourlyUpkeep(of: "answers to commands", logger: logger) { limit in
            try await commands.forgetReceipts(
                of: agency, in: jurisdiction, olderThanDays: CommandStore.receiptDays, limit: limit)
        }
        let router = HTTPService.makeRouter()
        process.health.addRoutes(to: router, metrics: process.metrics)
        store.addChecks(to: process.health)
        process.health.add("city") {
            guard let city = registry.city(jurisdiction)?.city else { return "the city \(jurisdiction) is not loaded" }
            return city.agency(agency) == nil ? "\(jurisdiction) has no agency \(agency)" : nil
        }
        process.health.add("stream") { stream.hasBegun ? nil : "the agency's stream has not been read yet" }
        doors.add(to: router)
        let access = AccessStore(pool: store.pool)
        let door = StreamPart(
            settings: configuration.stream, streams: StreamDoor.Streams(stream),
            keys: CurveKeyWatch(logger: logger) { try await access.streamKeys() }, limiter: limiter, process: process)
        let http = HTTPService(
            router: router, settings: configuration.runtime.http, page: doors.problemPage, security: security,
            logger: logger)
        let inner: [any Service] = [
            store, reportLog, Background("cities") { await registry.run() }, peers,
            Background("stream", on: store.reactor) { await stream.run() },
            Background("receipts") { await receipts.run() }, Background("limits") { await share.run() },
            Background("open streams") { await doors.open.run() }, workers,
        ]
        return inner + pushing + [http] + door.services + [ConsumerRelease { stream.tail.close() }]
    }
}

/// A notifier's routes, and what they need.
struct NotifierDoors: Sendable {
    /// To be run beside the routes.
    let open = OpenStreams()
    private let events: EventsRoute
    private let work: WorkRoutes
    private let command: CommandRoute
    private let desk: DeskRoutes
    private let signIn: SignInRoutes
    private let webhooks: WebhookRoutes
    private let pages: StaffPages

    /// - Parameter publish: tells the other processes that streams have grown.
    init(
        _ configuration: NotifierConfiguration, agency: AgencyCode, pool: PostgresPool, registry: CityRegistry,
        stream: ServedStream, limiter: RateLimiter, photos: Photos, logger: Logger, reportLog: ReportLog,
        patience: Duration = .seconds(60), publish: @escaping @Sendable ([StreamHead]) -> Void
    ) {
        let jurisdiction = configuration.jurisdiction
        let publicURL = configuration.runtime.http.publicURL
        let access = AccessStore(pool: pool)
        let authenticator = Authenticator(publicURL: publicURL, access: access)
        let door = AgencyDoor(
            jurisdiction: jurisdiction, agency: agency, authenticator: authenticator, limiter: limiter)
        let runner = CommandRunner(
            jurisdiction: jurisdiction, agency: agency, store: CommandStore(pool: pool), logger: logger,
            reportLog: reportLog
        ) { heads in
            // Our own consumers need not wait for the way through ZeroMQ.
            if heads.contains(where: { $0.stream == agency }) { stream.live.hints.ring() }
            publish(heads)
        }
        pages = StaffPages(
            jurisdiction: jurisdiction, cities: registry, isSecure: publicURL?.hasPrefix("https:") ?? false)
        let entrance = StreamEntrance { request, context in
            try await door.admit(request, context)
            return stream
        } judge: { request, _ in
            _ = try await door.principal(of: request)
        }
        events = EventsRoute(entrance: entrance, open: open, patience: patience)
        work = WorkRoutes(door: door, desk: DeskStore(pool: pool), cities: registry)
        command = CommandRoute(door: door, runner: runner, cities: registry)
        desk = DeskRoutes(
            door: door, desk: DeskStore(pool: pool), stream: stream.live.reader, cities: registry, runner: runner,
            photos: photos, pages: pages)
        signIn = SignInRoutes(
            jurisdiction: jurisdiction, access: access, authenticator: authenticator, limiter: limiter, pages: pages,
            sameOrigin: SameOrigin(publicURL: publicURL))
        webhooks = WebhookRoutes(root: "/v1/agencies/:code", entrance: entrance, cities: registry)
    }

    func add(to router: Router<WebContext>) {
        router.get("/v1/agencies/:code/events") { try await events.answer($0, $1) }
        router.get("/v1/agencies/:code/reports") { try await work.list($0, $1) }
        router.get("/v1/agencies/:code/reports/:id") { try await work.one($0, $1) }
        router.post("/v1/agencies/:code/reports/:id/:command") { try await command.answer($0, $1) }
        webhooks.add(to: router)
        router.get("/desk/:code") { try await desk.overview($0, $1) }
        router.get("/desk/:code/cetak") { try await desk.printed($0, $1) }
        router.get("/desk/:code/laporan/:id") { try await desk.report($0, $1) }
        router.post("/desk/:code/laporan/:id/:command") { try await desk.command($0, $1) }
        router.get("/masuk") { try await signIn.form($0, $1) }
        router.post("/masuk") { try await signIn.submit($0, $1) }
        router.post("/keluar") { try await signIn.signOut($0, $1) }
        router.get("/assets/**") { request, _ in try assetResponse(request) }
    }

    var problemPage: ProblemPage {
        let pages = pages
        return { problem, request, _ in pages.problem(problem, request) }
    }
}
