internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// What one address may send without a key. So slow a rate gives nothing back while a test runs.
    @Suite(
        "Citizens' limits",
        .stack([
            "SASANDO_CITIZEN_RATE": "1", "SASANDO_CITIZEN_BURST": "20", "SASANDO_DEVICE_RATE": "1",
            "SASANDO_DEVICE_BURST": "4",
        ]))
    struct CitizenLimitTests {
        let stack = RunningStack.current.stack
        let audit = StoreAudit(pool: RunningStack.current.pool)
        static let burst = 20
        static let form = "category=sampah&description=Sampah+di+jalan&area=53.71.04.1008"
        static let fireForm = "category=kebakaran&description=Api+di+dapur&area=53.71.04.1008"

        private func stored() async throws -> Int64 {
            try await audit.count("SELECT (SELECT count(*) FROM report) + (SELECT count(*) FROM reporter_identity)")
        }

        /// Sends so many at once.
        private func together(
            _ count: Int, _ send: @escaping @Sendable () async throws -> Answer
        ) async throws -> [Answer] {
            try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<count { group.addTask { try await send() } }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
        }

        private func expectRefused(_ answer: Answer, sourceLocation: SourceLocation = #_sourceLocation) {
            let seconds = answer.header("Retry-After").flatMap { Int($0) } ?? 0
            #expect(answer.status == 429, "\(answer)", sourceLocation: sourceLocation)
            #expect((1...60).contains(seconds), "Retry-After: \(seconds)", sourceLocation: sourceLocation)
        }

        /// Of a burst the first are taken and the others refused; of those nothing is stored.
        private func expectEnd(of burst: [Answer], storedBefore before: Int64) async throws {
            let refused = burst.filter { $0.status != 201 }
            #expect(burst.count - refused.count == Self.burst, "\(refused.map(\.status))")
            for answer in refused { expectRefused(answer) }
            let after = try await stored()
            #expect(after == before + Int64(Self.burst), "something of a refused report was stored")
        }

        @Test("a burst of reports from one address ends in 429 with Retry-After, and a fire passes all the same")
        func reports() async throws {
            let before = try await stored()
            let door = stack.door
            let answers = try await together(60) { try await door.post("/v1/reports", json: Sample.report()) }
            try await expectEnd(of: answers, storedBefore: before)
            let problem = answers.first { $0.status == 429 }
            #expect(problem?.header("Content-Type") == "application/problem+json" && problem?["status"]?.number == 429)

            // The form asks for a second step; neither a name for another address nor a key of one's own gives more.
            expectSecondStep(try await door.post("/lapor", form: Self.form))
            expectRefused(
                try await door.with("X-Forwarded-For", "203.0.113.7").post("/v1/reports", json: Sample.report()))
            expectRefused(
                try await door.with("Idempotency-Key", UUID().text).post("/v1/reports", json: Sample.report()))
            let refused = try await stored()
            #expect(refused == before + Int64(Self.burst))

            let fire = Sample.report("kebakaran", "Api di dapur tetangga")
            for answer in try await together(5, { try await door.post("/v1/reports", json: fire) }) {
                #expect(answer.status == 201, "\(answer)")
            }
            let fireForm = try await door.post("/lapor", form: Self.fireForm)
            #expect(fireForm.status == 201, "\(fireForm)")
            let integrators = try await stack.integrator.post("/v1/reports", json: Sample.report())
            #expect(integrators.status == 201, "\(integrators)")
            let all = try await stored()
            #expect(all == before + Int64(Self.burst) + 7)
        }

        /// The page that asks to look at the report once more; nothing is stored yet.
        private func expectSecondStep(_ answer: Answer, sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(answer.status == 200, "\(answer)", sourceLocation: sourceLocation)
            #expect(
                answer.text.contains("name=\"confirmed\"") && answer.text.contains("Sampah di jalan"), "\(answer)",
                sourceLocation: sourceLocation)
        }

        private func field(_ name: String, of page: Answer) throws -> String {
            let pattern = try Regex("name=\"\(name)\" value=\"([^\"]*)\"")
            return try #require(page.text.firstMatch(of: pattern).map { String($0.output[1].substring ?? "") })
        }

        @Test("a burst of forms from one address is asked for a second step, which anybody passes in a few seconds")
        func forms() async throws {
            let before = try await stored()
            // At intake itself the front door's word on who asks is believed.
            let intake = Door(await stack.address(of: Stack.intake) ?? "")
            let door = intake.with("X-Forwarded-For", "203.0.113.8")
            let opened = try await door.get("/lapor")
            let stamped = try
                "&idempotency_key=\(field("idempotency_key", of: opened))&opened=\(field("opened", of: opened))"
            let answers = try await together(40) { try await door.post("/lapor", form: Self.form) }
            let asked = answers.filter { $0.status != 201 }
            #expect(answers.count - asked.count == Self.burst, "\(asked.map(\.status))")
            for answer in asked { expectSecondStep(answer) }
            #expect(try await stored() == before + Int64(Self.burst), "something was stored before it was confirmed")
            expectRefused(try await door.post("/v1/reports", json: Sample.report()))
            let fire = try await door.post("/lapor", form: Self.fireForm)
            #expect(fire.status == 201, "\(fire)")
            let neighbour = try await intake.with("X-Forwarded-For", "203.0.113.9").post("/lapor", form: Self.form)
            #expect(neighbour.status == 201, "\(neighbour)")

            // The second step: at once it is too fast, a moment later it is taken, and once more it is the same report.
            let page = try #require(asked.first)
            let confirmed =
                try Self.form + "&confirmed=1&idempotency_key=\(field("idempotency_key", of: page))"
                + "&opened=\(field("opened", of: page))"
            let early = try await door.post("/lapor", form: confirmed)
            expectSecondStep(early)
            #expect(early.text.contains("Terlalu cepat"), "\(early)")
            try await wait(for: "the stamp to be old enough", within: .seconds(15)) {
                try await door.post("/lapor", form: confirmed).status == 201
            }
            #expect(try await stored() == before + Int64(Self.burst) + 3)
            #expect(try await door.post("/lapor", form: confirmed).status == 201)
            // A form that was open for a while passes straight on.
            let unhurried = try await door.post("/lapor", form: Self.form + stamped)
            #expect(unhurried.status == 201, "\(unhurried)")
            // Another form's stamp is none.
            let stamp = try field("opened", of: opened)
            let stolen = Self.form + "&idempotency_key=\(UUID().uuidString)&opened=\(stamp)"
            expectSecondStep(try await door.post("/lapor", form: stolen))
            #expect(try await stored() == before + Int64(Self.burst) + 4)
        }

        @Test("one phone is asked before the line that it shares is used up")
        func device() async throws {
            let intake = Door(await stack.address(of: Stack.intake) ?? "")
            let line = intake.with("X-Forwarded-For", "203.0.113.20")
            let cookie = try await line.get("/lapor").header("Set-Cookie") ?? ""
            #expect(cookie.contains("sasando_perangkat=") && cookie.contains("HttpOnly"), "\(cookie)")
            let phone = line.with("Cookie", String(cookie.prefix { $0 != ";" }))
            #expect(try await phone.get("/lapor").header("Set-Cookie") == nil, "a phone keeps its number")
            for _ in 0..<4 { #expect(try await phone.post("/lapor", form: Self.form).status == 201) }
            expectSecondStep(try await phone.post("/lapor", form: Self.form))
            expectRefused(try await phone.post("/v1/reports", json: Sample.report()))
            #expect(try await phone.post("/lapor", form: Self.fireForm).status == 201)
            #expect(try await line.post("/lapor", form: Self.form).status == 201, "its neighbour pays nothing")
        }
    }
}
