internal import Domain
internal import FoundationEssentials
internal import Glibc
internal import PostgreSQL
internal import TestSupport
internal import Testing

/// What nobody may find in a log or a metric: words that stand nowhere else.
struct Markers: Sendable {
    let name = "Zebulon Wrixtquay"
    let phone = "+62 811 7075 4319"
    let email = "zebulon.wrixtquay@qzx.example"
    let description = "Grumblefitz di depan rumah vexolap nomor 71"
    let note = "Snorquibble untuk warga"
    let token = "plimforgat0123456789abcdef"

    /// What is looked for, however it was written: every part that tells something, and how a URL spells it.
    var needles: [String] {
        [
            "Zebulon", "Wrixtquay", "7075 4319", "70754319", "7075%204319", "7075+4319", "wrixtquay", "qzx.example",
            "Grumblefitz", "vexolap", "Snorquibble", "plimforgat",
        ]
    }

    func found(in text: String) -> [String] {
        let lowered = text.lowercased()
        return needles.filter { lowered.contains($0.lowercased()) }
    }

    func lines(of text: String) -> [String] {
        text.split(separator: "\n").map(String.init).filter { !found(in: $0).isEmpty }
    }

    /// A report with every member that can say something of a person.
    var report: JSONValue {
        [
            "category": "sampah", "description": .string(description), "address": .string("Jl. Vexolap 71"),
            "landmark": "rumah Wrixtquay", "location": ["lat": -10.1583, "lon": 123.6070],
            "external_id": .string(email), "attributes": ["pemilik": .string(name)],
            "reporter": [
                "name": .string(name), "phone": .string(phone), "email": .string(email),
                "consent": ["version": "1", "at": "2026-01-01T00:00:00Z"],
            ],
        ]
    }

    var form: String {
        let fields = [
            "category": "sampah", "area": "53.71.01.1001", "description": description, "landmark": name,
            "address": "Jl. Vexolap 71", "name": name, "phone": phone, "email": email,
            "consent": "1", "consent_at": "2026-01-01T00:00:00Z", "contact": "yes",
        ]
        return fields.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
    }

    func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }
}

extension EndToEnd.Watching {
    @Suite("Privacy", .serialized)
    struct PrivacyTests {
        let stack = RunningStack.current.stack
        let pool = RunningStack.current.pool
        let markers = Markers()

        @Test func `nothing that a person wrote stands in a log or a metric, whatever became of it`() async throws {
            let report = try await send()
            try await sendWhatIsRefused()
            try await sendInHeadersAndAddresses()
            try await command(report)
            try await provokeTheStore()
            try await awaitLogs(of: report)

            var searched = 0
            for name in stack.logs {
                let log = try stack.wholeLog(of: name)
                searched += log.utf8.count
                let lines = markers.lines(of: log)
                #expect(lines.isEmpty, "\(name).log: \(lines.prefix(3))")
            }
            #expect(searched > 10_000, "there are logs to search")
            for name in await stack.processes where await stack.address(of: name) != nil {
                guard name != Stack.frontDoor else { continue }
                let lines = markers.lines(of: try await Scrape(of: name, in: stack).text)
                #expect(lines.isEmpty, "/metrics of \(name): \(lines.prefix(3))")
            }
        }

        @Test func `what is looked for would be found`() {
            let line = #"{"level":"info","message":"x","error":"Key (key)=(zebulon.WRIXTQUAY@qzx.example) exists"}"#
            #expect(markers.found(in: line).contains("qzx.example") && markers.found(in: line).contains("Wrixtquay"))
            for text in [markers.report.json, markers.form] {
                let needles = markers.needles.filter { !["snorquibble", "plimforgat"].contains($0.lowercased()) }
                #expect(!markers.found(in: text).isEmpty && markers.found(in: text).count >= needles.count / 2)
            }
        }

        // MARK: Doors

        /// By every door that takes reports; gives the id of the integrator's.
        private func send() async throws -> String {
            let answer = try await stack.integrator.with("Idempotency-Key", markers.email)
                .post("/v1/reports", json: markers.report)
            #expect(answer.status == 201, "\(answer)")
            let citizen = try await stack.door.post(
                "/v1/reports", json: markers.report.setting("external_id", .string(UUID().uuidString)))
            #expect(citizen.status == 201, "\(citizen)")
            let page = stack.door.with("Accept", "text/html").with("Origin", stack.frontDoor)
            let form = try await page.post("/lapor", form: markers.form + "&sudah_lihat=1")
            #expect(form.status == 201, "\(form)")
            let refused = try await page.post("/lapor", form: markers.form + "&lat=\(markers.token)&lon=1")
            #expect(refused.status == 422, "\(refused)")
            return try #require(answer["id"]?.text)
        }

        private func sendWhatIsRefused() async throws {
            let json = Array(markers.report.json.utf8)
            let faulty = markers.report.setting("location", ["lat": .string(markers.name), "lon": 999])
                .setting("category", .string(markers.name)).setting("observed_at", .string(markers.phone))
            let otherBody = markers.report.setting("description", .string("Lain lagi: \(markers.name)"))
            var answers = [
                try await stack.integrator.post("/v1/reports", json: faulty),
                try await stack.integrator.with("Idempotency-Key", markers.email).post("/v1/reports", json: otherBody),
                try await stack.integrator.post(
                    "/v1/reports", json: markers.report.setting("description", .string("\(markers.name)\u{0}"))),
                try await stack.integrator.post("/v1/reports", json: .string(markers.name)),
            ]
            for (type, body) in [
                ("application/json", Array(json.dropLast(7))), ("application/json", json + Array("}".utf8)),
                ("text/\(markers.token)", json), ("application/json", [0xff, 0xfe] + json),
                (
                    "application/json",
                    Array(repeating: Array("\"\(markers.description)\"".utf8), count: 2000).flatMap(\.self)
                ),
            ] {
                answers.append(
                    try await stack.integrator.send("POST", "/v1/reports", type: type, body: body))
                answers.append(try await stack.door.send("POST", "/lapor", type: type, body: body))
            }
            #expect(answers.allSatisfy { (400..<500).contains($0.status) }, "\(answers)")
            let form = try await stack.door.post("/masuk", form: "token=\(markers.token)&agency=\(markers.token)")
            #expect((400..<500).contains(form.status), "\(form)")
            #expect(try await stack.door.bearing(markers.token).post("/v1/reports", json: markers.report).status == 401)
        }

        private func sendInHeadersAndAddresses() async throws {
            let typed = markers.percentEncoded(markers.name)
            let odd = stack.door.with("User-Agent", markers.email).with("Referer", "https://qzx.example/\(typed)")
                .with("Cookie", "sasando_session=\(markers.token); sasando_reporter=\(markers.token)")
                .with("X-Forwarded-For", markers.token).with("Accept-Language", markers.token)
                .with("Last-Event-ID", markers.email).with("traceparent", markers.token)
            for path in [
                "/", "/lapor?description=\(typed)", "/lacak?kode=\(typed)", "/lacak/\(typed)", "/k/\(markers.token)",
                "/v1/reports/\(typed)", "/v1/areas?q=\(typed)", "/\(typed)", "/desk/\(typed)", "/masuk?next=\(typed)",
                "/v1/agencies/\(typed)/events", "/v1/agencies/dlhk/events?after=\(typed)",
                "/v1/agencies/dlhk/reports?status=\(typed)", "/v1/agencies/dlhk/reports/\(typed)",
                "/dashboard?from=\(typed)", "/v1/analytics/summary?from=\(typed)",
                "/v1/channels/\(typed)/reports/\(typed)", "/v1/channels/integrator/reports/\(typed)/withdraw",
            ] {
                for door in [odd, odd.bearing(stack.credentials.agencyTokens["dlhk"] ?? "")] {
                    for method in ["GET", "DELETE", markers.token.uppercased().filter(\.isLetter)] {
                        _ = try? await door.send(method, path)
                    }
                }
            }
            // Past the front door, which takes no such method and no such path.
            let address = try #require(await stack.address(of: Stack.intake))
            _ = try? await Door(address, odd.headers).send("PLIMFORGAT", "/\(typed)")
        }

        private func command(_ report: String) async throws {
            let desk = stack.agency("dlhk")
            let path = "/v1/agencies/dlhk/reports/\(report)"
            try await wait(for: "the report to be at its agency", within: .seconds(10)) {
                try await desk.get(path).status == 200
            }
            let body: JSONValue = [
                "note": .string(markers.note), "internal_note": .string(markers.phone), "actor": .string(markers.name),
            ]
            let keyed = desk.with("Idempotency-Key", markers.email)
            let done = try await keyed.post("\(path)/acknowledge", json: body)
            #expect(done.status == 200, "\(done)")
            let refused = [
                try await keyed.post("\(path)/start", json: body),
                try await desk.post("\(path)/reopen", json: body),
                try await desk.post("\(path)/\(markers.token)", json: body),
                try await desk.post(
                    "\(path)/transfer", json: body.setting("to", .string(markers.name)).setting("reason", body)),
                try await desk.post(
                    "\(path)/reject",
                    json: body.setting("reason", "duplicate").setting("of", .string(markers.name))),
                try await desk.with("If-Match", "\"\(markers.token)\"").post("\(path)/comment", json: body),
                try await desk.send(
                    "POST", "\(path)/comment", type: "application/json", body: Array("{\"note\":\"\(markers.note)".utf8)
                ),
            ]
            #expect(refused.allSatisfy { (400..<500).contains($0.status) }, "\(refused)")
            let form = try await desk.post(
                "/desk/dlhk/laporan/\(report)/comment", form: "note=\(markers.percentEncoded(markers.note))")
            #expect(form.status == 303, "\(form)")
        }

        /// Errors of the store, which may quote the values that they are about: rows that it refuses, and its end.
        private func provokeTheStore() async throws {
            _ = try await pool.query(
                """
                ALTER TABLE report ADD CONSTRAINT no_more CHECK (description NOT LIKE '%Grumblefitz%') NOT VALID
                """)
            let answer = try await stack.integrator.post(
                "/v1/reports", json: markers.report.setting("external_id", .string("b-\(markers.email)")))
            #expect(answer.status == 500, "\(answer)")
            _ = try await pool.query("ALTER TABLE report DROP CONSTRAINT no_more")
            // Events are written by the owner's function, to whom the store quotes the row that it refuses.
            _ = try await pool.query(
                """
                ALTER TABLE stream_event ADD CONSTRAINT no_more CHECK (body NOT LIKE '%Grumblefitz%') NOT VALID
                """)
            let unroutable = try await stack.integrator.post(
                "/v1/reports", json: markers.report.setting("external_id", .string("d-\(markers.email)")))
            let report = try #require(unroutable["id"]?.text, "\(unroutable)")
            try await wait(for: "routing to tell of the report that it cannot route", within: .seconds(10)) {
                try stack.wholeLog(of: Stack.routing).split(separator: "\n").contains { line in
                    line.contains(report) && line.contains("refuses to route")
                }
            }
            _ = try await pool.query("ALTER TABLE stream_event DROP CONSTRAINT no_more")
            try await stack.signal(Stack.store, SIGKILL)
            let away = try await stack.integrator.post(
                "/v1/reports", json: markers.report.setting("external_id", .string("c-\(markers.email)")))
            #expect([201, 503].contains(away.status), "\(away)")
            try await stack.awaitReady(Stack.intake)
        }

        /// What the services wrote of this report is in their logs, so what they wrote of what came before it is too.
        private func awaitLogs(of report: String) async throws {
            for name in [Stack.intake, Stack.routing, Stack.notifier("dlhk")] {
                try await wait(for: "\(name) to tell of the report", within: .seconds(10)) {
                    try stack.wholeLog(of: name).contains(report)
                }
            }
        }
    }
}
