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
                    let done = officers.done
                    // Whom to call is told of none of these, which are anonymous.
                    let isVaried = done.commands.count == Command.agency.count - 1 && done.detailed > 0
                    let given = done.commands.values.reduce(0, +)
                    return isVaried && done.corrected > done.detailed && given > 600
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
            let reclassified = try await reclassified()
            print(
                "Rebuilt: \(before.split(separator: "\n").count) rows from \(officers.done.commands),",
                "\(sender.count) reports, \(reclassified.all) reclassified by triage")
            #expect(before.split(separator: "\n").count > 100)
            #expect(reclassified.detailed > 0 && reclassified.all > reclassified.detailed)
        }

        /// Transfers by which a report left a stream as one kind and came to the next as another, and those of them that
        /// gave it a sub-type.
        private func reclassified() async throws -> (all: Int64, detailed: Int64) {
            let counts = try await pool.query(
                """
                SELECT count(*), count(*) FILTER (WHERE came.subtype IS NOT NULL)
                FROM stream_event gone JOIN stream_event came
                    ON came.jurisdiction = gone.jurisdiction AND came.report_id = gone.report_id
                    AND came.version = gone.version AND came.type = 'assigned'
                WHERE gone.type = 'transferred_out'
                    AND (came.category, came.subtype) IS DISTINCT FROM (gone.category, gone.subtype)
                """
            ).one().decode((Int64, Int64).self)
            return (counts.0, counts.1)
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
                "SELECT r::text FROM rollup_day r ORDER BY jurisdiction, day, dimension, code, status",
                "SELECT r::text FROM rollup_standing r ORDER BY jurisdiction, dimension, code, status",
                "SELECT r::text FROM rollup_time r ORDER BY jurisdiction, day, agency, category, area, bucket",
                "SELECT r::text FROM rollup_pace r ORDER BY jurisdiction, day, agency, bucket",
                "SELECT r::text FROM rollup_flow r ORDER BY jurisdiction, day, agency",
                "SELECT r::text FROM rollup_received r ORDER BY jurisdiction, day, agency, category",
                "SELECT r::text FROM rollup_speed r ORDER BY jurisdiction, day, agency, category, bucket",
            ])
            var lines: [String] = []
            for rows in results { for row in rows { lines.append(try row.decode(String.self, at: 0)) } }
            return lines.joined(separator: "\n")
        }
    }
}
