import Domain
import FoundationEssentials
import Storage
import Streams
import TestSupport
import TestTraits
import Testing

@testable import Notifier

@Suite("A notifier and its reporters", .serialized, .freshDatabase(NotifierCity.template))
struct NotifierPrivacyTests {
    @Test("a question is a line that the reporter reads, and no change of where the report stands")
    func ask() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let empty = try await notifier.command("ask", id, "{}")
            #expect(empty.status == 422 && empty.body.contains("/text"), "\(empty.body)")
            let asked = try await notifier.command("ask", id, #"{"text":"Pagar yang mana?","actor":"Budi"}"#)
            #expect(asked.status == 200 && asked.json["status"] == .string("assigned"), "\(asked.body)")
            let path = "/desk/dlhk/laporan/\(id.text)"
            let html = [("Accept", "text/html")]
            let form = try await notifier.ask("POST", path + "/ask", headers: html, form: "version=2&text=Di+mana%3F")
            #expect(form.status == 303 && form["Location"] == path + "?hasil=ask", "\(form.body)")
            let page = try await notifier.ask("GET", path + "?hasil=ask", headers: html)
            #expect(
                page.body.contains("Pertanyaan sampai di halaman pelapor.") && page.body.contains("Pagar yang mana?"))
            let report = try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(id.text)")
            guard case .array(let lines)? = report.json["history"] else { throw Unexpected(report.body) }
            #expect(lines.map { $0["command"] } == [.null, .string("ask"), .string("ask")])
        }
    }

    @Test("whom to call a notifier neither knows nor offers where the reporter has not agreed")
    func contact() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            #expect(try await notifier.command("contact", id, #"{"reason":"Mau tanya"}"#).status == 404)
            let report = try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(id.text)")
            guard case .array(let commands)? = report.json["commands"] else { throw Unexpected(report.body) }
            #expect(commands.contains(.string("ask")) && !commands.contains(.string("contact")))
            #expect(report.json["contact_allowed"] == .bool(false))
        }
    }

    @Test("what was erased is handed to no consumer any more, also not from memory")
    func erased() async throws {
        try await NotifierStand.run { notifier in
            let words = "Grumblefitz di depan pasar"
            let id = try await NotifierCity.report("sampah", words)
            var reader = SSEReader(try await notifier.live())
            #expect(try await reader.events(1).first?.data.contains(words) == true)
            let loaded = try #require(
                try await CityStore(pool: Fixture.current.pool).city(NotifierCity.jurisdiction))
            let result = try await ErasureStore(pool: Fixture.current.pool).erase(
                id, key: nil, of: loaded, answering: { _ in "" })
            guard case .done = result else { throw Unexpected("\(result)") }
            notifier.stream.hints.ring()
            #expect(try await reader.events(1).first?.type == "sasando.report.redacted")
            try await until("no page of before is kept") {
                var anew = SSEReader(try await notifier.live())
                let events = try await anew.events(2)
                return events.map(\.type) == ["sasando.report.assigned", "sasando.report.redacted"]
                    && events.allSatisfy { !$0.data.contains(words) && $0.data.contains("redacted") }
            }
            let desk = try await notifier.ask(
                "GET", "/desk/dlhk/laporan/\(id.text)", headers: [("Accept", "text/html")])
            #expect(desk.status == 200 && desk.body.contains("Tulisan dalam laporan ini sudah dihapus"), "\(desk.body)")
        }
    }
}
