import Domain
import FoundationEssentials
import PostgreSQL
import Runtime
import Storage
import TestSupport
import TestTraits
import Testing

@testable import Notifier

@Suite("An agency's desk", .serialized, .freshDatabase(NotifierCity.template))
struct NotifierDeskTests {
    private let html = [("Accept", "text/html")]

    @Test("the desk shows the work, and the position from which it goes on live")
    func overview() async throws {
        try await NotifierStand.run { notifier in
            let open = try await NotifierCity.report("sampah", "Sampah di Oeba <b>")
            let done = try await NotifierCity.report("sampah", "Sampah di Alak")
            _ = try await notifier.command("start", done)
            _ = try await notifier.command("resolve", done)
            let page = try await notifier.ask("GET", "/desk/dlhk", headers: html)
            #expect(page.status == 200)
            #expect(page.body.contains("data-cursor=\"1-4\""))
            #expect(page.body.contains("/desk/dlhk/laporan/\(open.text)"))
            #expect(page.body.contains("Sampah di Alak"))
            #expect(!page.body.contains("Oeba <b>"))
        }
    }

    @Test("looking for something shows open work that fits, to the bound of a page, and says when nothing does")
    func search() async throws {
        try await NotifierStand.run { notifier in
            let wanted = try await NotifierCity.report("sampah", "Tumpukan di depan Pasar Oeba")
            let other = try await NotifierCity.report("sampah", "TPS liar di kampus")
            let held = try await NotifierCity.report("sampah", "Pasar Oeba juga")
            _ = try await notifier.command("acknowledge", held)
            let done = try await NotifierCity.report("sampah", "Pasar Oeba sudah bersih")
            for command in ["start", "resolve"] { _ = try await notifier.command(command, done) }
            func shown(_ query: String) async throws -> Set<String> {
                let page = try await notifier.ask("GET", "/desk/dlhk\(query)", headers: html)
                #expect(page.status == 200)
                return Set([wanted, other, held, done].map(\.text).filter { page.body.contains("laporan/\($0)") })
            }
            #expect(try await shown("?cari=oeba+PASAR") == [wanted.text, held.text])
            #expect(try await shown("?cari=oeba&status=acknowledged") == [held.text])
            #expect(try await shown("?area=53.71.04.1008&kategori=sampah") == [wanted.text, other.text, held.text])
            #expect(try await shown("?lewat=1") == [])
            // What nobody could have chosen is not chosen.
            #expect(try await shown("?status=resolved&kategori=x&area=y&cari=+&lewat=").count == 4)
            let none = try await notifier.ask("GET", "/desk/dlhk?cari=%22%3Cb%3E", headers: html)
            #expect(none.body.contains("Tidak ada yang cocok."))
            #expect(!none.body.contains("<b>\""))
        }
    }

    @Test("the list for paper is the agency's open work alone, and another's token does not open it")
    func printed() async throws {
        try await NotifierStand.run { notifier in
            _ = try await NotifierCity.report("sampah", "Sampah di Oeba")
            _ = try await NotifierCity.report("jalan", "Jalan berlubang")
            let page = try await notifier.ask("GET", "/desk/dlhk/cetak", headers: html)
            #expect(page.status == 200)
            #expect(page.body.contains("Sampah di Oeba</td>"))
            #expect(!page.body.contains("Jalan berlubang"))
            let none = try await notifier.ask("GET", "/desk/dlhk/cetak?cari=tikus", headers: html)
            #expect(none.body.contains("Tidak ada laporan terbuka."))
            let foreign = try await NotifierCity.key(.agency, agency: "pupr")
            #expect(try await notifier.ask("GET", "/desk/dlhk/cetak", token: foreign, headers: html).status == 403)
            #expect(try await notifier.ask("GET", "/desk/dlhk/cetak", token: "", headers: html).status == 401)
        }
    }

    @Test("a command as a plain form goes back to the report, which says that it is done")
    func form() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let path = "/desk/dlhk/laporan/\(id.text)"
            let before = try await notifier.ask("GET", path, headers: html)
            #expect(before.status == 200)
            #expect(before.body.contains("action=\"\(path)/acknowledge\""))
            let form = "version=1&idempotency_key=abc&note=Kami+ke+sana&internal_note=&until="
            let answer = try await notifier.ask("POST", "\(path)/acknowledge", headers: html, form: form)
            #expect(answer.status == 303)
            let location = try #require(answer["Location"])
            #expect(location == "\(path)?hasil=acknowledge")
            let after = try await notifier.ask("GET", location, headers: html)
            #expect(after.body.contains("role=\"status\""))
            #expect(after.body.contains("Kami ke sana"))
            // Sent twice by an impatient thumb: done once.
            #expect(try await notifier.ask("POST", "\(path)/acknowledge", headers: html, form: form).status == 303)
            let history = try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(id.text)")
            #expect(history.json["version"] == .int(2))
        }
    }

    @Test("what is wrong stands on the page, with what was typed")
    func faults() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let path = "/desk/dlhk/laporan/\(id.text)"
            let faulty = try await notifier.ask(
                "POST", "\(path)/reject", headers: html, form: "version=1&idempotency_key=a&note=Bukan+di+sini")
            #expect(faulty.status == 422)
            #expect(faulty.body.contains("role=\"alert\""))
            #expect(faulty.body.contains("Bukan di sini"))
            #expect(!faulty.body.contains("value=\"a\""))
            _ = try await notifier.command("acknowledge", id)
            let stale = try await notifier.ask(
                "POST", "\(path)/start", headers: html, form: "version=1&idempotency_key=b")
            #expect(stale.status == 412)
            #expect(stale.body.contains("data-version=\"2\""))
            let refused = try await notifier.ask(
                "POST", "\(path)/resume", headers: html, form: "version=2&idempotency_key=c")
            #expect(refused.status == 409)
            #expect(refused.body.contains("acknowledged"))
            let known = try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(id.text)")
            #expect(known.json["version"] == .int(2))
        }
    }

    @Test("a hold's end is of the city's clock")
    func hold() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let until = String(Timestamp.now.adding(seconds: 7_200).rfc3339(offsetSeconds: 28_800).prefix(16))
            let answer = try await notifier.ask(
                "POST", "/desk/dlhk/laporan/\(id.text)/hold", headers: html,
                form: "version=1&idempotency_key=h&reason=Menunggu+alat&until=\(until.replacing(":", with: "%3A"))")
            #expect(answer.status == 303, "\(answer.body)")
            let held = try await notifier.ask("GET", "/v1/agencies/dlhk/reports/\(id.text)")
            #expect(held.json["held_until"] == .string("\(until):00.000+08:00"))
        }
    }

    @Test("a transfer goes back to the desk, since the report is another's now; a report that is gone is 404")
    func transfer() async throws {
        try await NotifierStand.run { notifier in
            let id = try await NotifierCity.report()
            let path = "/desk/dlhk/laporan/\(id.text)"
            let answer = try await notifier.ask(
                "POST", "\(path)/transfer", headers: html, form: "version=1&idempotency_key=t&to=pupr")
            #expect(answer.status == 303)
            #expect(answer["Location"] == "/desk/dlhk")
            let gone = try await notifier.ask("GET", path, headers: html)
            #expect(gone.status == 404)
            #expect(gone["Content-Type"]?.hasPrefix("text/html") == true)
        }
    }

    @Test("what pages load is served here too, for ever where the address carries the content's hash")
    func assets() async throws {
        try await NotifierStand.run { notifier in
            let page = try await notifier.ask("GET", "/masuk", token: "", headers: html)
            let path = try #require(page.body.firstMatch(of: /\/assets\/sasando\.[0-9a-f]+\.css/)).output
            let asset = try await notifier.ask("GET", String(path), token: "")
            #expect(asset.status == 200)
            #expect(asset["Content-Type"] == "text/css; charset=utf-8")
            #expect(asset["Cache-Control"]?.contains("immutable") == true)
            #expect(try await notifier.ask("GET", "/assets/nothing.js", token: "").status == 404)
        }
    }

    @Test("the city's midnight, east and west of Greenwich and before 1970")
    func midnight() throws {
        func at(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }
        #expect(try at("2026-11-24T07:00:00+08:00").midnight(offset: 28_800) == at("2026-11-24T00:00:00+08:00"))
        #expect(try at("2026-11-24T00:00:00+08:00").midnight(offset: 28_800) == at("2026-11-24T00:00:00+08:00"))
        #expect(try at("2026-11-23T23:59:59-05:00").midnight(offset: -18_000) == at("2026-11-23T00:00:00-05:00"))
        #expect(try at("1969-12-31T03:00:00Z").midnight(offset: 0) == at("1969-12-31T00:00:00Z"))
    }
}
