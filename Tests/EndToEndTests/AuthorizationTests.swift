internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

/// Who asks, in the authorization table.
enum Persona: String, CaseIterable, Sendable {
    case nobody, badToken, reporter, integrator, otherAgency, ownAgency, cityOperator
}

/// A row of the table: a request, and the status that each persona gets, in the order of `Persona.allCases`.
struct Route: Sendable, CustomTestStringConvertible {
    let method: String
    let path: String
    var body: JSONValue?
    /// Fields as a page's form posts them; `HELD` is the token that the persona holds.
    var form: String?
    var accept: String?
    let statuses: [Int]

    init(
        _ method: String, _ path: String, _ statuses: [Int], body: JSONValue? = nil, form: String? = nil,
        accept: String? = nil
    ) {
        self.method = method
        self.path = path
        self.statuses = statuses
        self.body = body
        self.form = form
        self.accept = accept
    }

    var testDescription: String { "\(method) \(path)\(accept.map { " (\($0))" } ?? "")" }

    private static let anyone = Array(repeating: 200, count: 7)
    private static let agencyOnly = [401, 401, 401, 403, 403, 200, 403]
    private static let operatorOnly = [401, 401, 401, 403, 403, 403, 200]
    private static let hidden = Array(repeating: 404, count: 7)
    private static let ledOn = Array(repeating: 303, count: 7)
    /// What not even the agency itself has.
    private static let agencyHasNone = [401, 401, 401, 403, 403, 404, 403]

    /// `PUBLIC`, `PRIVATE` and `WORKED` are reports' ids, `PUBLIC_CODE`, `PRIVATE_CODE` their tracking codes,
    /// `REPORTER_KEY` is the private one's. All are dlhk's. Commands that would change what later rows see come last.
    static let table: [Route] = reads + forms + commands + deskCommands

    private static let reads: [Route] = [
        .init("GET", "/", anyone), .init("GET", "/lapor", anyone), .init("GET", "/lacak", anyone),
        .init("GET", "/lacak/PUBLIC_CODE", [200, 401, 200, 200, 200, 200, 200]),
        .init("GET", "/lacak/PRIVATE_CODE", [200, 401, 200, 200, 200, 200, 200]),
        .init("GET", "/v1/categories", anyone), .init("GET", "/v1/agencies", anyone),
        .init("GET", "/v1/areas", anyone), .init("GET", "/v1/consents", anyone),
        .init("GET", "/masuk", anyone),
        .init("GET", "/kinerja", anyone), .init("GET", "/kinerja.csv", anyone), .init("GET", "/v1/performance", anyone),
        .init("GET", "/v1/performance/sensitive", anyone), .init("GET", "/v1/announcements", anyone),
        .init("GET", "/v1/reports/nearby?category=sampah&area=53.71.04.1008", anyone),
        .init("GET", "/pengumuman", operatorOnly),
        .init("POST", "/v1/announcements", [401, 401, 401, 403, 403, 403, 422], body: [:]),
        .init("POST", "/v1/announcements/PUBLIC/end", [401, 401, 401, 403, 403, 403, 404], body: [:]),
        .init("POST", "/v1/reports", [201, 401, 201, 201, 403, 403, 403], body: Sample.report("parkir_liar")),
        .init("GET", "/v1/reports/PUBLIC", [200, 401, 200, 200, 200, 200, 200]),
        .init("GET", "/v1/reports/PUBLIC_CODE", [200, 401, 200, 200, 200, 200, 200]),
        .init("GET", "/v1/reports/PRIVATE", [404, 401, 200, 404, 404, 200, 200]),
        .init("GET", "/v1/reports/PRIVATE_CODE", [200, 401, 200, 200, 200, 200, 200]),
        .init("GET", "/v1/reports/0197a1b2-0000-7000-8000-000000000000", [404, 401, 404, 404, 404, 404, 404]),
        .init("GET", "/v1/agencies/dlhk/events", agencyOnly),
        .init("GET", "/v1/agencies/dlhk/events?after=latest", agencyOnly, accept: "text/event-stream"),
        .init("GET", "/v1/agencies/dlhk/reports", agencyOnly),
        .init("GET", "/v1/agencies/dlhk/reports/PUBLIC", agencyOnly),
        .init("GET", "/v1/agencies/dlhk/reports/PRIVATE", agencyOnly),
        .init("GET", "/v1/agencies/dlhk/reports/0197a1b2-0000-7000-8000-000000000000", agencyHasNone),
        .init("GET", "/v1/agencies/dlhk/webhooks", agencyOnly),
        .init("POST", "/v1/agencies/dlhk/webhooks", [401, 401, 401, 403, 403, 422, 403], body: [:]),
        .init("GET", "/v1/agencies/dlhk/webhooks/PUBLIC", agencyHasNone),
        .init("POST", "/v1/agencies/dlhk/webhooks/PUBLIC/rotate", agencyHasNone, body: [:]),
        .init("GET", "/v1/agencies/dlhk/webhooks/PUBLIC/dead", agencyHasNone),
        .init("POST", "/v1/agencies/dlhk/webhooks/PUBLIC/dead/replay", agencyHasNone, body: [:]),
        .init("GET", "/desk/dlhk", agencyOnly), .init("GET", "/desk/dlhk/laporan/PUBLIC", agencyOnly),
        .init("GET", "/desk/dlhk/laporan/PRIVATE", agencyOnly),
        .init("GET", "/desk/dlhk/laporan/0197a1b2-0000-7000-8000-000000000000", agencyHasNone),
        .init("GET", "/dashboard", operatorOnly), .init("GET", "/dashboard.csv", operatorOnly),
        .init("GET", "/v1/analytics/summary", operatorOnly),
        .init("GET", "/healthz", hidden), .init("GET", "/readyz", hidden), .init("GET", "/metrics", hidden),
        .init("GET", "/v1/agencies/nope/events", hidden), .init("GET", "/desk/nope", hidden),
        .init("GET", "/v1/agencies/dlhk/events?access_token=TOKEN", agencyOnly),
    ]

    /// The citizens' form and the private link ask for no token, and none that is shown changes their answer. Signing in
    /// looks at the token in the form alone; failed attempts of one address are counted, so there is one row of them.
    private static let forms: [Route] = [
        .init(
            "POST", "/lapor", Array(repeating: 201, count: 7),
            form: "category=parkir_liar&description=Mobil+di+trotoar&area=53.71.04.1008"),
        .init("GET", "/k/REPORTER_KEY", ledOn), .init("GET", "/k/AAAAAAAAAAAAAAAAAAAAAA", hidden),
        .init("POST", "/masuk", [401, 401, 401, 401, 303, 303, 303], form: "token=HELD"),
        .init("POST", "/keluar", ledOn, form: ""),
        // What the clock does, nobody sends.
        .init("POST", "/v1/agencies/dlhk/reports/PUBLIC/escalate", agencyHasNone, body: [:]),
        .init("POST", "/desk/dlhk/laporan/WORKED/escalate", agencyHasNone, form: ""),
    ]

    private static let commands: [Route] = [
        ("ask", ["text": "di mana?"]), ("contact", ["reason": "mau tanya"]),
        ("comment", ["note": "dicatat"]), ("acknowledge", [:]), ("hold", ["reason": "hujan"]), ("resume", [:]),
        ("resolve", [:]), ("reopen", [:]), ("start", [:]), ("reject", ["reason": "invalid"]),
        ("transfer", ["to": "dishub"]),
    ].map { (command: String, body: JSONValue) in
        // By now it is in progress, where nothing can be rejected: the status machine's 409, past the door. And whom to
        // call nobody is told of an anonymous report.
        let own = ["reject": 409, "contact": 403][command] ?? 200
        return .init(
            "POST", "/v1/agencies/dlhk/reports/PUBLIC/\(command)", [401, 401, 401, 403, 403, own, 403], body: body)
    }

    /// The same, as the desk's forms give them: what was carried out leads back to the report or the desk.
    private static let deskCommands: [Route] = [
        ("ask", "text=di+mana"), ("contact", "reason=mau+tanya"),
        ("comment", "note=dicatat"), ("acknowledge", ""), ("hold", "reason=hujan"), ("resume", ""),
        ("resolve", "note=selesai"), ("reopen", ""), ("start", ""), ("reject", "reason=invalid"),
        ("transfer", "to=dishub"),
    ].map { (command: String, form: String) in
        let own = ["reject": 409, "contact": 403][command] ?? 303
        return .init(
            "POST", "/desk/dlhk/laporan/WORKED/\(command)", [401, 401, 401, 403, 403, own, 403], form: form)
    }
}

/// The reports that the table speaks of.
private struct Cast: Sendable {
    let names: [(name: String, value: String)]
    /// Of the private report.
    let reporterKey: String
    /// Those that commands were given on: by programs, and by the desk's forms.
    let workedOn: [String]

    static func make(_ stack: Stack) async throws -> Cast {
        let open = try await stack.integrator.post("/v1/reports", json: Sample.report())
        let worked = try await stack.integrator.post("/v1/reports", json: Sample.report())
        let hidden = try await stack.door.post("/v1/reports", json: Sample.report().setting("visibility", "private"))
        guard let openID = open["id"]?.text, let hiddenID = hidden["id"]?.text, let workedID = worked["id"]?.text,
            let openCode = open["tracking_code"]?.text, let hiddenCode = hidden["tracking_code"]?.text,
            let key = hidden["reporter_key"]?.text
        else { throw Unexpected("\(open) \(hidden) \(worked)") }
        for id in [openID, hiddenID, workedID] {
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency("dlhk").get("/v1/agencies/dlhk/reports/\(id)").status == 200
            }
        }
        return Cast(
            names: [
                ("PUBLIC_CODE", openCode), ("PRIVATE_CODE", hiddenCode), ("PUBLIC", openID), ("PRIVATE", hiddenID),
                ("WORKED", workedID), ("REPORTER_KEY", key),
            ], reporterKey: key, workedOn: [openID, workedID])
    }

    func path(_ route: Route) -> String {
        names.reduce(route.path) { $0.replacing($1.name, with: $1.value) }
    }
}

extension EndToEnd.FrontDoor {
    @Suite("Authorization")
    struct AuthorizationTests {
        let stack = RunningStack.current.stack
        static let agencies = ["dlhk", "pupr", "dishub", "dinsos", "satpolpp", "dinkes", "damkar", "kominfo"]

        /// The doors of a persona: of the other agencies, each.
        private func doors(_ persona: Persona, _ cast: Cast) -> [Door] {
            switch persona {
            case .nobody: [stack.door]
            case .badToken:
                [stack.door.bearing("sas_" + String(repeating: "A", count: 43)), stack.door.bearing("none")]
            case .reporter: [stack.door.bearing(cast.reporterKey)]
            case .integrator: [stack.integrator]
            case .otherAgency: Self.agencies.dropFirst().map { stack.agency($0) }
            case .ownAgency: [stack.agency("dlhk")]
            case .cityOperator: [stack.operatorDoor]
            }
        }

        @Test("every route answers each persona as the table says")
        func table() async throws {
            let cast = try await Cast.make(stack)
            for route in Route.table {
                let path = cast.path(route)
                for (persona, status) in zip(Persona.allCases, route.statuses) {
                    for door in doors(persona, cast) {
                        let token = path.replacing("TOKEN", with: stack.credentials.agencyTokens["dlhk"] ?? "")
                        let answered = try await self.status(of: route, at: token, door)
                        #expect(answered == status, "\(route.testDescription), \(persona)")
                    }
                }
            }
            // Nobody but the agency itself has changed anything.
            for id in cast.workedOn {
                let report = try await stack.agency("dishub").get("/v1/agencies/dishub/reports/\(id)")
                let history = (report["history"]?.elements ?? []).compactMap { $0["type"]?.text }
                #expect(
                    history == [
                        "assigned", "commented", "commented", "acknowledged", "held", "resumed", "resolved", "reopened",
                        "started",
                        "transferred_out",
                    ], "\(report)")
            }
        }

        /// An event stream is answered without an end, so only its head is looked at.
        private func status(of route: Route, at path: String, _ door: Door) async throws -> Int {
            if route.accept == "text/event-stream" {
                return try await door.statusOfFollowing(path)
            }
            if let form = route.form {
                return try await door.post(path, form: form.replacing("HELD", with: Self.token(of: door))).status
            }
            return try await door.send(
                route.method, path, type: route.body == nil ? nil : "application/json",
                body: route.body.map { Array($0.json.utf8) }
            ).status
        }

        /// The token that a door shows; empty for one that shows none.
        private static func token(of door: Door) -> String {
            let shown = door.headers.last { $0.name == "Authorization" }?.value ?? ""
            return shown.hasPrefix("Bearer ") ? String(shown.dropFirst(7)) : ""
        }

        @Test("each agency opens its own stream and work, and none of the others'", arguments: agencies)
        func everyAgency(owner: String) async throws {
            for asker in Self.agencies {
                for path in ["/v1/agencies/\(owner)/events", "/v1/agencies/\(owner)/reports", "/desk/\(owner)"] {
                    let answer = try await stack.agency(asker).get(path)
                    #expect(answer.status == (asker == owner ? 200 : 403), "\(asker): \(answer)")
                }
            }
        }

        @Test(
            "a private report is by id as one that is not, and by code shows no more than where it stands",
            arguments: ["tunawisma_pengemis", "orang_hilang", "masalah_kesehatan", "fogging_dbd", "sampah"])
        func privateReport(category: String) async throws {
            let secret = "Kejora \(category): Maria, RT 3, 0812 3456 7890"
            var body = Sample.report(category, secret).setting("landmark", "rumah biru Kejora")
            // A sensitive category is private whatever was asked for.
            body = body.setting("visibility", category == "sampah" ? "private" : "public")
            let receipt = try await stack.door.post("/v1/reports", json: body)
            #expect(receipt.status == 201, "\(receipt)")
            let (id, code) = (receipt["id"]?.text ?? "", receipt["tracking_code"]?.text ?? "")
            let byID = try await stack.door.get("/v1/reports/\(id)")
            let unknown = try await stack.door.get("/v1/reports/0197a1b2-0000-7000-8000-000000000000")
            #expect(byID.status == 404 && byID.bytes == unknown.bytes)
            let byCode = try await stack.door.get("/v1/reports/\(code)")
            guard case .object(let members) = byCode.json else { throw Unexpected("\(byCode)") }
            let allowed: Set = [
                "tracking_code", "status", "colour", "agency", "received_at", "deadlines", "visibility",
            ]
            #expect(Set(members.keys).subtracting(allowed) == [], "\(byCode)")
            for text in [byCode.text, try await stack.door.get("/lacak/\(code)").text] {
                #expect(!text.contains("Kejora") && !text.contains(id), "a private report shows itself: \(text)")
            }
            let own = try await stack.door.bearing(receipt["reporter_key"]?.text ?? "").get("/v1/reports/\(id)")
            #expect(own.status == 200 && own["description"]?.text == secret, "\(own)")
        }

        @Test("who reported is in no answer, event or page")
        func identity() async throws {
            let person: JSONValue = [
                "name": "Yohanes Penguji", "phone": "+62 812 9999 1234", "email": "yohanes@contoh.id",
                "consent": ["version": "1", "at": "2026-01-01T00:00:00+08:00"],
            ]
            let receipt = try await stack.integrator.post(
                "/v1/reports", json: Sample.report("iklan_liar").setting("reporter", person))
            #expect(receipt.status == 201, "\(receipt)")
            let (id, code) = (receipt["id"]?.text ?? "", receipt["tracking_code"]?.text ?? "")
            let agency = stack.agency("satpolpp")
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await agency.get("/v1/agencies/satpolpp/reports/\(id)").status == 200
            }
            let key = receipt["reporter_key"]?.text ?? "none"
            for (door, path) in [
                (agency, "/v1/agencies/satpolpp/events"), (agency, "/v1/agencies/satpolpp/reports"),
                (agency, "/v1/agencies/satpolpp/reports/\(id)"), (agency, "/desk/satpolpp"),
                (agency, "/desk/satpolpp/laporan/\(id)"), (stack.door, "/v1/reports/\(id)"),
                (stack.door, "/lacak/\(code)"), (stack.operatorDoor, "/v1/reports/\(id)"),
                (stack.operatorDoor, "/dashboard"),
            ] {
                let answer = try await door.get(path)
                #expect(answer.status == 200, "\(answer)")
                let told = ["Penguji", "9999", "yohanes", key].filter { answer.text.contains($0) }
                #expect(told == [], "\(path) tells \(told)")
            }
        }
    }
}
