import Crypto
import Domain
import FoundationEssentials
import Logging
import Outbound
import PostgreSQL
import Reactor
import Runtime
import Storage
import Streams
import TestSupport
import TestTraits
import Testing

@testable import Intake

/// News as it goes out, to a push service and a browser that are not ours.
@Suite(.serialized, .freshDatabase(.city))
struct PushSenderTests {
    let fixture = Fixture.current
    private static let reactor = Reactor(name: "test-out")
    private static let key = [UInt8](repeating: 7, count: 32)
    private static let identity = PushIdentity(key: key, contact: "https://lapor.example.id")!

    /// The push service of all tests here.
    private static let starting = Task { try await PushService.start() }
    private static var service: PushService { get async throws { try await starting.value } }

    private func routed(_ category: String) async throws -> NewReport {
        let report = try TestCity.report(category: category)
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        _ = try await fixture.routeAll()
        return report
    }

    private func start(_ report: UUID, by agency: AgencyCode) async throws {
        let events = EventMaker(TestCity.loaded)
        _ = try await CommandStore(pool: fixture.pool).perform(
            on: report, by: agency, in: TestCity.code, key: nil
        ) { work, now throws(Refusal) in
            let outcome = try StatusMachine.decide(
                state: work.state, command: CommandRequest(.start), by: .agency(agency), at: now, city: TestCity.city)
            return (events.file(outcome, before: work.state, report: work.report), "")
        }
    }

    private static func subscription(_ json: JSONValue) throws -> PushSubscription {
        let body = JSONValue.object(["report": "x", "subscription": json]).json
        let policy = AddressPolicy(allowed: [NetworkBlock(text: "127.0.0.1")!])
        return try #require(try PushRequest.read(Array(body.utf8), policy: policy)?.get().subscription)
    }

    /// Has a phone told of a report on `path`, changes the report, and gives what is due.
    private func due(
        _ path: String, category: String = "sampah", agency: AgencyCode = "dlhk", language: Language = .indonesian
    ) async throws -> (push: DuePush, report: NewReport) {
        let report = try await routed(category)
        let store = PushStore(pool: fixture.pool)
        let phone = try Self.subscription(try await Self.service.subscription(path))
        _ = try await store.enrol(phone, for: report.id, isOwn: true, language: language, in: TestCity.code)
        try await start(report.id, by: agency)
        let watch = try await makeWatch()
        _ = try await watch.look(in: TestCity.code)
        let taken = try await store.take(1, for: 60, in: TestCity.code)
        return (try #require(taken.first), report)
    }

    private func makeWatch() async throws -> PushWatch {
        PushWatch(
            registry: try await registry(), store: PushStore(pool: fixture.pool), bell: Wake(),
            logger: Logger(label: "test"))
    }

    private func registry() async throws -> CityRegistry {
        let registry = CityRegistry(store: CityStore(pool: fixture.pool), logger: Logger(label: "test"))
        try await registry.refresh()
        return registry
    }

    private func sender(allowing blocks: [String] = ["127.0.0.1"]) async throws -> PushSender {
        let policy = OutboundPolicy(
            addresses: AddressPolicy(allowed: blocks.compactMap { NetworkBlock(text: $0) }),
            authorities: try await Self.service.certificate)
        return PushSender(
            registry: try await registry(), store: PushStore(pool: fixture.pool), identity: Self.identity,
            client: OutboundClient(policy: policy, reactor: Self.reactor), bell: Wake(),
            logger: Logger(label: "test"), clock: { .now })
    }

    /// What stands in the row now: nil where it is gone.
    private func row(of report: UUID) async throws -> (waits: Double?, told: String)? {
        let rows = try await fixture.pool.query(
            """
            SELECT extract(epoch FROM due_at - now())::float8, told FROM push_subscription WHERE report_id = \(report)
            """)
        guard let row = rows.first else { return nil }
        return (try row.decode(Double?.self, at: 0), try row.decode(String.self, at: 1))
    }

    @Test func `the browser reads what was sent, and the push service knows who sent it`() async throws {
        let (push, report) = try await due("/ok/whole", language: .english)
        try await sender().deliver(push, in: TestCity.city)
        let message = try #require(try await Self.service.messages("/ok/whole").first)
        #expect(message["error"] == nil, "\(message.json)")
        #expect(message["text"]?["title"]?.text == "sampah: In progress", "\(message.json)")
        #expect(message["text"]?["url"]?.text == "/lacak/\(report.trackingCode)")
        #expect(message["text"]?["tag"]?.text == report.trackingCode && message["text"]?["lang"] == "en")
        #expect(message["token"]?["key"]?.text == Self.identity.publicKey)
        let claims = message["token"]?["claims"]
        #expect(claims?["aud"]?.text == (try await Self.service.origin))
        #expect(claims?["sub"]?.text == "https://lapor.example.id")
        let left = (claims?["exp"]?.number ?? 0) - (message["at"]?.number ?? 0)
        #expect(left > 40_000 && left < 86_400)
        let headers = message["headers"]
        #expect(headers?["content-encoding"]?.text == "aes128gcm" && headers?["ttl"]?.text == "259200")
        #expect(headers?["urgency"]?.text == "normal")
        #expect(headers?["user-agent"]?.text?.hasPrefix("Sasando/") == true)
        let topic = headers?["topic"]?.text ?? ""
        #expect(topic.wholeMatch(of: /[A-Za-z0-9_-]{32}/) != nil && !topic.contains(report.trackingCode))
        let row = try #require(try await row(of: report.id))
        #expect(row.waits == nil && row.told == "in_progress")
    }

    @Test func `of a private report nothing is told but that there is news`() async throws {
        let (push, report) = try await due("/ok/private", category: "orang_hilang", agency: "dishub")
        try await sender().deliver(push, in: TestCity.city)
        let message = try #require(try await Self.service.messages("/ok/private").first)
        let text = try #require(message["text"])
        #expect(text["title"]?.text == "Ada kabar tentang laporan Anda" && text["body"] == nil, "\(text.json)")
        #expect(!text.json.contains("hilang") && text["url"]?.text == "/lacak/\(report.trackingCode)")
        #expect(message["headers"]?["urgency"]?.text == "high")
        // As long as any other message: its length tells nothing.
        let (other, _) = try await due("/ok/public")
        try await sender().deliver(other, in: TestCity.city)
        let beside = try #require(try await Self.service.messages("/ok/public").first)
        #expect(beside["bytes"] == message["bytes"])
    }

    @Test(
        arguments: [
            ("/gone/1", nil), ("/missing/1", nil), ("/busy/1", 120), ("/failing/1", 30), ("/huge/1", 30),
        ] as [(String, Int?)])
    func `a subscription that ended goes, and a service that cannot is tried later`(
        path: String, pause: Int?
    ) async throws {
        let (push, report) = try await due(path)
        try await sender().deliver(push, in: TestCity.city)
        #expect(try await Self.service.messages(path).count == 1)
        let row = try await row(of: report.id)
        guard let pause else { return #expect(row == nil) }
        let waits = try #require(row?.waits)
        #expect(waits > Double(pause) * 0.7 && waits <= Double(pause) * 1.25 && row?.told == "assigned", "\(waits)")
    }

    @Test(arguments: ["/refusing/1", "/moved/1"])
    func `what a service refuses is not sent again, and no redirect is followed`(path: String) async throws {
        let (push, report) = try await due(path)
        try await sender().deliver(push, in: TestCity.city)
        let row = try #require(try await row(of: report.id))
        #expect(row.waits == nil && row.told == "in_progress")
        #expect(try await Self.service.messages("/ok/moved").isEmpty)
    }

    @Test func `an address that is not public is never called, by number or by name`() async throws {
        let (push, report) = try await due("/ok/forbidden")
        try await sender(allowing: []).deliver(push, in: TestCity.city)
        #expect(try await Self.service.messages("/ok/forbidden").isEmpty)
        #expect(try await row(of: report.id) == nil)
    }

    @Test func `the last attempt is the last`() async throws {
        let (first, report) = try await due("/failing/last")
        var push = first
        push.attempts = PushSchedule.attemptLimit
        try await sender().deliver(push, in: TestCity.city)
        let row = try #require(try await row(of: report.id))
        #expect(row.waits == nil && row.told == "in_progress")
    }

    @Test func `a service that never answers holds up nobody else's news`() async throws {
        let (slow, _) = try await due("/slow/1")
        try await PushStore(pool: fixture.pool).settle(slow, .again(afterSeconds: 0), in: TestCity.code)
        let sender = try await sender()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await sender.run() }
            try await wait(for: "the slow one to be asked", within: .seconds(10)) {
                try await !Self.service.messages("/slow/1").isEmpty
            }
            let report = try await routed("sampah")
            let phone = try Self.subscription(try await Self.service.subscription("/ok/beside"))
            let store = PushStore(pool: fixture.pool)
            _ = try await store.enrol(phone, for: report.id, isOwn: false, language: .indonesian, in: TestCity.code)
            try await start(report.id, by: "dlhk")
            _ = try await makeWatch().look(in: TestCity.code)
            try await wait(for: "the other's news", within: .seconds(8)) {
                try await !Self.service.messages("/ok/beside").isEmpty
            }
            group.cancelAll()
        }
    }
}
