internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    /// Markup in everything that people can write, and every place where it is shown again.
    @Suite("Hostile texts")
    struct HostileTextTests {
        let stack = RunningStack.current.stack
        static let payload = "\"\u{301}'><img src=x onerror=alert(1)><script>alert(2)</script></script>{{t}}]]>"
        /// What must not stand in any page or feed: it would be markup.
        static let markup = ["<img src=x", "<script>alert", "\"\u{301}'>", "]]>"]

        private func expectHarmless(_ answer: Answer, sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(answer.status < 500, "\(answer)", sourceLocation: sourceLocation)
            for text in Self.markup {
                let isThere = answer.bytes.contains(Array(text.utf8))
                #expect(!isThere, "\(answer.asked) shows \(text)", sourceLocation: sourceLocation)
            }
            expectPolicy(answer, sourceLocation: sourceLocation)
        }

        /// Nothing inline, nothing from elsewhere, no guessing of types.
        private func expectPolicy(_ answer: Answer, sourceLocation: SourceLocation = #_sourceLocation) {
            let policy = answer.header("Content-Security-Policy") ?? ""
            #expect(
                policy.hasPrefix("default-src 'none'"), "\(answer.asked): \(policy)", sourceLocation: sourceLocation)
            #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "\(policy)")
            #expect(
                answer.header("X-Content-Type-Options") == "nosniff", "\(answer.asked)", sourceLocation: sourceLocation)
            #expect(answer.header("Referrer-Policy") != nil, "\(answer.asked)", sourceLocation: sourceLocation)
        }

        @Test func `markup in every text stays text on every page, in the feed and in JSON`() async throws {
            let text = Self.payload
            var body = Sample.report("iklan_liar", text)
            for name in ["address", "landmark", "external_id"] { body = body.setting(name, .string(text)) }
            body = body.setting("attributes", ["apa": .string(text)])
            body = body.setting(
                "reporter",
                [
                    "name": .string(text), "phone": "0811 222 333",
                    "consent": ["version": "1", "at": "2026-01-01T00:00:00Z"],
                ])
            let receipt = try await stack.door.with("Idempotency-Key", UUID().uuidString).post(
                "/v1/reports", json: body)
            #expect(receipt.status == 201, "\(receipt)")
            let id = try #require(receipt["id"]?.text)
            let code = try #require(receipt["tracking_code"]?.text)
            let reporter = stack.door.bearing(try #require(receipt["reporter_key"]?.text))
            let desk = stack.agency("satpolpp")
            let path = "/v1/agencies/satpolpp/reports/\(id)"
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await desk.get(path).status == 200
            }
            let said: [String: JSONValue] = [
                "note": .string(text), "internal_note": .string(text), "actor": .string(text),
            ]
            let commands: [(String, [String: JSONValue])] = [
                ("comment", said), ("hold", said.merging(["reason": .string(text)]) { $1 }), ("resume", said),
            ]
            for (command, members) in commands {
                let answer = try await desk.post("\(path)/\(command)", json: .object(members))
                #expect(answer.status == 200, "\(answer)")
            }
            #expect(try await reporter.post("/v1/reports/\(id)/comment", json: ["note": .string(text)]).status == 200)
            let hidden: JSONValue = ["reason": .string(text), "actor": .string(text)]
            for command in ["hide", "unhide"] {
                #expect(
                    try await stack.operatorDoor.post("/v1/moderation/\(id)/\(command)", json: hidden).status == 200)
            }

            for page in [
                "/lacak/\(code)", "/laporan?kategori=iklan_liar", "/laporan.atom?kategori=iklan_liar",
                "/lacak/\(code)/tandai",
            ] {
                expectHarmless(try await stack.door.get(page))
                expectHarmless(try await stack.door.get(page + (page.contains("?") ? "&" : "?") + "lang=en"))
            }
            expectHarmless(try await reporter.get("/lacak/\(code)"))
            for page in ["/desk/satpolpp", "/desk/satpolpp/laporan/\(id)"] { expectHarmless(try await desk.get(page)) }
            for page in ["/moderasi/\(code)", "/moderasi/catatan", "/moderasi", "/loket", "/dashboard"] {
                expectHarmless(try await stack.operatorDoor.get(page))
            }
            for page in [
                "/v1/reports/\(id)", "/v1/reports?category=iklan_liar", path, "/v1/agencies/satpolpp/events?limit=9",
            ] {
                let answer = try await desk.get(page)
                #expect(answer.header("Content-Type")?.contains("json") == true, "\(answer)")
                expectPolicy(answer)
            }
        }

        @Test func `what is typed into an address or a form comes back as text`() async throws {
            let text = Markers().percentEncoded(Self.payload)
            let paths = [
                "/lacak?kode=\(text)", "/lacak/\(text)", "/lapor?kategori=\(text)&jenis=\(text)",
                "/laporan?kategori=\(text)",
                "/laporan.atom?area=\(text)", "/masuk?ke=/\(text)", "/\(text)", "/k/\(text)", "/lapor/terkirim/\(text)",
                "/desk/\(text)", "/assets/\(text)", "/moderasi/\(text)",
            ]
            for path in paths {
                expectHarmless(try await stack.door.with("Accept", "text/html").get(path))
                expectHarmless(try await stack.operatorDoor.with("Accept", "text/html").get(path))
            }
            let fields = [
                "category", "subtype", "description", "lat", "lon", "area", "address", "rt", "landmark", "via",
                "name",
            ]
            let form = fields.map { "\($0)=\(text)" }.joined(separator: "&")
            expectHarmless(try await stack.door.post("/lapor", form: form))
            expectHarmless(try await stack.operatorDoor.post("/loket", form: form))
        }

        @Test func `every answer keeps to the policy, refusals and the front door's own pages too`() async throws {
            for path in [
                "/", "/lapor", "/lacak", "/masuk", "/laporan", "/sw.js", "/manifest.webmanifest", "/plain.css",
                "/nirgends",
                "/v1/reports", "/v1/nirgends", "/assets/vendor/leaflet/leaflet.css", "/desk/dlhk", "/dashboard",
                "/moderasi", "/loket", "/v1/moderation", "/k/\(String(repeating: "A", count: 22))",
            ] {
                for accept in ["text/html", "application/json"] {
                    expectPolicy(try await stack.door.with("Accept", accept).get(path))
                }
            }
            for accept in ["text/html", "application/json"] {
                let key = try await stack.door.with("Accept", accept).get("/k/\(String(repeating: "A", count: 22))")
                #expect(key.header("Referrer-Policy") == "no-referrer", "\(key.headers)")
            }
            let missing = try await stack.door.with("Accept", "text/html").get("/nirgends")
            #expect(missing.status == 404 && !missing.text.contains("<style") && !missing.text.contains(" style="))
        }

        @Test func `another site moves nothing, whatever it makes a browser send`() async throws {
            let receipt = try await stack.door.with("Idempotency-Key", UUID().uuidString)
                .post("/v1/reports", json: Sample.report())
            let (id, code) = (receipt["id"]?.text ?? "", receipt["tracking_code"]?.text ?? "")
            let key = receipt["reporter_key"]?.text ?? ""
            let browser = stack.door.with("Cookie", "sasando_laporan=\(key); sasando_perangkat=\(UUID().uuidString)")
            let away = browser.with("Origin", "http://jahat.example")
            let forms = [
                "/lapor", "/masuk", "/keluar", "/lacak/\(code)/comment", "/lacak/\(code)/withdraw",
                "/lacak/\(code)/rate",
                "/lacak/\(code)/reopen", "/lacak/\(code)/tandai",
            ]
            for path in forms {
                let answer = try await away.post(path, form: "note=x&reason=insult&rating=1")
                #expect(answer.status == 403, "\(answer)")
            }
            for command in ["follow", "comment", "withdraw", "rate", "reopen"] {
                let answer = try await away.post("/v1/reports/\(id)/\(command)", json: ["note": "x"])
                #expect(answer.status == 403, "\(answer)")
            }
            let state = try await stack.door.get("/v1/reports/\(id)")
            #expect(state["status"] != "withdrawn", "\(state)")
        }
    }
}
