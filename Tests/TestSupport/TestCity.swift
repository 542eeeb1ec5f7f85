package import Domain
internal import FoundationEssentials
internal import Logging
package import PostgreSQL
internal import Reactor
package import Storage

/// A small city for tests: three agencies and triage, five categories, three areas.
package enum TestCity {
    package static let code: JurisdictionCode = "kupang"

    package static let city = City(
        code: code, name: LocalizedText(id: "Kota Kupang", en: "Kupang City"), timezone: "Asia/Makassar",
        utcOffset: 28_800, timezoneLabel: "WITA", hosts: ["127.0.0.1"], trackingPrefix: "KPG",
        agencies: [
            agency("dlhk"), agency("dishub"), agency("damkar"), agency("kominfo", kind: .triage),
        ],
        categories: [
            category("sampah"), category("parkir_liar"), category("kebakaran", urgent: true),
            category("orang_hilang", sensitive: true, urgent: true), category("iklan_liar"),
        ],
        rules: [
            RoutingRule(code: "sampah", category: "sampah", agency: "dlhk"),
            RoutingRule(code: "parkir", category: "parkir_liar", agency: "dishub"),
            RoutingRule(code: "api", category: "kebakaran", agency: "damkar"),
            RoutingRule(code: "hilang", category: "orang_hilang", agency: "dishub"),
        ],
        levels: [
            ServiceLevel(category: "kebakaran", acknowledgeSeconds: 120, arriveSeconds: 900, resolveSeconds: 86_400),
            ServiceLevel(acknowledgeSeconds: 14_400, resolveSeconds: 86_400),
        ],
        areas: [
            area("53.71.03.1010", "Oesapa", -10.148, 123.653), area("53.71.03.1011", "Lasiana", -10.144, 123.671),
            area("53.71.04.1008", "Oetete", -10.166, 123.589),
        ],
        consents: [
            Consent(
                version: "1", purpose: LocalizedText(id: "untuk bertanya.", en: "to ask you."), retentionDays: 90)
        ])

    private static func agency(_ code: AgencyCode, kind: Agency.Kind = .agency) -> Agency {
        Agency(
            code: code, name: LocalizedText(id: "Dinas \(code)", en: "Agency \(code)"),
            short: code.rawValue.uppercased(), kind: kind)
    }

    private static func category(
        _ code: CategoryCode, sensitive: Bool = false, urgent: Bool = false
    ) -> Domain.Category {
        Domain.Category(
            code: code, name: LocalizedText(id: code.rawValue, en: code.rawValue), icon: "cat-\(code)",
            sensitive: sensitive, urgent: urgent)
    }

    private static func area(_ code: AreaCode, _ name: String, _ lat: Double, _ lng: Double) -> Area {
        Area(
            code: code, name: name, district: "Kelapa Lima", districtCode: "53.71.03", postcode: "85228", lat: lat,
            lng: lng)
    }

    /// The secret that the tests' reporter keys are made with.
    package static let secret = [UInt8](repeating: 7, count: 32)

    /// A report that has passed every check, with a key of its own unless one is given.
    package static func report(
        category: String? = "sampah", description: String = "Sampah menumpuk di depan pasar", key: String? = nil,
        channel: ChannelCode = "uji", at now: Timestamp = Timestamp(seconds: 1_764_000_000)
    ) throws -> NewReport {
        var writer = JSONWriter()
        writer.object {
            if let category { $0.member("category", category) }
            $0.member("description", description)
            $0.key("location")
            $0.object {
                $0.member("lat", -10.1481)
                $0.member("lon", 123.6529)
            }
        }
        let draft = try ReportDraft.read(writer.bytes)
        let report = try AdmissionRules.validate(draft, city: city, places: PlaceIndex(city: city), now: now).get()
        var generator = SystemRandomNumberGenerator()
        let id = UUID.version7(at: now, random: (generator.next(), generator.next()))
        return NewReport(
            id: id, channel: channel, idempotencyKey: key ?? "i:\(id.text)", requestHash: report.requestHash,
            trackingCode: TrackingCode(prefix: "KPG", random: generator.next()).text,
            reporterKeyHash: ReporterKey(report: id, secret: secret).lookupHash, report: report,
            isUrgent: report.isUrgent, identity: nil,
            trace: TraceContext(random: (generator.next(), generator.next(), generator.next())))
    }

    /// The city as routing gets it.
    package static let loaded = LoadedCity(version: 1, city: city, boundaries: [:])
}

extension DatabaseTemplate {
    /// The schema and the small city.
    package static let city = DatabaseTemplate(named: "city") { url in
        let configuration = try PostgresConfiguration(url: url)
        let reactor = Reactor(name: "template")
        defer { reactor.stop() }
        try await PostgresPool.with(configuration, reactor: reactor, logger: Logger(label: "template")) { pool in
            _ = try await Migrations.apply(with: pool)
            _ = try await CityStore(pool: pool).load(TestCity.city)
        }
    }
}

extension Fixture {
    /// A pool that logs in as one of the services' roles.
    package func asRole<Result: Sendable>(
        _ role: String, _ body: @Sendable (PostgresPool) async throws -> Result
    ) async throws -> Result {
        try await letLogIn(role)
        var configuration = try PostgresConfiguration(url: cluster.url(database: database, user: role), password: "uji")
        configuration.applicationName = role
        configuration.idleInTransactionTimeout = Self.idleInTransactionTimeout
        let answer = ResultBox<Result>()
        try await PostgresPool.with(configuration, reactor: reactor, logger: Logger(label: role)) { pool in
            await answer.set(try await body(pool))
        }
        return await answer.value!
    }

    /// Roles are the whole server's, so another test may be changing the same one at this moment.
    private func letLogIn(_ role: String) async throws {
        var attemptsLeft = 50
        while true {
            do {
                try await KeyStore(pool: pool).setPassword("uji", of: role)
                return
            } catch let error as PostgresError where attemptsLeft > 0 && error.message.contains("concurrently") {
                attemptsLeft -= 1
            }
        }
    }

    /// Routes everything that waits in the inbox.
    package func routeAll(with pool: PostgresPool? = nil) async throws -> Int {
        let store = InboxStore(pool: pool ?? self.pool)
        var filed = 0
        while true {
            let claim = try await store.claim(in: TestCity.code) { items, now in TestCity.decide(items, at: now) }
            filed += claim.filed
            if claim.filed == 0 { return filed }
        }
    }
}

extension TestCity {
    /// What routing decides about a claim.
    package static func decide(_ items: [InboxItem], at now: Timestamp) -> [(item: InboxItem, filed: FiledOutcome)] {
        let table = RoutingTable(city: city)
        let events = EventMaker(loaded)
        return items.map { item in
            let report = item.report
            let routable = RoutableReport(
                id: report.id, category: report.category, subtype: report.subtype, area: report.area,
                areaIsApproximate: report.isAreaApproximate, channel: report.channel, receivedAt: report.receivedAt)
            let outcome = StatusMachine.assign(routable, table.decide(routable, at: now), at: now)
            return (item, events.file(outcome, before: nil, report: report))
        }
    }
}

private actor ResultBox<Value: Sendable> {
    private(set) var value: Value?

    func set(_ value: Value) { self.value = value }
}
