internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    /// A reader flags, the operator decides, and everybody sees what is left for them to see.
    @Suite("Moderation")
    struct ModerationTests {
        let stack = RunningStack.current.stack

        struct Sent {
            var id: String
            var code: String
            /// The door of who holds the report's key.
            var reporter: Door
        }

        private func send(_ text: String, landmark: String = "rumah Ny. Kwelabrix") async throws -> Sent {
            let body = Sample.report("pkl_liar", text).setting("landmark", .string(landmark))
            let receipt = try await stack.door.with("Idempotency-Key", UUID().uuidString).post(
                "/v1/reports", json: body)
            #expect(receipt.status == 201, "\(receipt)")
            let id = try #require(receipt["id"]?.text)
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency("satpolpp").get("/v1/agencies/satpolpp/reports/\(id)").status == 200
            }
            return Sent(
                id: id, code: try #require(receipt["tracking_code"]?.text),
                reporter: stack.door.bearing(try #require(receipt["reporter_key"]?.text)))
        }

        /// A browser that keeps the cookie of the form's page.
        private func phone(at sent: Sent) async throws -> Door {
            let form = try await stack.door.get("/lacak/\(sent.code)/tandai")
            #expect(form.status == 200, "\(form)")
            let cookie = form.header("Set-Cookie") ?? ""
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "\(cookie)")
            return stack.door.with("Cookie", String(cookie.prefix { $0 != ";" }))
        }

        private func decide(_ command: String, _ sent: Sent, reason: String = "nama orang") async throws -> Answer {
            try await stack.operatorDoor.post(
                "/v1/moderation/\(sent.id)/\(command)", json: ["reason": .string(reason), "actor": "Ibu Lena"])
        }

        @Test func `a phone flags once, and the operator reads why, most flags first`() async throws {
            let (mild, grave) = (try await send("Lapak biasa"), try await send("Lapak milik tetangga saya"))
            for _ in 0..<2 {
                let phone = try await phone(at: grave)
                let flagged = try await phone.post("/lacak/\(grave.code)/tandai", form: "reason=personal_data")
                #expect(flagged.status == 200 && flagged.text.contains("Tanda Anda tercatat"), "\(flagged)")
            }
            let phone = try await phone(at: mild)
            for _ in 0..<3 { _ = try await phone.post("/lacak/\(mild.code)/tandai", form: "reason=insult") }
            let list = try await stack.operatorDoor.get("/v1/moderation")
            let own = list.json.elements.filter { [mild.id, grave.id].contains($0["id"]?.text) }
            #expect(own.map { $0["id"]?.text } == [grave.id, mild.id], "\(list)")
            #expect(own.map { $0["open_flags"]?.number } == [2, 1])
            #expect(own.first?["reasons"]?["personal_data"]?.number == 2)
            let page = try await stack.operatorDoor.get("/moderasi")
            #expect(page.text.contains("Lapak milik tetangga saya") && page.text.contains("Data pribadi: 2"))
            try await wait(for: "the dashboard to count them", within: .seconds(10)) {
                let dashboard = try await stack.operatorDoor.get("/dashboard")
                return dashboard.text.contains("href=\"/moderasi\"") && dashboard.text.contains("ditandai warga")
            }
            #expect(try await decide("dismiss", grave)["open_flags"]?.number == 0)
            #expect(try await decide("dismiss", mild).status == 200)
        }

        @Test func `what cannot be flagged is told`() async throws {
            let sent = try await send("Lapak di trotoar")
            let path = "/lacak/\(sent.code)/tandai"
            let without = try await stack.door.post(path, form: "reason=insult")
            #expect(without.status == 422 && without.text.contains("Tanda belum terkirim"), "\(without)")
            let phone = try await phone(at: sent)
            #expect(try await phone.post(path, form: "reason=bosan").status == 422)
            #expect(
                try await phone.with("Origin", "http://jahat.example").post(path, form: "reason=insult").status == 403)
            #expect(try await stack.door.get("/lacak/KPG-0000000000A/tandai").status == 404)
            let secret = try await stack.integrator.post("/v1/reports", json: Sample.report("orang_hilang", "Rahasia"))
            let code = secret["tracking_code"]?.text ?? ""
            #expect(try await stack.door.get("/lacak/\(code)/tandai").status == 404)
        }

        @Test func `what is hidden is gone from everything public, and its reporter is told`() async throws {
            let sent = try await send("Lapak Wigglethorpe menutup jalan")
            let word = "Wigglethorpe"
            let publicPaths = [
                "/v1/reports?limit=100&category=pkl_liar", "/laporan?kategori=pkl_liar",
                "/laporan.atom?kategori=pkl_liar",
                "/lacak/\(sent.code)", "/v1/reports/\(sent.code)",
            ]
            for path in publicPaths + ["/v1/reports/\(sent.id)"] {
                #expect(try await stack.door.get(path).text.contains(word), "\(path)")
            }
            let hidden = try await decide("hide", sent)
            #expect(hidden.status == 200 && hidden["hidden"] == true, "\(hidden)")
            for path in publicPaths {
                let answer = try await stack.door.get(path)
                #expect(answer.status == 200 && !answer.text.contains(word), "\(answer)")
            }
            let byID = try await stack.door.get("/v1/reports/\(sent.id)")
            let unknown = try await stack.door.get("/v1/reports/\(UUID().uuidString.lowercased())")
            #expect(byID.status == 404 && byID.bytes == unknown.bytes, "\(byID)")
            #expect(try await stack.door.get("/lacak/\(sent.code)/tandai").status == 404)
            #expect(try await stack.door.post("/v1/reports/\(sent.id)/follow", json: [:]).status == 404)

            let own = try await sent.reporter.get("/v1/reports/\(sent.id)")
            #expect(own.text.contains(word) && own["hidden"] == true, "\(own)")
            let page = try await sent.reporter.get("/lacak/\(sent.code)")
            #expect(page.text.contains(word) && page.text.contains("menyembunyikan laporan ini"), "\(page)")
            let agency = try await stack.agency("satpolpp").get("/v1/agencies/satpolpp/reports/\(sent.id)")
            #expect(agency.text.contains(word), "\(agency)")

            #expect(try await decide("unhide", sent, reason: "keliru")["hidden"] == false)
            for path in publicPaths { #expect(try await stack.door.get(path).text.contains(word), "\(path)") }
            let log = try await stack.operatorDoor.get("/v1/moderation/log")
            let lines = log.json.elements.filter { $0["report_id"]?.text == sent.id }
            #expect(lines.map { $0["action"]?.text } == ["unhide", "hide"], "\(log)")
            #expect(lines.first?["reason"] == "keliru" && lines.first?["actor"] == "Ibu Lena", "\(log)")
            #expect(lines.first?["key"]?.text?.hasPrefix("operator") == true, "\(log)")
        }

        @Test func `what is redacted is gone for the agency too, from what it reads again as well`() async throws {
            let sent = try await send("Lapak Brumbletwist di depan rumah")
            let words = ["Brumbletwist", "Kwelabrix", "Snorfle"]
            let desk = stack.agency("satpolpp")
            let comment: JSONValue = ["note": "Kami temui Snorfle besok"]
            #expect(
                try await desk.post("/v1/agencies/satpolpp/reports/\(sent.id)/comment", json: comment).status == 200)
            #expect(
                try await sent.reporter.post("/v1/reports/\(sent.id)/comment", json: ["note": "Snorfle"]).status == 200)
            #expect(try await events(of: sent).contains { event in words.contains { event.json.contains($0) } })

            let redacted = try await decide("redact", sent)
            #expect(redacted.status == 200 && redacted["redacted"] == true, "\(redacted)")
            var told: [JSONValue] = []
            try await wait(for: "the event that tells of it", within: .seconds(10)) {
                told = try await events(of: sent)
                return told.last?["type"] == "sasando.report.redacted"
            }
            #expect(told.count == 4)
            for event in told {
                #expect(words.allSatisfy { !event.json.contains($0) }, "\(event.json)")
            }
            for path in ["/v1/agencies/satpolpp/reports/\(sent.id)", "/desk/satpolpp/laporan/\(sent.id)"] {
                let answer = try await desk.get(path)
                #expect(answer.status == 200 && words.allSatisfy { !answer.text.contains($0) }, "\(answer)")
            }
            let own = try await sent.reporter.get("/lacak/\(sent.code)")
            #expect(
                own.text.contains("Tulisan dalam laporan ini sudah dihapus")
                    && words.allSatisfy { !own.text.contains($0) }, "\(own)")
            #expect(try await decide("redact", sent).status == 200, "a repeat is answered the same")
            #expect(try await events(of: sent).count == 4, "and tells nobody twice")
            // The work goes on.
            let started = try await desk.post("/v1/agencies/satpolpp/reports/\(sent.id)/start", json: [:])
            #expect(started.status == 200, "\(started)")
        }

        private func events(of sent: Sent) async throws -> [JSONValue] {
            var path = "/v1/agencies/satpolpp/events?limit=1000"
            var own: [JSONValue] = []
            while true {
                let page = try await stack.agency("satpolpp").get(path)
                own += page.json.elements.filter { $0["subject"]?.text == sent.id }
                guard !page.json.elements.isEmpty,
                    let next = page.header("Link")?.firstMatch(of: /<([^>]*)>/)?.output.1
                else { return own }
                path = next.hasPrefix("/") ? String(next) : String(next.dropFirst(stack.frontDoor.count))
            }
        }

        @Test func `the operator alone decides, says why, and on no other site's behalf`() async throws {
            let sent = try await send("Lapak di jembatan")
            let path = "/v1/moderation/\(sent.id)/hide"
            let body: JSONValue = ["reason": "nama orang"]
            #expect(try await stack.door.post(path, json: body).status == 401)
            for door in [stack.agency("satpolpp"), stack.agency("kominfo"), stack.integrator] {
                #expect(try await door.post(path, json: body).status == 403)
                for page in ["/moderasi", "/moderasi/catatan", "/moderasi/\(sent.code)", "/v1/moderation", "/loket"] {
                    #expect(try await door.get(page).status == 403, "\(page)")
                }
            }
            let stranger = try await stack.door.with("Accept", "text/html").get("/moderasi")
            #expect(stranger.status == 401 && stranger.text.contains("name=\"token\""), "\(stranger)")
            let silent = try await stack.operatorDoor.post(path, json: [:])
            #expect(silent.status == 422 && silent.faults == ["/reason required"], "\(silent)")
            let nobodys = "/v1/moderation/\(UUID().uuidString)/hide"
            #expect(try await stack.operatorDoor.post(nobodys, json: body).status == 404)

            let signedIn = try await stack.door.with("Origin", stack.frontDoor)
                .post("/masuk", form: "token=\(stack.credentials.operatorToken)")
            let cookie = signedIn.header("Set-Cookie").map { String($0.prefix { $0 != ";" }) } ?? ""
            let browser = stack.door.with("Cookie", cookie)
            let form = "reason=Nama+orang&actor=Ibu+Lena"
            for origin in ["http://jahat.example", "null"] {
                let door = browser.with("Origin", origin)
                #expect(try await door.post("/moderasi/\(sent.code)/hide", form: form).status == 403)
                #expect(try await door.post("/loket", form: form).status == 403)
                #expect(try await door.post(path, json: body).status == 403)
            }
            #expect(try await browser.post("/moderasi/\(sent.code)/hide", form: form).status == 403)
            let ours = browser.with("Origin", stack.frontDoor)
            let empty = try await ours.post("/moderasi/\(sent.code)/hide", form: "reason=")
            #expect(empty.status == 422 && empty.text.contains("role=\"alert\""), "\(empty)")
            let done = try await ours.post("/moderasi/\(sent.code)/hide", form: form)
            #expect(done.status == 303 && done.header("Location") == "/moderasi/\(sent.code)?hasil=hide", "\(done)")
            let page = try await browser.get(done.header("Location") ?? "")
            #expect(page.text.contains("Disembunyikan dari umum") && page.text.contains("Ibu Lena"), "\(page)")
        }
    }
}
