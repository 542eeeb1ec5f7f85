import Domain
import FoundationEssentials
import PostgreSQL
import Runtime
import Storage
import Streams
import TestSupport
import TestTraits
import Testing

@testable import Notifier

/// What a receiver that is not ours gets, however it behaves.
@Suite("Webhooks", .serialized, .freshDatabase(NotifierCity.template), .timeLimit(.minutes(4)))
struct NotifierWebhookTests {
    /// The receiver of all tests here; each has paths of its own.
    private static let starting = Task { try await WebhookReceiver.start() }
    static var receiver: WebhookReceiver { get async throws { try await starting.value } }

    /// Some tries at once, so that no test waits.
    private static let quick = WebhookSchedule(pauses: [0, 0, 0])

    private static func run(
        allowing networks: String = "127.0.0.0/8", schedule: WebhookSchedule = quick,
        attemptTimeout: Duration = WebhookPace.timeout, _ body: (NotifierStand) async throws -> Void
    ) async throws {
        try await NotifierStand.run(
            settings: ["SASANDO_WEBHOOK_KEY_FILE": try WebhookKeyFile.path(), "SASANDO_OUTBOUND_ALLOW": networks],
            schedule: schedule, attemptTimeout: attemptTimeout, body)
    }

    /// The ids of the agency's events, in their order.
    private static func sentIDs() async throws -> [String] {
        let rows = try await Fixture.current.pool.query(
            "SELECT event_id FROM stream_event WHERE stream = 'dlhk' ORDER BY seq")
        return try rows.map { try $0.decode(UUID.self, at: 0).text }
    }

    private static func awaitTaken(_ ids: [String], _ path: String) async throws {
        let receiver = try await receiver
        try await until("the last event to have come to \(path)") { receiver.ids(path).last == ids.last }
    }

    // MARK: As it should be

    @Test func `each event comes once, in order, with its stored bytes, and signed`() async throws {
        let path = "/ok/whole"
        try await Self.run { notifier async throws in
            let made = try await notifier.addWebhook(path)
            try await Self.receiver.know([try #require(made["secret"]?.text)])
            for _ in 0..<5 { _ = try await NotifierCity.report() }
            let ids = try await Self.sentIDs()
            try await Self.awaitTaken(ids, path)
            let messages = try await Self.receiver.messages(path)
            #expect(messages.compactMap { $0["headers"]?["webhook-id"]?.text } == ids)
            let bodies = try await Fixture.current.pool.query(
                "SELECT body FROM stream_event WHERE stream = 'dlhk' ORDER BY seq")
            #expect(messages.compactMap { $0["body"]?.text } == (try bodies.map { try $0.decode(String.self, at: 0) }))
            for message in messages {
                #expect(message["verified"] == [0], "\(message["faults"]?.json ?? "")")
                #expect(message["headers"]?["content-type"]?.text == "application/cloudevents+json")
                #expect(message["headers"]?["user-agent"]?.text?.hasPrefix("Sasando/") == true)
                #expect(message["event"]?["id"]?.text == message["headers"]?["webhook-id"]?.text)
            }
            try await until("the place is written down") {
                let record = try await notifier.webhook(made)
                return record["cursor"]?.text == "1-\(ids.count)" && record["behind"] == 0
            }
            let record = try await notifier.webhook(made)
            #expect(record["last_status"] == 204 && record["secret"] == nil && record["attempts"] == 0)
        }
    }

    @Test func `only events of the types that were asked for come, from where it was asked`() async throws {
        try await Self.run { notifier async throws in
            let report = try await NotifierCity.report()
            let path = "/ok/types"
            _ = try await notifier.addWebhook(path, #", "types": ["resolved"], "after": "earliest""#)
            for command in ["start", "resolve"] { #expect(try await notifier.command(command, report).status == 200) }
            try await Self.awaitTaken(try await Self.sentIDs(), path)
            let types = try await Self.receiver.messages(path).compactMap { $0["event"]?["type"]?.text }
            #expect(types == ["sasando.report.resolved"])
        }
    }

    @Test func `a new secret leaves no gap, and the request that made it may come again`() async throws {
        let path = "/ok/rotated"
        try await Self.run { notifier async throws in
            let made = try await notifier.addWebhook(path)
            let id = try #require(made["id"]?.text)
            let old = try #require(made["secret"]?.text)
            let key = [("Idempotency-Key", "putar-1")]
            let rotate = "/v1/agencies/dlhk/webhooks/\(id)/rotate"
            let rotated = try await notifier.ask("POST", rotate, headers: key)
            let new = try #require(rotated.json["secret"]?.text)
            #expect(new != old && rotated.json["previous_secret_until"]?.text != nil)
            #expect(try await notifier.ask("POST", rotate, headers: key).json["secret"]?.text == new)
            try await Self.receiver.know([old, new])
            // Whoever sends takes a change up within seconds; until then the old one signs, which is known.
            try await until("both sign") {
                _ = try await NotifierCity.report()
                try await Self.awaitTaken(try await Self.sentIDs(), path)
                return try await Self.receiver.messages(path).last?["verified"] == [0, 1]
            }
            // A day later.
            _ = try await Fixture.current.pool.query("UPDATE webhook SET previous_until = now()")
            _ = try await notifier.ask(
                "PATCH", "/v1/agencies/dlhk/webhooks/\(id)", json: #"{"policy": "dead_letter"}"#)
            try await until("the new secret alone signs") {
                _ = try await NotifierCity.report()
                try await Self.awaitTaken(try await Self.sentIDs(), path)
                return try await Self.receiver.messages(path).last?["verified"] == [1]
            }
        }
    }

    @Test func `of two replicas one sends, and the other goes on when it stops`() async throws {
        let path = "/ok/replicas"
        try await Self.run { second async throws in
            try await Self.run { first async throws in
                _ = try await first.addWebhook(path)
                for _ in 0..<10 { _ = try await NotifierCity.report() }
                let ids = try await Self.sentIDs()
                try await Self.awaitTaken(ids, path)
                #expect(try await Self.receiver.ids(path) == ids, "each once, by one of them")
            }
            // Cut off as by a crash: nothing was given back.
            _ = try await Fixture.current.pool.query(
                "UPDATE webhook SET lease_until = now() - interval '1 second'")
            _ = try await NotifierCity.report()
            let ids = try await Self.sentIDs()
            try await Self.awaitTaken(ids, path)
            let came = try await Self.receiver.ids(path)
            #expect(Array(Set(came)).count == ids.count && second.stream.hasBegun)
        }
    }

    // MARK: As it should not

    @Test(arguments: ["/failing/2/a", "/lost/a", "/slow/a", "/moved/a"])
    func `whatever a receiver does, each event comes at least once, and in order`(path: String) async throws {
        try await Self.run(attemptTimeout: .seconds(1)) { notifier async throws in
            // A redirect is never followed: its events come as often as they are tried, and are set aside.
            let made = try await notifier.addWebhook(path, #", "policy": "dead_letter""#)
            for _ in 0..<3 { _ = try await NotifierCity.report() }
            let ids = try await Self.sentIDs()
            try await Self.awaitTaken(ids, path)
            try await until("all is settled") { try await notifier.webhook(made)["behind"] == 0 }
            let came = try await Self.receiver.ids(path)
            #expect(came.reduce(into: []) { if $0.last != $1 { $0.append($1) } } == ids, "in order: \(came)")
            let isRedirect = path.hasPrefix("/moved")
            let times = isRedirect ? 4 : path.hasPrefix("/failing") ? 3 : 2
            #expect(came.count == ids.count * times)
            #expect(try await notifier.webhook(made)["dead"] == .int(isRedirect ? 3 : 0))
            #expect(try await Self.receiver.messages("/ok/moved").isEmpty)
        }
    }

    @Test func `an answer that is too long to read counts by its status`() async throws {
        let path = "/huge/a"
        try await Self.run { notifier async throws in
            let made = try await notifier.addWebhook(path)
            for _ in 0..<2 { _ = try await NotifierCity.report() }
            try await Self.awaitTaken(try await Self.sentIDs(), path)
            try await until("all is settled") { try await notifier.webhook(made)["behind"] == 0 }
            #expect(try await Self.receiver.ids(path).count == 2)
        }
    }

    @Test(arguments: ["/busy/2/a", "/busy-until/3/a"])
    func `who asks to wait is waited for`(path: String) async throws {
        try await Self.run { notifier async throws in
            let made = try await notifier.addWebhook(path)
            _ = try await NotifierCity.report()
            try await until("the event is refused") { try await notifier.webhook(made)["attempts"] == 1 }
            #expect(try await notifier.webhook(made)["next_attempt_at"]?.text != nil)
            try await until("the event is taken") { try await notifier.webhook(made)["behind"] == 0 }
            let times = try await Self.receiver.messages(path).compactMap { $0["at"]?.number }
            #expect(times.count == 2 && times[1] - times[0] >= 1.5, "\(times)")
        }
    }

    @Test func `410 ends it, and somebody has to begin it again`() async throws {
        let path = "/gone/a"
        try await Self.run { notifier async throws in
            let made = try await notifier.addWebhook(path)
            for _ in 0..<2 { _ = try await NotifierCity.report() }
            try await until("it is disabled") { try await notifier.webhook(made)["state"] == "disabled" }
            let record = try await notifier.webhook(made)
            #expect(record["reason"] == "gone" && record["last_status"] == 410 && record["behind"] == 2)
            #expect(try await Self.receiver.ids(path).count == 1)
            let id = try #require(made["id"]?.text)
            let moved = try await Self.receiver.origin + "/ok/again"
            let changed = try await notifier.ask(
                "PATCH", "/v1/agencies/dlhk/webhooks/\(id)", json: #"{"url": "\#(moved)", "state": "active"}"#)
            #expect(changed.status == 200 && changed.json["reason"] == .null, "\(changed)")
            try await Self.awaitTaken(try await Self.sentIDs(), "/ok/again")
            #expect(try await Self.receiver.ids("/ok/again") == (try await Self.sentIDs()))
        }
    }

    @Test func `an endpoint that blocks stops at the event that was never taken`() async throws {
        let path = "/refusing/block"
        try await Self.run { notifier async throws in
            let made = try await notifier.addWebhook(path)
            for _ in 0..<2 { _ = try await NotifierCity.report() }
            try await until("it is disabled") { try await notifier.webhook(made)["state"] == "disabled" }
            #expect(try await notifier.webhook(made)["reason"] == "exhausted")
            let ids = try await Self.receiver.ids(path)
            #expect(ids == [String](repeating: try await Self.sentIDs()[0], count: 4), "one attempt more than pauses")
            let other = try await notifier.addWebhook("/ok/beside")
            _ = try await NotifierCity.report()
            try await until("the other is sent") { try await notifier.webhook(other)["behind"] == 0 }
        }
    }

    @Test func `dead letters are listed, and sent once more when asked for`() async throws {
        // A receiver of its own: it is mended in the end.
        let receiver = try await WebhookReceiver.start()
        try await Self.run { notifier async throws in
            let address = "\(receiver.origin)/refusing/dead"
            let made = try await notifier.addWebhook("", #", "policy": "dead_letter""#, at: address)
            let base = "/v1/agencies/dlhk/webhooks/\(try #require(made["id"]?.text))/dead"
            for _ in 0..<3 { _ = try await NotifierCity.report() }
            try await until("all are set aside") { try await notifier.webhook(made)["dead"] == 3 }
            let ids = try await Self.sentIDs()
            let page = try await notifier.ask("GET", "\(base)?limit=2")
            #expect(page.json["dead"]?.elements.compactMap { $0["id"]?.text } == Array(ids.prefix(2)), "\(page)")
            #expect(page["Link"]?.contains("after=1-2&limit=2") == true)
            let rest = try await notifier.ask("GET", "\(base)?after=1-2")
            #expect(rest.json["dead"]?.elements.first?["last_status"] == 500 && rest["Link"] == nil)
            #expect(rest.json["dead"]?.elements.first?["attempts"] == 4)
            // Still not taken: nothing is lost.
            let early = try await notifier.ask("POST", "\(base)/replay", json: #"{"cursors": ["1-2"]}"#)
            #expect(early.status == 202 && early.json["replaying"] == 1)
            try await until("it was tried once more") { receiver.ids("/refusing/dead").count == 13 }
            try await until("the attempt is noted") {
                try await notifier.ask("GET", "\(base)?after=1-1&limit=1").json["dead"]?.elements.first?["attempts"]
                    == 5
            }
            try receiver.mend()
            #expect(try await notifier.ask("POST", "\(base)/replay").json["replaying"] == 3)
            try await until("they are taken") { try await notifier.webhook(made)["dead"] == 0 }
            #expect(receiver.ids("/refusing/dead").suffix(3) == ids[...], "with their ids, the oldest first")
        }
    }

    @Test func `410 to a dead letter that is sent once more ends the endpoint, too`() async throws {
        let receiver = try await WebhookReceiver.start()
        try await Self.run { notifier async throws in
            let address = "\(receiver.origin)/closing/dead"
            let made = try await notifier.addWebhook("", #", "policy": "dead_letter""#, at: address)
            let base = "/v1/agencies/dlhk/webhooks/\(try #require(made["id"]?.text))/dead"
            for _ in 0..<2 { _ = try await NotifierCity.report() }
            try await until("both are set aside") { try await notifier.webhook(made)["dead"] == 2 }
            try receiver.mend()
            #expect(try await notifier.ask("POST", "\(base)/replay").json["replaying"] == 2)
            try await until("it is disabled") { try await notifier.webhook(made)["state"] == "disabled" }
            let record = try await notifier.webhook(made)
            #expect(record["reason"] == "gone" && record["last_status"] == 410 && record["dead"] == 2, "\(record.json)")
            let dead = try await notifier.ask("GET", base).json["dead"]?.elements ?? []
            #expect(dead.map { $0["last_status"] } == [410, 500], "\(dead)")
            // Nothing more is sent, neither what is dead nor what is new.
            _ = try await NotifierCity.report()
            let other = try await notifier.addWebhook("/ok/after-closing", #", "after": "earliest""#)
            try await until("the other is sent all") { try await notifier.webhook(other)["behind"] == 0 }
            #expect(receiver.ids("/closing/dead").count == 9)
        }
    }

    // MARK: What is never called

    @Test func `an address of ours is refused when it is named, and when a name leads to it`() async throws {
        let port = try await Self.receiver.port
        try await Self.run(allowing: "10.0.0.0/8") { notifier async throws in
            for url in ["http://127.0.0.1:\(port)/ok/x", "https://127.0.0.1:\(port)/ok/x", "http://8.8.8.8/x"] {
                let answer = try await notifier.ask(
                    "POST", "/v1/agencies/dlhk/webhooks", json: #"{"url": "\#(url)"}"#)
                #expect(answer.status == 422, "\(url): \(answer)")
            }
            // Every system has this name, and it leads to 127.0.0.1.
            let address = "http://localhost.localdomain:\(port)/ok/named"
            let made = try await notifier.addWebhook("", #", "policy": "dead_letter""#, at: address)
            _ = try await NotifierCity.report()
            try await until("the event is set aside") { try await notifier.webhook(made)["dead"] == 1 }
            #expect(["forbidden", "unreachable"].contains(try await notifier.lastDead(made)?["last_failure"]?.text))
            #expect(try await Self.receiver.messages("/ok/named").isEmpty)
        }
    }

    @Test func `an event that was redacted is sent as it stands`() async throws {
        try await Self.run { notifier async throws in
            let id = try await NotifierCity.report("sampah", "Rahasia yang dihapus")
            _ = try await Fixture.current.pool.query(
                "UPDATE stream_event SET body = redacted_event(body) WHERE report_id = \(id)")
            _ = try await notifier.addWebhook("/ok/redacted", #", "after": "earliest""#)
            let ids = try await Self.sentIDs()
            try await Self.awaitTaken(ids, "/ok/redacted")
            let message = try #require(try await Self.receiver.messages("/ok/redacted").first)
            #expect(message["event"]?["data"]?["report"]?["redacted"] == true)
            #expect(message["headers"]?["webhook-id"]?.text == ids[0])
            #expect(message["body"]?.text?.contains("Rahasia") == false)
        }
    }
}

extension NotifierStand {
    /// Makes an endpoint at the tests' receiver, or at another address; gives the answer.
    func addWebhook(_ path: String, _ more: String = "", at address: String? = nil) async throws -> JSONValue {
        var url = address ?? ""
        if url.isEmpty { url = try await NotifierWebhookTests.receiver.origin + path }
        let answer = try await ask(
            "POST", "/v1/agencies/\(agency)/webhooks", json: #"{"url": "\#(url)"\#(more)}"#)
        #expect(answer.status == 201, "\(answer)")
        return answer.json
    }

    func webhook(_ made: JSONValue) async throws -> JSONValue {
        try await ask("GET", "/v1/agencies/\(agency)/webhooks/\(made["id"]?.text ?? "")").json
    }

    func lastDead(_ made: JSONValue) async throws -> JSONValue? {
        try await ask("GET", "/v1/agencies/\(agency)/webhooks/\(made["id"]?.text ?? "")/dead").json["dead"]?.elements
            .last
    }
}

/// The key file that the tests' notifiers seal secrets with.
enum WebhookKeyFile {
    private static let made = Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sasando-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("webhook.key")
        try Data(String(repeating: "5a", count: 32).utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        return file.path
    }

    static func path() throws -> String { try made.get() }
}
