internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// Who reports: agreed to, asked, called, shown, exported and erased, by the doors and by the operator's command.
    @Suite("Personal data", .serialized, .stack())
    struct PersonalDataTests {
        let stack = RunningStack.current.stack
        let pool = RunningStack.current.pool

        struct Sent {
            var id: String
            var code: String
            var key: String
            var reporter: Door
            var path: String { "/v1/reports/\(id)" }
            var desk: String { "/v1/agencies/dlhk/reports/\(id)" }
        }

        private static func person(phone: String?, contact: Bool) -> JSONValue {
            var person: [String: JSONValue] = [
                "name": "Zebulon Penguji", "email": "Zebulon@contoh.id",
                "consent": ["version": "1", "at": "2026-01-01T00:00:00Z", "contact": .bool(contact)],
            ]
            person["phone"] = phone.map(JSONValue.string)
            return .object(person)
        }

        private func send(phone: String? = "+62 811-7075-4319", contact: Bool = true) async throws -> Sent {
            let body = Sample.report("sampah", "Grumblefitz di depan rumah saya")
                .setting("landmark", "kios Grumblefitz").setting(
                    "reporter", Self.person(phone: phone, contact: contact))
            let receipt = try await stack.door.with("Idempotency-Key", UUID().uuidString).post(
                "/v1/reports", json: body)
            #expect(receipt.status == 201, "\(receipt)")
            let (id, key) = (try #require(receipt["id"]?.text), try #require(receipt["reporter_key"]?.text))
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency("dlhk").get("/v1/agencies/dlhk/reports/\(id)").status == 200
            }
            return Sent(
                id: id, code: try #require(receipt["tracking_code"]?.text), key: key,
                reporter: stack.door.bearing(key))
        }

        private func browser(_ sent: Sent) async throws -> Door {
            let opened = try await stack.door.get("/k/\(sent.key)")
            let cookie = String((opened.header("Set-Cookie") ?? "").prefix { $0 != ";" })
            return stack.door.with("Cookie", cookie).with("Accept", "text/html").with("Origin", stack.frontDoor)
        }

        @Test func `what is agreed to is listed, and nothing is kept without it`() async throws {
            let list = try await stack.door.get("/v1/consents")
            let consent = try #require(list["consents"]?.elements.last)
            #expect(consent["version"] == "1" && consent["current"] == .bool(true), "\(list)")
            #expect(consent["purpose"]?["id"]?.text?.isEmpty == false && consent["retention_days"] == 90)
            let form = try await stack.door.with("Accept", "text/html").get("/lapor")
            #expect(form.text.contains("sampai 90 hari setelah laporan berakhir"), "\(form)")
            for (reporter, fault) in [
                (["name": "Yuli"], "/reporter/consent consent_required"),
                (
                    ["name": "Yuli", "consent": ["version": "9", "at": "2026-01-01T00:00:00Z"]],
                    "/reporter/consent/version unknown_consent"
                ),
                (
                    ["name": "Yuli", "consent": ["version": "1", "at": "2026-01-01T00:00:00Z", "contact": true]],
                    "/reporter/phone required"
                ),
            ] as [(JSONValue, String)] {
                let answer = try await stack.integrator.post(
                    "/v1/reports", json: Sample.report().setting("reporter", reporter))
                #expect(answer.status == 422 && answer.faults == [fault], "\(answer)")
            }
            let fields = "category=sampah&area=53.71.01.1001&description=Sampah+lama&name=Yuli&phone=081234567890"
            let missing = try await stack.door.post("/lapor", form: fields)
            #expect(missing.status == 422 && missing.text.contains("Centang persetujuan"), "\(missing)")
            let at = try #require(form.text.firstMatch(of: /name="consent_at" value="([^"]+)"/)?.output.1)
            let agreed = "&consent=1&contact=yes&consent_at=\(at.replacing("+", with: "%2B"))"
            let sent = try await stack.door.post("/lapor", form: fields + agreed)
            #expect(sent.status == 201, "\(sent)")
        }

        @Test func `an agency asks, the reporter answers, the agency calls, and the reporter sees it all`() async throws
        {
            let sent = try await send()
            let agency = stack.agency("dlhk")
            let asked = try await agency.post(sent.desk + "/ask", json: ["text": "Pagar yang mana?"])
            #expect(asked.status == 200, "\(asked)")
            let page = try await browser(sent)
            let shown = try await page.get("/lacak/\(sent.code)")
            #expect(shown.text.contains("Dinas bertanya kepada Anda") && shown.text.contains("Pagar yang mana?"))
            #expect(try await !stack.door.get("/lacak/\(sent.code)").text.contains("Pagar yang mana?"))
            let answer = try await page.post("/lacak/\(sent.code)/comment", form: "note=Yang+biru")
            #expect(answer.status == 303, "\(answer)")
            #expect(try await agency.get(sent.desk).text.contains("Yang biru"))
            #expect(try await !page.get("/lacak/\(sent.code)").text.contains("Dinas bertanya kepada Anda"))

            // The desk offers it, and intake answers at the agency's own address.
            let report = try await agency.get(sent.desk)
            #expect(report["contact_allowed"] == .bool(true))
            #expect(report["commands"]?.elements.contains(.string("contact")) == true, "\(report)")
            let keyed = agency.with("Idempotency-Key", UUID().uuidString)
            let reason: JSONValue = ["reason": "Mau janji waktu", "actor": "Budi"]
            let told = try await keyed.post(sent.desk + "/contact", json: reason)
            #expect(told.status == 200 && told.header("Cache-Control") == "no-store", "\(told)")
            #expect(told["contact"]?["name"] == "Zebulon Penguji", "\(told)")
            #expect(told["contact"]?["phone"] == "+62 811-7075-4319" && told["contact"]?["email"] == nil)
            let again = try await keyed.post(sent.desk + "/contact", json: reason)
            #expect(again.header("Idempotency-Replayed") == "true" && again["version"] == told["version"], "\(again)")

            let own = try await sent.reporter.get(sent.path)
            let readings = own["identity"]?["readings"]?.elements ?? []
            #expect(readings.map { $0["by"] } == ["dlhk", "dlhk"] && readings.first?["purpose"] == "Mau janji waktu")
            #expect(!own.text.contains("Budi"), "who at the agency is the agency's: \(own)")
            let seen = try await page.get("/lacak/\(sent.code)").text
            #expect(seen.contains("Siapa yang sudah membacanya") && seen.contains("Mau janji waktu"))
            for door in [stack.door, agency] {
                #expect(try await door.get(sent.path)["identity"] == nil)
            }
            let events = try await stack.agency("dlhk").get("/v1/agencies/dlhk/events?limit=1000").text
            // Four digits alone may stand in some id.
            for word in ["Zebulon", "7075-4319", "70754319"] { #expect(!events.contains(word), "\(word)") }
        }

        @Test func `whom to call is told to nobody else, and never against the reporter's word`() async throws {
            let sent = try await send()
            let silent = try await send(contact: false)
            let reason: JSONValue = ["reason": "Mau janji waktu"]
            let path = sent.desk + "/contact"
            #expect(try await stack.door.post(path, json: reason).status == 401)
            for door in [stack.agency("pupr"), stack.operatorDoor, stack.integrator] {
                #expect(try await door.post(path, json: reason).status == 403)
            }
            let elsewhere = "/v1/agencies/pupr/reports/\(sent.id)/contact"
            let notTheirs = try await stack.agency("pupr").post(elsewhere, json: reason)
            #expect(notTheirs.status == 409 && notTheirs["code"] == "not_holder", "\(notTheirs)")
            let refused = try await stack.agency("dlhk").post(silent.desk + "/contact", json: reason)
            #expect(refused.status == 403 && refused["code"] == "contact_not_allowed", "\(refused)")
            let empty = try await stack.agency("dlhk").post(path, json: [:])
            #expect(empty.status == 422 && empty.faults == ["/reason required"], "\(empty)")
            #expect(try await sent.reporter.get(sent.path)["identity"]?["readings"]?.elements.isEmpty == true)
        }

        @Test func `the desk's form shows it once, without scripts`() async throws {
            let sent = try await send()
            let token = try #require(stack.credentials.agencyTokens["dlhk"])
            let signedIn = try await stack.door.post("/masuk", form: "token=\(token)")
            let cookie = String((signedIn.header("Set-Cookie") ?? "").prefix { $0 != ";" })
            let desk = stack.door.with("Cookie", cookie).with("Origin", stack.frontDoor).with("Accept", "text/html")
            let page = try await desk.get("/desk/dlhk/laporan/\(sent.id)")
            #expect(page.text.contains("/desk/dlhk/laporan/\(sent.id)/contact"), "\(page)")
            let path = "/desk/dlhk/laporan/\(sent.id)/contact"
            let faulty = try await desk.post(path, form: "reason=")
            #expect(faulty.status == 422 && !faulty.text.contains("Zebulon"), "\(faulty)")
            let shown = try await desk.post(path, form: "reason=Mau+janji+waktu")
            #expect(shown.status == 200 && shown.text.contains("Zebulon Penguji"), "\(shown)")
            #expect(shown.text.contains("tel:+6281170754319") && shown.header("Cache-Control") == "no-store")
            #expect(try await !desk.get("/desk/dlhk/laporan/\(sent.id)").text.contains("Zebulon"))
            let foreign = try await stack.door.with("Cookie", cookie).with("Origin", "http://jahat.example")
                .post(path, form: "reason=Mau+janji+waktu")
            #expect(foreign.status == 403, "\(foreign)")
        }

        @Test func `the reporter erases it by the own key: asked once more, then gone everywhere`() async throws {
            let sent = try await send()
            #expect(try await stack.door.post(sent.path + "/erase", json: [:]).status == 401)
            // A consumer that is live all the while, so that what the process holds in memory is asked for too.
            _ = try await stack.agency("dlhk").get("/v1/agencies/dlhk/events?limit=1000")
            let page = try await browser(sent)
            #expect(try await page.get("/lacak/\(sent.code)").text.contains("/lacak/\(sent.code)/hapus"))
            #expect(try await stack.door.get("/lacak/\(sent.code)/hapus").status == 404)
            let confirm = try await page.get("/lacak/\(sent.code)/hapus")
            #expect(confirm.status == 200 && confirm.text.contains("Ini tidak bisa dibatalkan."), "\(confirm)")
            let figures = try await figures()
            let done = try await page.post(
                "/lacak/\(sent.code)/erase", form: "idempotency_key=\(UUID().uuidString)")
            #expect(done.status == 303 && done.header("Location") == "/lacak/\(sent.code)?hasil=erase", "\(done)")
            let after = try await page.get("/lacak/\(sent.code)?hasil=erase").text
            #expect(after.contains("Data Anda sudah dihapus.") && !after.contains("Grumblefitz"), "\(after)")
            let own = try await sent.reporter.get(sent.path)
            #expect(own["redacted"] == .bool(true) && own["description"] == .null, "\(own)")
            #expect(own["identity"]?["held"] == .bool(false))
            let agency = stack.agency("dlhk")
            for path in [sent.desk, "/desk/dlhk/laporan/\(sent.id)", "/v1/agencies/dlhk/events?limit=1000"] {
                let answer = try await agency.get(path)
                let about = path.contains("events") ? events(answer, of: sent) : answer.text
                #expect(answer.status == 200 && !about.contains("Grumblefitz"), "\(path): \(about)")
            }
            #expect(events(try await agency.get("/v1/agencies/dlhk/events?limit=1000"), of: sent).contains("redacted"))
            #expect(
                try await sent.reporter.post(sent.path + "/erase", json: [:]).status == 200, "once more does no harm")
            #expect(try await self.figures() == figures, "the city's figures do not change")
        }

        /// The rollups, once analytics has folded all there is.
        private func figures() async throws -> [String] {
            try await wait(for: "analytics to be through", within: .seconds(20)) {
                try await pool.query(
                    """
                    SELECT bool_and(c.seq = s.head) FROM stream s
                    JOIN analytics_cursor c ON c.jurisdiction = s.jurisdiction AND c.stream = s.code
                    """
                ).one().decode(Bool.self, at: 0)
            }
            return try await pool.query(
                """
                SELECT t FROM (
                    SELECT 'state' || to_jsonb(r)::text AS t FROM rollup_state r WHERE n <> 0
                    UNION ALL SELECT 'flow' || to_jsonb(f)::text FROM rollup_flow f
                    UNION ALL SELECT 'time' || to_jsonb(m)::text FROM rollup_time m) x ORDER BY t
                """
            ).map { try $0.decode(String.self, at: 0) }
        }

        private func events(_ page: Answer, of sent: Sent) -> String {
            page.json.elements.filter { $0["subject"]?.text == sent.id }.map(\.json).joined(separator: "\n")
        }

        @Test func `the operator exports, rotates the keys and erases, and every step is written down`() async throws {
            let first = try await send(phone: "0811 7075 0001")
            let second = try await send(phone: "+62 (0)811-7075-0001", contact: false)
            let other = try await send(phone: "0811 7075 0002")
            let why = ["--reason", "Permintaan pelapor", "--by", "uji"]
            let printed = try await control(["privacy", "export", "--phone", "0811-7075-0001"] + why)
            let reports = try JSONValue(parsing: Array(printed.utf8))["reports"]?.elements ?? []
            #expect(Set(reports.compactMap { $0["report"]?["id"]?.text }) == [first.id, second.id], "\(printed)")
            #expect(reports.allSatisfy { $0["identity"]?["name"] == "Zebulon Penguji" }, "\(printed)")
            #expect(reports.allSatisfy { $0["events"]?.elements.isEmpty == false && $0["consent"]?["version"] == "1" })

            // A new key, taken up by the running intake, and nobody had to be told.
            let rotated = try JSONValue(parsing: Array(try await control(["privacy", "rotate", "--json"]).utf8))
            let key = try #require(rotated["key"]?.number)
            #expect(key > 1 && (rotated["sealed"]?.number ?? 0) >= 3, "\(rotated)")
            let told = try await stack.agency("dlhk").post(other.desk + "/contact", json: ["reason": "Mau tanya"])
            #expect(told["contact"]?["phone"] == "0811 7075 0002", "sealed anew, and still open to intake: \(told)")
            try await wait(for: "intake to seal with the new key", within: .seconds(20)) {
                let sent = try await send(phone: "0811 7075 0003")
                let id = try #require(UUID(uuidString: sent.id))
                return try await pool.query("SELECT key_id FROM reporter_identity WHERE report_id = \(id)").one()
                    .decode(Int32.self, at: 0) == Int32(key)
            }
            await #expect(throws: Unexpected.self, "the key that seals stays") {
                try await control(["privacy", "retire", "\(Int(key))"])
            }
            _ = try await control(["privacy", "rotate", "--no-new-key"])
            _ = try await control(["privacy", "retire", "\(Int(key) - 1)"])
            let keys = try await control(["privacy", "keys"])
            #expect(keys.split(separator: "\n").count == 1 && keys.contains("seals"), "\(keys)")

            let dry = try await control(["privacy", "erase", "--email", "zebulon@CONTOH.id", "--dry-run"] + why)
            #expect(dry.contains(first.id) && dry.contains(other.id), "\(dry)")
            #expect(try await first.reporter.get(first.path)["redacted"] == nil)
            _ = try await control(["privacy", "erase", "--phone", "081170750001"] + why)
            for sent in [first, second] {
                #expect(try await sent.reporter.get(sent.path)["redacted"] == .bool(true))
            }
            let kept = try await other.reporter.get(other.path)
            #expect(kept["redacted"] == nil && kept["identity"]?["held"] == .bool(true), "\(kept)")
            await #expect(throws: Unexpected.self) {
                try await control(["privacy", "erase", "--phone", "081170750001"] + why)
            }
            let acts = try await pool.query("SELECT act, actor, purpose FROM privacy_act WHERE act <> 'rotate'")
            let written = try acts.map { try $0.decode(String.self, at: 0) }
            #expect(Set(written) == ["search", "export", "erase"] && written.filter { $0 == "erase" }.count == 2)
            #expect(try acts.allSatisfy { try $0.decode(String.self, at: 1) == "uji" })
            // The reporter of what was only looked at sees that too.
            let readers = kept["identity"]?["readings"]?.elements.compactMap { $0["by"]?.text } ?? []
            #expect(readers.contains("operator") && readers.contains("dlhk"), "\(kept)")
        }

        private func control(_ arguments: [String]) async throws -> String { try await stack.control(arguments) }
    }
}
