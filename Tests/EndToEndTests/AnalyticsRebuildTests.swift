internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    @Suite("Rebuilt figures", .stack())
    struct AnalyticsRebuildTests {
        let stack = RunningStack.current.stack
        let pool = RunningStack.current.pool

        @Test("counting anew from the streams gives the same rows, byte for byte", .timeLimit(.minutes(5)))
        func rebuild() async throws {
            let audit = StoreAudit(pool: pool)
            let sender = ReportSender(stack.integrator, total: 400, prefix: "rebuild")
            let agencies = ["dlhk", "dishub", "kominfo", "pupr", "satpolpp", "dinsos", "dinkes", "damkar"]
            let officers = Officers(stack, agencies: agencies, seed: TestSettings.seed, holdsBriefly: true)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await officers.run(each: 2, pause: .milliseconds(5)) }
                await sender.run(clients: 4)
                try await wait(for: "every command to have been given", within: .seconds(60)) {
                    let done = officers.done.commands
                    return done.count == Command.agency.count && done.values.reduce(0, +) > 600
                }
                group.cancelAll()
            }
            #expect(officers.done.faults == [] && sender.sent.faults == [])
            try await settle(audit)
            let before = try await rows()
            #expect(try await audit.rollups() == [])
            for round in 1...2 {
                try await stack.control("analytics", "rebuild", "--jurisdiction", "kupang")
                try await settle(audit)
                let after = try await rows()
                let differing = Set(before.split(separator: "\n")).symmetricDifference(after.split(separator: "\n"))
                #expect(after == before, "round \(round): \(differing.sorted().prefix(10))")
            }
            print(
                "Rebuilt: \(before.split(separator: "\n").count) rows from \(officers.done.commands), \(sender.count) reports"
            )
            #expect(before.split(separator: "\n").count > 100)
        }

        /// Waits until nothing waits any more, timers included, and all is folded.
        private func settle(_ audit: StoreAudit) async throws {
            try await wait(for: "the inbox and the timers", within: .seconds(30)) {
                let due = try await audit.count(
                    "SELECT count(*) FROM deadline WHERE kind = 'resume' OR due_at < now() + interval '20 s'")
                let waiting = try await audit.waiting
                return due == 0 && waiting == 0
            }
            try await wait(for: "the fold", within: .seconds(30)) { try await audit.isFolded() }
        }

        /// The rollups as text, every column of every row in the order of the keys.
        private func rows() async throws -> String {
            let results = try await pool.pipeline([
                "SELECT r::text FROM rollup_state r ORDER BY jurisdiction, day, agency, category, area, status",
                "SELECT r::text FROM rollup_time r ORDER BY jurisdiction, day, agency, category, area, bucket",
                "SELECT r::text FROM rollup_flow r ORDER BY jurisdiction, day, agency",
            ])
            var lines: [String] = []
            for rows in results { for row in rows { lines.append(try row.decode(String.self, at: 0)) } }
            return lines.joined(separator: "\n")
        }
    }
}
