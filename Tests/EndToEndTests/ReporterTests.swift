internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    /// What a reporter does after sending, by the JSON door and by the page's forms.
    @Suite("Reporter")
    struct ReporterTests {
        let stack = RunningStack.current.stack

        struct Sent {
            var id: String
            var code: String
            /// The door of who holds the report's key.
            var reporter: Door
            var path: String { "/v1/reports/\(id)" }
        }

        /// A citizen's report that its agency has.
        private func send(_ category: String = "sampah", to agency: String = "dlhk") async throws -> Sent {
            let body = Sample.report(category).setting("external_id", nil)
            let citizen = stack.door.with("Idempotency-Key", UUID().uuidString)
            let receipt = try await citizen.post("/v1/reports", json: body)
            #expect(receipt.status == 201, "\(receipt)")
            let id = try #require(receipt["id"]?.text)
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency(agency).get("/v1/agencies/\(agency)/reports/\(id)").status == 200
            }
            return Sent(
                id: id, code: try #require(receipt["tracking_code"]?.text),
                reporter: stack.door.bearing(try #require(receipt["reporter_key"]?.text)))
        }

        private func command(_ command: String, _ sent: Sent, note: String = "Sudah beres") async throws {
            let path = "/v1/agencies/dlhk/reports/\(sent.id)/\(command)"
            let answer = try await stack.agency("dlhk").post(path, json: ["note": .string(note)])
            #expect(answer.status == 200, "\(answer)")
        }

        /// The types of a report's events on its agency's stream, once `last` is among them.
        private func events(of sent: Sent, until last: String) async throws -> [String] {
            var types: [String] = []
            try await wait(for: "the event \(last)", within: .seconds(10)) {
                var path = "/v1/agencies/dlhk/events?limit=1000"
                types = []
                while true {
                    let page = try await stack.agency("dlhk").get(path)
                    let own = page.json.elements.filter { $0["subject"]?.text == sent.id }
                    types += own.compactMap { $0["type"]?.text?.split(separator: ".").last.map(String.init) }
                    guard !page.json.elements.isEmpty,
                        let next = page.header("Link")?.firstMatch(of: /<([^>]*)>/)?.output.1
                    else { return types.contains(last) }
                    path = next.hasPrefix("/") ? String(next) : String(next.dropFirst(stack.frontDoor.count))
                }
            }
            return types
        }

        @Test func `the reporter alone rates a resolved report and opens it again, once for each try`() async throws {
            let sent = try await send()
            for name in ["acknowledge", "resolve"] { try await command(name, sent) }
            let rating: JSONValue = ["rating": 2, "note": "Hanya separuh"]
            #expect(try await stack.door.post(sent.path + "/rate", json: rating).status == 401)
            let stranger = try await send().reporter
            #expect(try await stranger.post(sent.path + "/rate", json: rating).status == 403)
            for (body, fault) in [(["rating": 6], "rating_out_of_range"), ([:], "required")] as [(JSONValue, String)] {
                let answer = try await sent.reporter.post(sent.path + "/rate", json: body)
                #expect(answer.status == 422 && answer.faults == ["/rating \(fault)"], "\(answer)")
            }

            let keyed = sent.reporter.with("Idempotency-Key", UUID().uuidString)
            let rated = try await keyed.post(sent.path + "/rate", json: rating)
            #expect(rated.status == 200 && rated["rating"] == 2 && rated["status"] == "resolved", "\(rated)")
            let again = try await keyed.post(sent.path + "/rate", json: rating)
            #expect(again.bytes == rated.bytes && again.header("Idempotency-Replayed") == "true", "\(again)")
            #expect(try await keyed.post(sent.path + "/rate", json: ["rating": 3]).status == 422)
            let twice = try await sent.reporter.post(sent.path + "/rate", json: rating)
            #expect(twice.status == 409 && twice["code"] == "rated_already", "\(twice)")

            let opened = try await sent.reporter.post(sent.path + "/reopen", json: ["note": "Masih ada sisanya"])
            #expect(opened.status == 200 && opened["status"] == "reopened" && opened["colour"] == "red", "\(opened)")
            let early = try await sent.reporter.post(sent.path + "/reopen", json: ["note": "Lagi"])
            #expect(early.status == 409 && early["code"] == "wrong_status", "\(early)")
            try await command("acknowledge", sent)
            let types = try await events(of: sent, until: "reopened")
            #expect(types.starts(with: ["assigned", "acknowledged", "resolved", "rated", "reopened"]), "\(types)")
        }

        @Test func `what the reporter adds reaches the agency, and the public reads only that something was said`()
            async throws
        {
            let sent = try await send()
            let words = "Rumah pagar biru nomor 7, ada orang sore hari"
            let answer = try await sent.reporter.post(sent.path + "/comment", json: ["note": .string(words)])
            #expect(answer.status == 200, "\(answer)")
            let agency = try await stack.agency("dlhk").get("/v1/agencies/dlhk/reports/\(sent.id)")
            #expect(agency.text.contains(words), "\(agency)")
            #expect(try await sent.reporter.get(sent.path).text.contains(words))
            for path in [sent.path, "/lacak/\(sent.code)"] {
                let seen = try await stack.door.get(path)
                #expect(seen.status == 200 && !seen.text.contains("pagar biru"), "\(seen)")
            }
            #expect(try await stack.door.get(sent.path).text.contains("commented"))
        }

        @Test func `who may read a report may follow it, and withdrawing it is the reporter's`() async throws {
            let sent = try await send()
            #expect(try await stack.door.post(sent.path + "/follow", json: [:]).status == 200)
            let isPrivate = try await send("orang_hilang", to: "dinsos")
            #expect(try await stack.door.post(isPrivate.path + "/follow", json: [:]).status == 404)
            #expect(try await stack.door.post(isPrivate.path + "/withdraw", json: [:]).status == 404)
            #expect(try await stack.door.post("/v1/reports/\(isPrivate.code)/withdraw", json: [:]).status == 404)
            #expect(try await stack.door.post("/v1/reports/\(UUID().uuidString)/follow", json: [:]).status == 404)
            let withdrawn = try await sent.reporter.post(sent.path + "/withdraw", json: [:])
            #expect(withdrawn.status == 200 && withdrawn["status"] == "withdrawn", "\(withdrawn)")
            let late = try await stack.agency("dlhk").post("/v1/agencies/dlhk/reports/\(sent.id)/start", json: [:])
            #expect(late.status == 409, "\(late)")
            let types = try await events(of: sent, until: "withdrawn")
            #expect(types == ["assigned", "followed", "withdrawn"])
        }

        @Test func `the page's forms do it without scripts, and move nothing on another site's behalf`() async throws {
            let sent = try await send()
            let key = sent.reporter.headers.last?.value.dropFirst("Bearer ".count) ?? ""
            let opened = try await stack.door.get("/k/\(key)")
            let cookie = String((opened.header("Set-Cookie") ?? "").prefix { $0 != ";" })
            let browser = stack.door.with("Cookie", cookie).with("Accept", "text/html")
            let page = try await browser.get("/lacak/\(sent.code)")
            #expect(page.text.contains("Ini laporan Anda") && page.text.contains("Tarik laporan ini"), "\(page)")
            #expect(try await !stack.door.get("/lacak/\(sent.code)").text.contains("Ini laporan Anda"))

            let path = "/lacak/\(sent.code)/comment"
            let foreign = try await browser.with("Origin", "http://jahat.example").post(path, form: "note=palsu")
            #expect(foreign.status == 403, "\(foreign)")
            let own = browser.with("Origin", stack.frontDoor)
            let empty = try await own.post(path, form: "note=")
            #expect(empty.status == 422 && empty.text.contains("<details class=\"act\" name=\"own\" open>"), "\(empty)")
            let field = "idempotency_key=\(UUID().uuidString)&note=Dekat+pohon+asam"
            for _ in 1...2 {
                let done = try await own.post(path, form: field)
                #expect(done.status == 303 && done.header("Location") == "/lacak/\(sent.code)?hasil=comment", "\(done)")
            }
            let shown = try await browser.get("/lacak/\(sent.code)?hasil=comment")
            #expect(shown.text.matches(of: /Dekat pohon asam/).count == 1, "\(shown)")
            #expect(shown.text.contains("Keterangan Anda sudah sampai"))
            let changed = try await own.post("/lacak/\(sent.code)/rate", form: "rating=5")
            #expect(changed.status == 422 && changed.text.contains("Keadaan laporan sudah berubah"), "\(changed)")
        }
    }
}
