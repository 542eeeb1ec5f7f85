internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// Everything that changes reports at the same time, twice over.
    @Suite("Concurrency", .stack())
    struct ConcurrencyTests {
        let stack = RunningStack.current.stack
        let pool = RunningStack.current.pool
        static let duration: Duration = .seconds(60)

        @Test(
            "two routers, timers, commands and transfers at once: no deadlock, no gap, no wrong state; two analytics count right",
            .timeLimit(.minutes(10)))
        func atOnce() async throws {
            let audit = StoreAudit(pool: pool)
            let seed = TestSettings.seed
            let replicas = [
                try await Replica.start(of: "routing", in: stack), try await Replica.start(of: "analytics", in: stack),
            ]
            let sender = ReportSender(stack.integrator, total: .max, prefix: "at-once")
            let agencies = ["dlhk", "dishub", "kominfo", "pupr", "satpolpp", "dinsos"]
            let officers = Officers(stack, agencies: agencies, seed: seed, holdsBriefly: true)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await sender.run(clients: 3) }
                group.addTask { await officers.run(each: 2, pause: .milliseconds(30)) }
                group.addTask { await promisesRunOut() }
                // pause: how long all of it goes on
                try await Task.sleep(for: Self.duration)
                group.cancelAll()
            }
            // Holds that still run end by their timers; none may do so while the tables are recounted one by one.
            try await wait(for: "the inbox to drain and the timers to fire", within: .seconds(60)) {
                let due = try await audit.count("SELECT count(*) FROM deadline WHERE due_at < now() + interval '10 s'")
                let waiting = try await audit.waiting
                return due == 0 && waiting == 0
            }
            try await wait(for: "analytics to have folded all", within: .seconds(60)) { try await audit.isFolded() }
            for replica in replicas { try await replica.stop() }
            let done = officers.done
            let timers = try await pool.query(
                """
                SELECT count(*) FILTER (WHERE type = 'escalated'),
                    count(*) FILTER (WHERE type = 'resumed' AND status = 'acknowledged'),
                    count(*) FILTER (WHERE type = 'transferred_out'), count(*)
                FROM stream_event
                """
            ).one().decode((Int64, Int64, Int64, Int64).self)
            print(
                "At once (seed \(seed)): \(sender.count) reports, commands \(done.commands), beaten \(done.beaten);",
                "\(timers.0) escalations, \(timers.1) holds ended by time, \(timers.2) transfers; \(timers.3) events")
            let faults = try await audit.faults()
            #expect(faults == [], "seed \(seed)")
            let summary = try await stack.summary()
            let wrong = try await audit.faults(ofSummary: summary.json)
            #expect(wrong == [], "seed \(seed)")
            try await checkNoDeadlock(audit)
            #expect(sender.sent.faults == [] && done.faults == [], "\(sender.sent.faults) \(done.faults)")
            #expect(timers.0 > 20 && timers.1 > 5 && timers.2 > 20 && done.commands.count >= 8, "too little happened")
        }

        /// Lets what was promised for some open reports be over, so that the timers have work. The rows are locked in
        /// the order in which everybody locks them.
        private func promisesRunOut() async {
            while !Task.isCancelled {
                _ = try? await pool.pipeline([
                    """
                    WITH chosen AS (
                        SELECT jurisdiction, report_id FROM report_state
                        WHERE next_due_at IS NOT NULL AND acknowledge_by > now() ORDER BY report_id LIMIT 20
                        FOR NO KEY UPDATE SKIP LOCKED)
                    UPDATE report_state s SET acknowledge_by = now(), next_due_at = now(),
                        resolve_by = CASE WHEN priority % 2 = 0 THEN now() ELSE resolve_by END
                    FROM chosen c WHERE s.jurisdiction = c.jurisdiction AND s.report_id = c.report_id
                    """,
                    """
                    UPDATE deadline d SET due_at = now() FROM report_state s
                    WHERE s.jurisdiction = d.jurisdiction AND s.report_id = d.report_id AND d.due_at > now()
                        AND (d.kind = 'acknowledge_by' AND s.acknowledge_by <= now()
                            OR d.kind = 'resolve_by' AND s.resolve_by <= now())
                    """,
                ])
                // pause: between two rounds of promises that run out
                try? await Task.sleep(for: .milliseconds(300))
            }
        }

        private func checkNoDeadlock(_ audit: StoreAudit) async throws {
            let deadlocks = try await audit.count("SELECT deadlocks FROM pg_stat_database WHERE datname = 'sasando'")
            let log = try String(
                contentsOf: stack.home.appending(path: "logs/postgres.log"), encoding: .utf8)
            let lines = log.split(separator: "\n").filter { $0.contains("deadlock") }
            #expect(deadlocks == 0 && lines.isEmpty, "\(deadlocks): \(lines.prefix(5))")
        }
    }
}
