import Domain
import FoundationEssentials
import PostgreSQL
import Runtime
import Storage
import TestSupport
import TestTraits
import Testing

@testable import Notifier

@Suite("What an agency says with a command", .serialized, .freshDatabase(NotifierCity.template))
struct CommandDetailsTests {
    private func lastLine(of id: UUID, _ notifier: NotifierStand) async throws -> JSONValue {
        let path = "/v1/agencies/\(notifier.agency)/reports/\(id.text)"
        guard case .array(let history)? = try await notifier.ask("GET", path).json["history"] else { return .null }
        return history.last ?? .null
    }

    @Test("stands in the history that its programs and its desk read")
    func read() async throws {
        try await NotifierStand.run { notifier in
            let original = try await NotifierCity.report()
            let id = try await NotifierCity.report()
            let until = Timestamp.now.adding(seconds: 86_400).rfc3339(offsetSeconds: 28_800)
            _ = try await notifier.command("hold", id, #"{"reason":"Menunggu truk","until":"\#(until)"}"#)
            let held = try await lastLine(of: id, notifier)
            #expect(held["reason"] == .string("Menunggu truk") && held["until"] == .string(until))
            #expect(held["of"] == .null && held["refer_to"] == .null)
            let rejection = #"{"reason":"duplicate","of":"\#(original.text)","refer_to":"Pak Lurah"}"#
            #expect(try await notifier.command("reject", id, rejection).status == 200)
            let rejected = try await lastLine(of: id, notifier)
            #expect(rejected["reason"] == .string("duplicate") && rejected["refer_to"] == .string("Pak Lurah"))
            let other = try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(original.text)")
            let known = other.json["tracking_code"]
            #expect(rejected["of"] == known)
            let desk = try await notifier.ask(
                "GET", "/desk/dlhk/laporan/\(id.text)", headers: [("Accept", "text/html")])
            guard case .string(let code)? = known else {
                Issue.record("\(String(describing: known))")
                return
            }
            for text in ["Menunggu truk", "Pak Lurah", "href=\"/lacak/\(code)\""] {
                #expect(desk.body.contains(text), "\(text)")
            }
        }
    }

    @Test("why it passed a report on is read by the next agency, in its history and on its desk")
    func handOver() async throws {
        let id = try await NotifierCity.report()
        try await NotifierStand.run { notifier in
            _ = try await notifier.command("transfer", id, #"{"to":"pupr","reason":"Drainase tersumbat"}"#)
        }
        try await NotifierStand.run(agency: "pupr") { notifier in
            #expect(try await lastLine(of: id, notifier)["reason"] == .string("Drainase tersumbat"))
            let list = try await notifier.ask("GET", "/v1/agencies/pupr/reports")
            #expect(!list.body.contains("Drainase"), "why is public, and does not tell")
            let desk = try await notifier.ask(
                "GET", "/desk/pupr/laporan/\(id.text)", headers: [("Accept", "text/html")])
            #expect(desk.body.contains("Drainase tersumbat"))
        }
    }

    @Test(
        "is refused where it names the report itself, or a sub-type that the report's category has not",
        arguments: [
            ("reject", #"{"reason":"duplicate","of":"CODE"}"#, "/of", "duplicate_of_itself"),
            ("reject", #"{"reason":"duplicate","of":"ID"}"#, "/of", "duplicate_of_itself"),
            ("transfer", #"{"to":"pupr","subtype":"lampu_jalan"}"#, "/subtype", "unknown_subtype"),
        ])
    func refused(command: String, body: String, pointer: String, code: String) async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let single = try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(id.text)")
            guard case .string(let trackingCode)? = single.json["tracking_code"] else {
                Issue.record("\(single.body)")
                return
            }
            let answer = try await notifier.command(
                command, id, body.replacing("CODE", with: trackingCode).replacing("ID", with: id.text))
            #expect(answer.status == 422, "\(answer.body)")
            guard case .array(let errors)? = answer.json["errors"], let error = errors.first else {
                Issue.record("\(answer.body)")
                return
            }
            #expect(error["pointer"] == .string(pointer) && error["code"] == .string(code))
        }
    }

    @Test("a reopening is offered to programs as long as it would be carried out, and no longer")
    func reopening() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            _ = try await notifier.command("start", id)
            let resolved = try await notifier.command("resolve", id)
            #expect(resolved.json["commands"] == .array([.string("ask"), .string("comment"), .string("reopen")]))
            _ = try await Fixture.current.pool.query(
                "UPDATE report_state SET resolved_at = now() - interval '25 hours' WHERE report_id = \(id)")
            let single = try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(id.text)")
            #expect(single.json["commands"] == .array([.string("ask"), .string("comment")]))
            #expect(try await notifier.command("reopen", id).status == 409)
        }
    }
}
