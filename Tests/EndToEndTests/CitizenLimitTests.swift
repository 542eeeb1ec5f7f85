internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// What one address may send without a key. So slow a rate gives nothing back while a test runs.
    @Suite("Citizens' limits", .stack(["SASANDO_CITIZEN_RATE": "1", "SASANDO_CITIZEN_BURST": "20"]))
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

            // Neither the form, nor a name for another address, nor a key of one's own gives more.
            let page = try await door.with("Accept", "text/html").post("/lapor", form: Self.form)
            expectRefused(page)
            #expect(page.header("Content-Type")?.hasPrefix("text/html") == true, "\(page)")
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

        @Test("a burst of forms from one address ends the same, and is no other address's affair")
        func forms() async throws {
            let before = try await stored()
            // At intake itself the front door's word on who asks is believed.
            let intake = Door(await stack.address(of: Stack.intake) ?? "")
            let door = intake.with("X-Forwarded-For", "203.0.113.8")
            let answers = try await together(40) { try await door.post("/lapor", form: Self.form) }
            try await expectEnd(of: answers, storedBefore: before)
            expectRefused(try await door.post("/v1/reports", json: Sample.report()))
            let fire = try await door.post("/lapor", form: Self.fireForm)
            #expect(fire.status == 201, "\(fire)")
            let neighbour = try await intake.with("X-Forwarded-For", "203.0.113.9").post("/lapor", form: Self.form)
            #expect(neighbour.status == 201, "\(neighbour)")
        }
    }
}
