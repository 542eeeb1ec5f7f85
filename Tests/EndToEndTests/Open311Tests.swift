internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    /// Open311, as others' programs use it.
    @Suite("Open311")
    struct Open311Tests {
        let stack = RunningStack.current.stack
        private var key: String { stack.credentials.integratorKey }

        private func posted(_ form: String) async throws -> (code: String, notice: String) {
            let answer = try await stack.door.post(
                "/open311/v2/requests.json", form: "api_key=\(key)&" + form)
            #expect(answer.status == 201, "\(answer)")
            let first = try #require(answer.json.elements.first)
            return (try #require(first["service_request_id"]?.text), first["service_notice"]?.text ?? "")
        }

        private func request(_ code: String, _ query: String = "") async throws -> JSONValue {
            let answer = try await stack.door.get("/open311/v2/requests/\(code).json?\(query)")
            #expect(answer.status == 200, "\(answer)")
            return try #require(answer.json.elements.first)
        }

        @Test func `others' clients and the schemas of every answer`() async throws {
            let endpoint = stack.door.address + "/open311/v2"
            let failures = try await Open311Clients.judge(endpoint, key: key)
            #expect(failures == "")
        }

        @Test func `a request is a report like any other, up to its end`() async throws {
            let (code, _) = try await posted("service_code=sampah&address_string=dekat+pasar+di+Oesapa")
            let report = try await stack.door.get("/v1/reports/\(code)")
            let id = try #require(report["id"]?.text, "\(report)")
            let path = "/v1/agencies/dlhk/reports/\(id)"
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency("dlhk").get(path).status == 200
            }
            let open = try await request(code)
            #expect(
                open["status"] == "open" && open["description"] == "Sampah" && open["expected_datetime"]?.text != nil)
            #expect(open["address"] == "dekat pasar di Oesapa" && open["agency_responsible"]?.text != nil)
            #expect(open["lat"]?.number != nil && open["zipcode"]?.text?.count == 5, "\(open)")
            let token = try await stack.door.get("/open311/v2/tokens/\(id).json")
            #expect(token.json.elements.first?["service_request_id"]?.text == code, "\(token)")
            _ = try await stack.agency("dlhk").post(path + "/acknowledge", json: ["note": "Tim berangkat"])
            _ = try await stack.agency("dlhk").post(
                path + "/resolve", json: ["note": "Sudah bersih, hubungi 0812 3456 7890"])
            let closed = try await request(code)
            #expect(closed["status"] == "closed" && closed["status_notes"] == "Sudah bersih, hubungi •••")
            let updates = try await stack.door.get("/open311/v2/servicerequestupdates.json?start_date=2020-01-01")
            let words = updates.json.elements.filter { $0["service_request_id"]?.text == code }
                .compactMap { $0["status"]?.text }
            #expect(words == ["open", "investigating", "fixed"], "\(updates)")
            let own = try await stack.door.get(
                "/open311/v2/servicerequestupdates.json?status=fixed&service_request_id=\(code)")
            #expect(own.json.elements.compactMap { $0["status"]?.text } == words, "\(own)")
            let none = try await stack.door.get(
                "/open311/v2/servicerequestupdates.json?service_request_id=KPG-00000000001,x")
            #expect(none.status == 200 && none.json.elements.isEmpty, "\(none)")
        }

        @Test func `an update is the reporter's word, by the key that made the request alone`() async throws {
            let (code, _) = try await posted(
                "service_code=parkir_liar&lat=-10.1583&long=123.6070&description=Parkir+liar")
            let id = try #require(try await stack.door.get("/v1/reports/\(code)")["id"]?.text)
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency("dishub").get("/v1/agencies/dishub/reports/\(id)").status == 200
            }
            let update = "service_request_id=\(code)&status=CLOSED&description=Sudah+pergi&update_id=77"
            let path = "/open311/v2/servicerequestupdates.json"
            for form in [update, "api_key=sas_salah&" + update] {
                let answer = try await stack.door.post(path, form: form)
                #expect(answer.status == 403 && answer.json.elements.first?["code"] == "403", "\(answer)")
            }
            let first = try await stack.door.post(path, form: "api_key=\(key)&" + update)
            #expect(first.status == 201, "\(first)")
            let again = try await stack.door.post(path, form: "api_key=\(key)&" + update)
            #expect(again.json == first.json && first.json.elements.first?["update_id"]?.text != nil, "\(again)")
            #expect(again.status == 200 && again.header("Idempotency-Replayed") == "true", "\(again)")
            // By the request's own key too, where the sender does not number its updates.
            let keyed = stack.door.with("Idempotency-Key", UUID().uuidString)
            let word = "api_key=\(key)&service_request_id=\(code)&description=Masih+di+sana"
            let answers = [try await keyed.post(path, form: word), try await keyed.post(path, form: word)]
            #expect(answers.map(\.status) == [201, 200] && answers[0].json == answers[1].json, "\(answers)")
            #expect(try await keyed.post(path, form: word + "+lagi").status == 400)
            let other = try await stack.door.post(path, form: "api_key=\(key)&description=Masih+ada&\(update)")
            #expect(other.status == 400 && other.text.contains("update_id"), "\(other)")
            #expect(try await request(code)["status"] == "open")
            // Another's request takes no update.
            let receipt = try await stack.door.with("Idempotency-Key", UUID().uuidString)
                .post("/v1/reports", json: Sample.report("sampah"))
            let foreign = try #require(receipt["tracking_code"]?.text, "\(receipt)")
            let refused = try await stack.door.post(
                path, form: "api_key=\(key)&service_request_id=\(foreign)&description=Bukan+milik+saya")
            #expect(refused.status == 403, "\(refused)")
            let unknown = try await stack.door.post(
                path, form: "api_key=\(key)&service_request_id=KPG-00000000001&description=x")
            #expect(unknown.status == 404, "\(unknown)")
        }

        @Test func `photos come in the body, and one that cannot be fetched loses no report`() async throws {
            let fields = [
                "api_key": key, "service_code": "iklan_liar", "address_id": "53.71.04.1008", "description": "Spanduk",
            ]
            let form = MultipartForm(
                fields, files: [("media[]", Photographs.withMetadata(Photographs.jpeg)), ("lain", [1, 2, 3])])
            let answer = try await stack.door.send(
                "POST", "/open311/v2/requests.json", type: form.type, body: form.bytes)
            #expect(answer.status == 201, "\(answer)")
            let code = try #require(answer.json.elements.first?["service_request_id"]?.text)
            let url = try #require(try await request(code)["media_url"]?.text)
            #expect(url.hasSuffix("/web"))
            let path = try #require(url.range(of: "/media/").map { String(url[$0.lowerBound...]) })
            #expect(try await stack.door.get(path).header("Content-Type") == "image/jpeg")
            let broken = MultipartForm(fields, files: [("photo1", Array("no photo".utf8))])
            let refused = try await stack.door.send(
                "POST", "/open311/v2/requests.json", type: broken.type, body: broken.bytes)
            #expect(refused.status == 400 && refused.text.contains("media"), "\(refused)")
            let inside = try await posted(
                "service_code=iklan_liar&address_id=53.71.04.1008&description=Spanduk&media_url=https://127.0.0.1:1/a.jpg"
                    + "&media_url=http://contoh.id/b.jpg")
            #expect(inside.notice.contains("media_url") && inside.notice.contains("2 foto"), "\(inside)")
            #expect(try await request(inside.code)["media_url"] == .null)
        }

        @Test func `what is private, its sender alone reads`() async throws {
            let (code, notice) = try await posted("service_code=orang_hilang&lat=-10.1583&long=123.6070")
            #expect(notice.contains("tidak ditampilkan"), "\(notice)")
            #expect(try await stack.door.get("/open311/v2/requests/\(code).xml").status == 404)
            let listed = try await stack.door.get("/open311/v2/requests.json?service_code=orang_hilang")
            #expect(listed.json.elements.isEmpty, "\(listed)")
            #expect(try await request(code, "api_key=\(key)")["service_code"] == "orang_hilang")
            for name in stack.logs {
                #expect(!(try stack.wholeLog(of: name)).contains(key), "\(name) logs the key")
            }
        }
    }
}

extension EndToEnd {
    /// Photos that a request names by their addresses.
    @Suite("Open311 photos", .serialized)
    struct Open311PhotoTests {
        @Test func `are fetched from where the configuration allows`() async throws {
            let server = try await PushService.start()
            let settings = ["SASANDO_OUTBOUND_ALLOW": "127.0.0.1", "SASANDO_OUTBOUND_CA_FILE": server.certificate]
            let photo = try server.offer(Photographs.jpeg, as: "photo.jpg")
            let text = try server.offer(Array("<html>".utf8), as: "page.html")
            try await RunningStack.with(environment: settings) {
                let stack = RunningStack.current.stack
                let answer = try await stack.door.post(
                    "/open311/v2/requests.json",
                    form: "api_key=\(stack.credentials.integratorKey)&service_code=sampah&address_id=53.71.04.1008"
                        + "&media_url=\(photo)&media_url=\(text)&media_url=\(server.origin)/none")
                #expect(answer.status == 201, "\(answer)")
                let sent = try #require(answer.json.elements.first)
                #expect(sent["service_notice"]?.text?.contains("2 foto") == true, "\(answer)")
                let code = try #require(sent["service_request_id"]?.text)
                let shown = try await stack.door.get("/open311/v2/requests/\(code).json")
                let picture = try #require(shown.json.elements.first?["media_url"]?.text, "\(shown)")
                #expect(picture.contains("/media/"), "\(shown)")
                try await Self.manyAtOnce(stack, picture)
                try await Self.slow(stack, picture)
            }
        }

        /// Each of them waits for its turn. A network that the operator names is asked over http too.
        private static func manyAtOnce(_ stack: Stack, _ picture: String) async throws {
            let place = try #require(picture.range(of: "/media/"))
            let plain = stack.door.address + picture[place.lowerBound...]
            #expect(plain.hasPrefix("http://"))
            let notices = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        let answer = try await stack.door.post(
                            "/open311/v2/requests.json",
                            form: "api_key=\(stack.credentials.integratorKey)&service_code=sampah"
                                + "&address_id=53.71.04.1008&media_url=\(plain)&media_url=\(plain)&media_url=\(plain)")
                        return (answer.status, answer.json.elements.first?["service_notice"]?.text ?? "")
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(notices.allSatisfy { $0.0 == 201 && !$0.1.contains("foto") }, "\(notices)")
        }

        /// A server that takes the connection and says nothing costs its photo, and a fourth is one too many: neither
        /// costs the report.
        private static func slow(_ stack: Stack, _ picture: String) async throws {
            let silent = try RawSocket.listener()
            defer { close(silent.descriptor) }
            let begun = ContinuousClock.now
            let answer = try await stack.door.post(
                "/open311/v2/requests.json",
                form: "api_key=\(stack.credentials.integratorKey)&service_code=sampah&address_id=53.71.04.1008"
                    + String(repeating: "&media_url=http://127.0.0.1:\(silent.port)/a.jpg", count: 4))
            #expect(answer.status == 201 && begun.duration(to: .now) < .seconds(8), "\(answer)")
            #expect(answer.json.elements.first?["service_notice"]?.text?.contains("4 foto") == true, "\(answer)")
        }
    }
}
