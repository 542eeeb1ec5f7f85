internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    /// A report that an officer writes down for somebody.
    @Suite("Counter")
    struct CounterTests {
        let stack = RunningStack.current.stack
        let pool = RunningStack.current.pool

        private let fields = [
            "category": "sampah", "description": "Sampah di got", "area": "53.71.04.1008", "via": "phone",
        ]

        private func post(_ extra: [String: String] = [:]) async throws -> Answer {
            let form = fields.merging(extra) { $1 }.filter { !$0.value.isEmpty }
                .map { "\($0)=\(Markers().percentEncoded($1))" }.joined(separator: "&")
            return try await stack.operatorDoor.post("/loket", form: form)
        }

        /// The code that is handed over, and the address of the private link.
        private func slip(_ answer: Answer) throws -> (code: String, link: String) {
            let code = try #require(answer.text.firstMatch(of: /id="code"[^>]*>([^<]+)</)?.output.1, "\(answer)")
            let link = try #require(answer.text.firstMatch(of: /id="link"[^>]*>([^<]+)</)?.output.1, "\(answer)")
            return (String(code), String(link))
        }

        @Test func `it goes the way of every report, by a channel of its own, once for each form`() async throws {
            let key = UUID().uuidString.lowercased()
            let extra = [
                "idempotency_key": key, "name": "Zadok", "phone": "0811 222 333", "consent": "1",
            ]
            let form = try await stack.operatorDoor.get("/loket")
            let openedAt = try #require(form.text.firstMatch(of: /name="consent_at" value="([^"]+)"/)?.output.1)
            let sent = try await post(extra.merging(["consent_at": String(openedAt)]) { $1 })
            #expect(sent.status == 201, "\(sent)")
            #expect(sent.header("Set-Cookie")?.contains("sasando_laporan") != true, "the officer keeps no one's key")
            let slip = try slip(sent)
            let again = try await post(extra.merging(["consent_at": String(openedAt)]) { $1 })
            #expect(try self.slip(again) == slip, "sent twice it is one report")

            #expect(slip.link.hasPrefix("\(stack.frontDoor)/k/"))
            let opening = try await stack.door.get(String(slip.link.dropFirst(stack.frontDoor.count)))
            #expect(opening.status == 303 && opening.header("Location") == "/lacak/\(slip.code)", "\(opening)")
            let row = try await pool.query(
                """
                SELECT r.channel, r.attributes, i.consent_version FROM report r
                JOIN reporter_identity i ON i.jurisdiction = r.jurisdiction AND i.report_id = r.id
                WHERE r.tracking_code = \(slip.code)
                """
            ).one()
            #expect(try row.decode(String.self, at: 0) == "loket")
            #expect(try row.decode(String.self, at: 1).contains("phone"))
            try await wait(for: "the agency to have it", within: .seconds(15)) {
                try await stack.door.get("/v1/reports/\(slip.code)")["agency"]?["code"]?.text == "dlhk"
            }
            let id = try await stack.door.get("/v1/reports/\(slip.code)")["id"]?.text ?? ""
            let work = try await stack.agency("dlhk").get("/v1/agencies/dlhk/reports/\(id)")
            #expect(
                work["channel"] == "loket" && !work.text.contains("Zadok") && !work.text.contains("222 333"), "\(work)")
        }

        @Test func `what is missing is said beside its field, and nobody's number is kept without a yes`() async throws
        {
            let faulty = try await post(["via": "", "description": "x", "phone": "0811 222 333"])
            #expect(faulty.status == 422, "\(faulty)")
            for link in ["#via", "#description", "#consent"] {
                #expect(faulty.text.contains("href=\"\(link)\""), "\(link): \(faulty.text)")
            }
            #expect(faulty.text.contains("value=\"0811 222 333\""), "what was typed is still there")
        }

        @Test func `strangers, agencies and integrators do not come to the counter`() async throws {
            let body = "category=sampah&description=Sampah&area=53.71.04.1008&via=phone"
            #expect(try await stack.door.post("/loket", form: body).status == 401)
            for door in [stack.agency("dlhk"), stack.agency("kominfo"), stack.integrator] {
                #expect(try await door.post("/loket", form: body).status == 403)
            }
        }
    }
}
