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

@Suite("A notifier's commands", .serialized, .freshDatabase(NotifierCity.template))
struct NotifierCommandTests {
    private func head(of stream: AgencyCode) async throws -> Int64 {
        let reader = StreamReader(
            jurisdiction: NotifierCity.jurisdiction, stream: .agency(stream), pool: Fixture.current.pool)
        return try #require(try await reader.extent()).head
    }

    @Test("the work of a day: acknowledge, start, hold, resume, resolve, reopen; each answers the new state")
    func wayOfAReport() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let steps = [
                ("acknowledge", "acknowledged"), ("start", "in_progress"), ("hold", "on_hold"),
                ("resume", "in_progress"), ("resolve", "resolved"), ("reopen", "reopened"),
            ]
            for (index, step) in steps.enumerated() {
                let body = step.0 == "hold" ? #"{"reason":"Menunggu truk"}"# : #"{"note":"Kami kerjakan"}"#
                let answer = try await notifier.command(step.0, id, body)
                #expect(answer.status == 200, "\(step.0): \(answer.body)")
                #expect(answer.json["status"] == .string(step.1))
                #expect(answer.json["version"] == .int(Int64(index + 2)))
                #expect(answer["ETag"] == "\"\(index + 2)\"")
            }
            #expect(try await head(of: "dlhk") == 7)
            #expect(notifier.published.all.last == StreamHead(stream: "dlhk", cursor: Cursor(epoch: 1, seq: 7)))
        }
    }

    @Test("a command sent again when its time is past gets the answer of then; one that was never done is refused")
    func repeatedTooLate() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let until = Timestamp(microseconds: Timestamp.now.microseconds + 700_000).rfc3339(offsetSeconds: 28_800)
            let body = #"{"reason":"Menunggu truk","until":"\#(until)"}"#
            let first = try await notifier.command("hold", id, body, headers: [("Idempotency-Key", "hold-1")])
            #expect(first.status == 200, "\(first.body)")
            // pause: until the hold's end is past
            try await Task.sleep(for: .milliseconds(800))
            let again = try await notifier.command("hold", id, body, headers: [("Idempotency-Key", "hold-1")])
            #expect(again.status == 200 && again.body == first.body, "\(again.body)")
            #expect(again["Idempotency-Replayed"] == "true")
            let other = try await notifier.command("hold", id, body, headers: [("Idempotency-Key", "hold-2")])
            #expect(other.status == 422, "\(other.body)")
        }
    }

    @Test("a command's answer, the list's entry and the single report have one shape")
    func shapes() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let path = "/v1/agencies/dlhk/reports"
            let answer = try await notifier.command("acknowledge", id)
            let list = try await notifier.ask("GET", path)
            #expect(list.json["reports"] == .array([answer.json]))
            let single = try await notifier.ask("GET", "\(path)/\(id.text)")
            guard case .object(var members) = single.json else {
                Issue.record("\(single.body)")
                return
            }
            guard case .array(let history)? = members.removeValue(forKey: "history") else {
                Issue.record("no history")
                return
            }
            #expect(.object(members) == answer.json)
            #expect(history.map { $0["type"] } == [.string("assigned"), .string("acknowledged")])
            #expect(single["ETag"] == "\"2\"")
            let known = try await notifier.ask("GET", "\(path)/\(id.text)", headers: [("If-None-Match", "\"2\"")])
            #expect(known.status == 304)
        }
    }

    @Test("an event reaches the agency's live consumer at once, by the process's own hint")
    func liveAtOnce() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            var reader = SSEReader(try await notifier.live("?after=latest"))
            _ = try await reader.events(1)
            _ = try await notifier.command("start", id, #"{"note":"Tim berangkat"}"#)
            let event = try #require(try await reader.events(1).first)
            #expect(event.type == "sasando.report.started")
            #expect(event.data.contains("Tim berangkat"))
        }
    }

    @Test("a retry with its key does nothing twice; the same key for something else is refused")
    func idempotency() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let body = #"{"note":"Sudah dilihat", "actor":"Yuli"}"#
            let first = try await notifier.command("comment", id, body, headers: [("Idempotency-Key", "\"k 1\"")])
            #expect(first.status == 400)
            let done = try await notifier.command("comment", id, body, headers: [("Idempotency-Key", "\"k-1\"")])
            #expect(done.status == 200)
            #expect(done["Idempotency-Replayed"] == nil)
            // The same request in other words of JSON, and the key bare.
            let respelled = #"{ "actor": "Yuli", "note": "Sudah dilihat" }"#
            let again = try await notifier.command("comment", id, respelled, headers: [("Idempotency-Key", "k-1")])
            #expect(again.status == 200)
            #expect(again["Idempotency-Replayed"] == "true")
            #expect(again.body == done.body)
            #expect(again["ETag"] == done["ETag"])
            let other = try await notifier.command(
                "comment", id, #"{"note":"Lain"}"#, headers: [("Idempotency-Key", "k-1")])
            #expect(other.status == 422)
            let otherCommand = try await notifier.command(
                "acknowledge", id, respelled, headers: [("Idempotency-Key", "k-1")])
            #expect(otherCommand.status == 422)
            #expect(try await head(of: "dlhk") == 2)
        }
    }

    @Test("many retries at once are one command")
    func concurrentRetries() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let answers = try await withThrowingTaskGroup(of: NotifierStand.Answer.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        try await notifier.command("start", id, headers: [("Idempotency-Key", "one")])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.map(\.status))")
            #expect(answers.count { $0["Idempotency-Replayed"] == nil } == 1)
            #expect(Set(answers.map(\.body)).count == 1)
            #expect(try await head(of: "dlhk") == 2)
        }
    }

    @Test("two officers cannot overwrite each other")
    func versions() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            #expect(try await notifier.command("acknowledge", id, headers: [("If-Match", "\"1\"")]).status == 200)
            let late = try await notifier.command("start", id, headers: [("If-Match", "\"1\"")])
            #expect(late.status == 412)
            #expect(late["ETag"] == "\"2\"")
            #expect(late.json["code"] == .string("stale_version"))
            #expect(try await notifier.command("start", id, headers: [("If-Match", "\"x\"")]).status == 412)
            #expect(try await notifier.command("start", id, headers: [("If-Match", "\"1\", \"2\"")]).status == 400)
            #expect(try await notifier.command("start", id, headers: [("If-Match", "W/\"2\"")]).status == 200)
            #expect(
                try await notifier.command("hold", id, #"{"reason":"x"}"#, headers: [("If-Match", "*")]).status == 200)
        }
    }

    @Test("what the status does not allow is refused with the reason, and what it does allow")
    func wrongStatus() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let answer = try await notifier.command("resolve", id)
            #expect(answer.status == 409)
            #expect(answer.json["code"] == .string("wrong_status"))
            #expect(answer.json["report_status"] == .string("assigned"))
            guard case .array(let allowed)? = answer.json["allowed"] else {
                Issue.record("\(answer.body)")
                return
            }
            #expect(allowed.contains(.string("acknowledge")))
            #expect(try await head(of: "dlhk") == 1)
        }
    }

    @Test("every fault of a command comes at once, each with its pointer")
    func faults() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let answer = try await notifier.command("transfer", id, #"{"to":"nobody","category":"x","note":7}"#)
            #expect(answer.status == 422)
            guard case .array(let errors)? = answer.json["errors"] else {
                Issue.record("\(answer.body)")
                return
            }
            #expect(Set(errors.map { $0["pointer"] }) == [.string("/to"), .string("/category"), .string("/note")])
            #expect(try await notifier.command("transfer", id, #"{"to":"dlhk"}"#).status == 422)
            #expect(try await notifier.command("start", id, "{").status == 400)
            #expect(
                try await notifier.command("start", id, #"{"note":"\#(String(repeating: "a", count: 70_000))"}"#).status
                    == 413)
            let path = "/v1/agencies/dlhk/reports/\(id.text)/start"
            #expect(try await notifier.ask("POST", path, form: "note=x").status == 415)
        }
    }

    @Test("unknown reports and commands are 404; one that routing has not seen is 409 and worth a retry")
    func unknown() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            #expect(try await notifier.command("escalate", id).status == 404)
            #expect(try await notifier.command("start", UUID()).status == 404)
            #expect(try await notifier.ask("POST", "/v1/agencies/dlhk/reports/x/start").status == 404)
            #expect(try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(UUID().text)").status == 404)
            let waiting = try await NotifierCity.admit("sampah", "Belum diteruskan")
            let answer = try await notifier.command("start", waiting)
            #expect(answer.status == 409)
            #expect(answer["Retry-After"] == "1")
            let other = try await NotifierCity.report("jalan", "Jalan berlubang besar")
            #expect(try await notifier.command("start", other).status == 404)
        }
    }

    @Test("a transfer leaves one stream and enters the other, in one transaction, and both are told")
    func transfer() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let answer = try await notifier.command(
                "transfer", id, #"{"to":"pupr","reason":"Jalan rusak","internal_note":"rahasia","category":"jalan"}"#)
            #expect(answer.status == 200)
            #expect(answer.json["agency"] == .string("pupr"))
            #expect(answer.json["category"] == .string("jalan"))
            #expect(try await head(of: "dlhk") == 2)
            #expect(try await head(of: "pupr") == 1)
            #expect(Set(notifier.published.all.map(\.stream)) == ["dlhk", "pupr"])
            let gone = try await notifier.command("start", id)
            #expect(gone.status == 409)
            #expect(gone.json["agency"] == .string("pupr"))
            #expect(try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(id.text)").status == 404)
        }
        try await NotifierStand.run(agency: "pupr") { notifier in
            let list = try await notifier.ask("GET", "/v1/agencies/pupr/reports")
            guard case .array(let reports)? = list.json["reports"], case .string(let id)? = reports.first?["id"] else {
                Issue.record("\(list.body)")
                return
            }
            let single = try await notifier.ask("GET", "/v1/agencies/pupr/reports/\(id)")
            #expect(single.body.contains("Jalan rusak") || single.json["history"] != nil)
            #expect(!single.body.contains("rahasia"))
        }
    }

    @Test("the list comes by what is due first, and by status where asked")
    func list() async throws {
        try await NotifierStand.run { notifier in
            let first = try await NotifierCity.report()
            let second = try await NotifierCity.report()
            let third = try await NotifierCity.report()
            _ = try await notifier.command("acknowledge", first)
            _ = try await notifier.command("start", third)
            _ = try await notifier.command("resolve", third)
            func ids(_ query: String) async throws -> [JSONValue?] {
                let answer = try await notifier.ask("GET", "/v1/agencies/dlhk/reports\(query)")
                guard case .array(let reports)? = answer.json["reports"] else { return [] }
                return reports.map { $0["id"] }
            }
            #expect(try await ids("") == [.string(second.text), .string(first.text)])
            #expect(try await ids("?status=resolved") == [.string(third.text)])
            #expect(try await ids("?status=acknowledged,resolved").count == 2)
            #expect(try await notifier.ask("GET", "/v1/agencies/dlhk/reports?status=x").status == 400)
        }
    }

    @Test("a command meets a counter that someone holds: it tries again, and then says when to come back")
    func lockedCounter() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            try await Fixture.current.pool.withTransaction { tx in
                _ = try await tx.query("SET LOCAL idle_in_transaction_session_timeout = '30s'")
                _ = try await tx.query("SELECT 1 FROM stream WHERE code = 'dlhk' FOR UPDATE")
                let answer = try await notifier.command("start", id)
                #expect(answer.status == 503)
                #expect(answer["Retry-After"] != nil)
            }
            #expect(try await notifier.command("start", id).status == 200)
            #expect(try await head(of: "dlhk") == 2)
        }
    }
}
