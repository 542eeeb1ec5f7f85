internal import Domain
internal import FoundationEssentials
internal import Hummingbird
internal import Outbound
internal import PostgreSQL
internal import Reactor
internal import Runtime
internal import Storage
internal import Streams

/// Intake's routes, and what they need.
struct IntakeDoors: Sendable {
    /// What the door that is no route shares with them.
    let cities: ServedCities
    let filing: ReportFiling
    private let reports: ReportRoutes
    private let bulk: BulkRoutes
    private let citizens: CitizenRoutes
    private let reporters: ReporterRoutes
    private let senders: ChannelReportRoutes
    private let publicReports: PublicRoutes
    private let nearbyReports: NearbyRoutes
    private let contacts: ContactRoutes
    private let media: MediaRoutes
    private let pushes: PushRoutes
    private let flags: FlagRoutes
    private let operators: OperatorDoors
    private let open311: [Open311Routes]
    private let channels: ChannelRoutes

    /// - Parameter announce: called with the streams' new heads once they are committed.
    init(
        configuration: IntakeConfiguration, registry: CityRegistry, queues: AdmissionQueues,
        limiter: RateLimiter, runner: ReporterRunner, contacts contactRunner: ContactRunner, photos: Photos,
        push: PushPart, chats: ChatPart, pool: PostgresPool,
        announce: @escaping @Sendable (JurisdictionCode, [StreamHead]) -> Void
    ) {
        let (http, secret) = (configuration.runtime.http, configuration.reporterSecret.bytes)
        let cities = ServedCities(registry: registry, store: CityStore(pool: pool))
        let authenticator = Authenticator(publicURL: http.publicURL, access: AccessStore(pool: pool))
        let admission = ReportAdmission(
            queues: queues, store: AdmissionStore(pool: pool), tests: TestReportStore(pool: pool),
            identities: configuration.identityKeys, reporterSecret: secret)
        (self.cities, filing) = (cities, ReportFiling(admission: admission, photos: photos, clock: { .now }))
        let limits = CitizenLimits(
            limiter: limiter,
            address: .init(configuration.citizenRate, burst: configuration.citizenBurst),
            device: .init(configuration.deviceRate, burst: configuration.deviceBurst))
        let access = ReportAccess(
            store: ReportStore(pool: pool), identities: IdentityStore(pool: pool), authenticator: authenticator,
            limits: limits, reporterSecret: secret)
        reports = ReportRoutes(
            cities: cities, filing: filing, reports: access, authenticator: authenticator, limits: limits)
        bulk = BulkRoutes(
            cities: cities, admission: admission, authenticator: authenticator, limits: limits, photos: photos,
            seats: BulkSeats(), idle: http.idleTimeout, folder: configuration.temporaryFolder, clock: { .now })
        let sameOrigin = SameOrigin(publicURL: http.publicURL)
        reporters = ReporterRoutes(
            cities: cities, reports: access, runner: runner, limits: limits, sameOrigin: sameOrigin)
        senders = ChannelReportRoutes(
            cities: cities, reports: access.store, tests: admission.tests, runner: runner,
            authenticator: authenticator, limits: limits)
        let publicURL = http.publicURL ?? "http://\(http.host):\(http.port)"
        let isSecure = publicURL.hasPrefix("https:")
        let announcements = CityAnnouncements(store: AnnouncementStore(pool: pool), clock: { .now })
        let nearby = NearbyReports(store: NearbyReportStore(pool: pool))
        citizens = CitizenRoutes(
            cities: cities, admission: admission, reports: access, runner: runner, limits: limits,
            formTime: FormTime(secret: secret), photos: photos, nearby: nearby, announcements: announcements,
            sameOrigin: sameOrigin, publicURL: publicURL, pushKey: push.identity?.publicKey, clock: { .now })
        pushes = PushRoutes(
            cities: cities, reports: access, store: push.store, limits: limits, sameOrigin: sameOrigin,
            addresses: push.addresses, publicKey: push.identity?.publicKey)
        media = MediaRoutes(
            cities: cities, reports: access, authenticator: authenticator, limits: limits, sameOrigin: sameOrigin,
            photos: photos)
        publicReports = PublicRoutes(
            cities: cities, reports: PublicReports(store: PublicReportStore(pool: pool)),
            announcements: announcements, publicURL: publicURL, clock: { .now })
        nearbyReports = NearbyRoutes(
            cities: cities, nearby: nearby, reports: access, runner: runner, limits: limits, sameOrigin: sameOrigin,
            clock: { .now })
        contacts = ContactRoutes(
            cities: cities, authenticator: authenticator, limits: limits, runner: contactRunner, isSecure: isSecure)
        flags = FlagRoutes(
            cities: cities, reports: access, flags: FlagStore(pool: pool), limits: limits, sameOrigin: sameOrigin,
            isSecure: isSecure, clock: { .now })
        operators = OperatorDoors(
            cities: cities, door: OperatorDoor(authenticator: authenticator, limits: limits), admission: admission,
            publicURL: publicURL, pool: pool, announce: announce)
        let open311Photos = Open311Photos(photos: photos, fetcher: MediaFetcher(configuration.outbound.policy))
        open311 = Open311Endpoint.allCases.map { endpoint in
            Open311Routes(
                endpoint: endpoint, cities: cities,
                requests: endpoint.requests(tests: admission.tests, runner: runner, pool: pool),
                authenticator: authenticator, limits: limits, admission: admission, photos: open311Photos,
                publicURL: publicURL, clock: { .now })
        }
        channels = chats.routes(cities)
    }

    func add(to router: Router<WebContext>) {
        reports.add(to: router)
        bulk.add(to: router)
        citizens.add(to: router)
        reporters.add(to: router)
        senders.add(to: router)
        publicReports.add(to: router)
        nearbyReports.add(to: router)
        contacts.add(to: router)
        media.add(to: router)
        pushes.add(to: router)
        flags.add(to: router)
        operators.add(to: router)
        for endpoint in open311 { endpoint.add(to: router) }
        channels.add(to: router)
        addContractRoutes(to: router)
    }

    var problemPage: ProblemPage {
        let citizens = citizens
        return { problem, request, _ in
            Open311Errors.response(problem, to: request) ?? citizens.problemPage(problem, request)
        }
    }
}

extension TokenBucket.Rate {
    /// So many a minute, and so many at once.
    fileprivate init(_ perMinute: Int, burst: Int) {
        self.init(perSecond: Double(perMinute) / 60, burst: Double(burst))
    }
}

/// What the operator alone opens at intake.
private struct OperatorDoors {
    let moderation: ModerationRoutes
    let pages: ModerationPages
    let counter: CounterRoutes

    init(
        cities: ServedCities, door: OperatorDoor, admission: ReportAdmission, publicURL: String, pool: PostgresPool,
        announce: @escaping @Sendable (JurisdictionCode, [StreamHead]) -> Void
    ) {
        let desk = ModerationDesk(pool: pool)
        let moderator = Moderator(store: ModerationStore(pool: pool), announce: announce)
        moderation = ModerationRoutes(cities: cities, door: door, desk: desk, moderator: moderator)
        pages = ModerationPages(
            cities: cities, door: door, desk: desk, reports: ReportStore(pool: pool), moderator: moderator,
            isSecure: publicURL.hasPrefix("https:"), clock: { .now })
        counter = CounterRoutes(
            cities: cities, door: door, admission: admission, publicURL: publicURL, clock: { .now })
    }

    func add(to router: Router<WebContext>) {
        moderation.add(to: router)
        pages.add(to: router)
        counter.add(to: router)
    }
}
