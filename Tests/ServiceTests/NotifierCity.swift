import Domain
import FoundationEssentials
import Logging
import PostgreSQL
import Reactor
import Runtime
import Storage
import Streams
import TestSupport

/// A small city with two agencies and triage, and reports in it.
enum NotifierCity {
    static let jurisdiction: JurisdictionCode = "kupang"

    static let city = City(
        code: jurisdiction, name: LocalizedText(id: "Kota Kupang", en: "Kupang City"), timezone: "Asia/Makassar",
        utcOffset: 8 * 3600, timezoneLabel: "WITA", trackingPrefix: "KPG",
        agencies: [
            agency("dlhk", .agency), agency("pupr", .agency), agency("kominfo", .triage),
        ],
        categories: [
            Category(code: "sampah", name: LocalizedText(id: "Sampah", en: "Rubbish"), icon: "sampah"),
            Category(code: "jalan", name: LocalizedText(id: "Jalan", en: "Road"), icon: "jalan"),
        ],
        rules: [
            RoutingRule(code: "sampah", category: "sampah", agency: "dlhk", why: "Sampah ditangani DLHK."),
            RoutingRule(code: "jalan", category: "jalan", agency: "pupr", why: "Jalan ditangani PUPR."),
        ],
        levels: [ServiceLevel(acknowledgeSeconds: 3_600, resolveSeconds: 86_400)],
        areas: [
            Area(
                code: "53.71.04.1008", name: "Oesapa", district: "Kelapa Lima", districtCode: "53.71.04",
                postcode: "85228", lat: -10.15, lng: 123.64),
            Area(
                code: "53.71.01.1008", name: "Alak", district: "Alak", districtCode: "53.71.01", postcode: "85231",
                lat: -10.19, lng: 123.53),
            Area(
                code: "53.71.05.1001", name: "Oebobo", district: "Oebobo", districtCode: "53.71.05",
                postcode: "85111", lat: -10.17, lng: 123.61),
        ],
        consents: [
            Consent(
                version: "1", purpose: LocalizedText(id: "untuk bertanya.", en: "to ask you."), retentionDays: 90)
        ])

    private static func agency(_ code: AgencyCode, _ kind: Agency.Kind) -> Agency {
        Agency(
            code: code, name: LocalizedText(id: "Dinas \(code)", en: "Agency \(code)"),
            short: code.rawValue.uppercased(), kind: kind)
    }

    /// The schema, the city, and logins for its agencies.
    static let template = DatabaseTemplate(named: "notifier_city") { url in
        let reactor = Reactor(name: "template")
        let configuration = try PostgresConfiguration(url: url)
        try await PostgresPool.with(configuration, reactor: reactor, logger: Logger(label: "template")) { pool in
            _ = try await Migrations.apply(with: pool)
            _ = try await CityStore(pool: pool).load(city)
            for agency in city.agencies {
                try await KeyStore(pool: pool).setPassword("unused", of: "sasando_kupang_\(agency.code)")
            }
        }
        reactor.stop()
    }

    /// Files one report as intake and routing do.
    static func report(
        _ category: CategoryCode = "sampah", _ description: String = "Sampah menumpuk di depan pasar",
        by channel: ChannelCode = .web
    ) async throws -> UUID {
        let id = try await admit(category, description, by: channel)
        try await route()
        return id
    }

    /// Stores one report, which routing has not seen yet.
    static func admit(
        _ category: CategoryCode, _ description: String, by channel: ChannelCode = .web
    ) async throws -> UUID {
        let now = Timestamp.now
        let body = #"{"category":"\#(category)","description":"\#(description)","area":"53.71.04.1008"}"#
        let draft = try ReportDraft.read(Array(body.utf8))
        let report = try AdmissionRules.validate(draft, city: city, places: PlaceIndex(city: city), now: now).get()
        var generator = SystemRandomNumberGenerator()
        let id = UUID.version7(at: now, random: (generator.next(), generator.next()))
        let new = NewReport(
            id: id, channel: channel, idempotencyKey: id.text, requestHash: report.requestHash,
            trackingCode: TrackingCode(prefix: "KPG", random: generator.next()).text, reporterKeyHash: 1,
            report: report, isUrgent: false, identity: nil,
            trace: TraceContext(random: (generator.next(), generator.next(), generator.next())))
        _ = try await AdmissionStore(pool: Fixture.current.pool).admit([new], in: jurisdiction)
        return id
    }

    private static func route() async throws {
        let store = CityStore(pool: Fixture.current.pool)
        guard let loaded = try await store.city(jurisdiction) else { preconditionFailure("the template has a city") }
        let table = RoutingTable(city: city)
        let events = EventMaker(loaded)
        _ = try await InboxStore(pool: Fixture.current.pool).claim(in: jurisdiction) { items, now in
            items.map { item in
                let report = item.report
                let routable = RoutableReport(
                    id: report.id, category: report.category, subtype: report.subtype, area: report.area,
                    areaIsApproximate: true, channel: report.channel, receivedAt: report.receivedAt)
                let outcome = StatusMachine.assign(routable, table.decide(routable, at: now), at: now)
                return (item, events.file(outcome, before: nil, report: report))
            }
        }
    }

    /// Appends so many events of about so many bytes to an agency's stream, in one transaction.
    static func append(_ count: Int, bytes: Int = 100, to stream: AgencyCode = "dlhk") async throws {
        let filler = String(repeating: "x", count: bytes)
        let events = (0..<count).map { _ in
            PendingEvent(
                stream: stream, eventID: UUID(), type: .commented, reportID: UUID(), version: 2, status: .assigned,
                previousStatus: .assigned, agency: stream, category: "sampah", subtype: nil, area: nil,
                channel: "web", receivedAt: .now, occurredAt: .now, resolveSeconds: nil, onTime: nil,
                body: EventBody(
                    prefix: #"{"specversion":"1.0","time":"\#(Timestamp.now)","sequence":""#,
                    suffix: #"","data":{"filler":"\#(filler)"}}"#))
        }
        try await Fixture.current.pool.transaction(Append.statements(events, in: jurisdiction), timeout: .seconds(60))
    }

    /// Makes a key and gives its token.
    static func key(
        _ kind: KeyHolder.Kind, agency: AgencyCode? = nil, channel: ChannelCode = "test", scopes: Set<KeyScope>? = nil,
        isTest: Bool = false
    ) async throws -> String {
        let token = Token.generate()
        let holder = KeyHolder(
            keyID: "key-\(UUID().text)", kind: kind, agency: agency, channel: kind == .integrator ? channel : nil,
            ratePerMinute: nil, scopes: scopes, isTest: isTest)
        _ = try await KeyStore(pool: Fixture.current.pool).ensure(
            holder, tokenHash: token.hash.bytes, expiresAt: nil, in: jurisdiction)
        return token.text
    }
}
