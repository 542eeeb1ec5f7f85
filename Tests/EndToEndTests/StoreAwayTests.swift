internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    @Suite("The store is away", .stack(["SASANDO_MAX_INBOX": "100"]))
    struct StoreAwayTests {
        let stack = RunningStack.current.stack
        let audit = StoreAudit(pool: RunningStack.current.pool)

        /// Sends a report under a key; the answer, and how long it took.
        private func send(_ key: String, _ door: Door? = nil) async throws -> (Answer, Duration) {
            let begun = ContinuousClock.now
            let answer = try await (door ?? stack.integrator).with("Idempotency-Key", key)
                .post("/v1/reports", json: Sample.report())
            return (answer, ContinuousClock.now - begun)
        }

        private func checkRefused(_ name: String) async throws {
            let intake = await stack.address(of: Stack.intake) ?? ""
            // One who asks for the first time, one whose key is known to intake, a citizen; then many at once.
            for (n, door) in [stack.integrator, Door(intake).bearing(stack.credentials.integratorKey), stack.door]
                .enumerated()
            {
                let (answer, time) = try await send(n == 2 ? UUID().text : "\(name)-\(n)", door)
                #expect(answer.status == 503, "\(answer)")
                #expect(answer.header("Retry-After").flatMap { Int($0) } ?? 0 >= 1, "\(answer)")
                #expect(answer.header("Content-Type") == "application/problem+json")
                #expect(time < .seconds(2), "\(name): answered after \(time)")
            }
            let times = try await withThrowingTaskGroup(of: (Int, Duration).self) { group in
                for n in 0..<100 {
                    group.addTask {
                        let (answer, time) = try await send("\(name)-many-\(n)")
                        return (answer.status, time)
                    }
                }
                return try await group.reduce(into: [(Int, Duration)]()) { $0.append($1) }
            }
            #expect(Set(times.map(\.0)) == [503])
            let slowest = times.map(\.1).max() ?? .zero
            #expect(slowest < .seconds(2), "\(name): of a hundred at once the last was answered after \(slowest)")
            for service in [Stack.intake, Stack.routing, Stack.analytics, Stack.notifier("dlhk")] {
                let address = await stack.address(of: service) ?? ""
                try await wait(for: "\(service) to be unready", within: .seconds(5)) {
                    try await Door(address).get("/readyz").status == 503
                }
                #expect(try await Door(address).get("/healthz").status == 200, "\(service) lives all the same")
            }
        }

        private func checkHealed(_ name: String, since: ContinuousClock.Instant) async throws {
            try await wait(for: "a report to be taken again", within: .seconds(20)) {
                try await send("\(name)-after").0.status < 300
            }
            print(
                "\(name): a report was taken \((ContinuousClock.now - since).milliseconds.rounded(0)) ms after the return"
            )
            let (again, _) = try await send("\(name)-0")
            #expect([200, 201].contains(again.status), "the refused report is taken when it is sent again: \(again)")
            let services = [Stack.intake, Stack.routing, Stack.analytics, Stack.notifier("dlhk")]
            for service in services { try await stack.awaitReady(service) }
            let id = again["id"]?.text ?? ""
            try await wait(for: "the report to come to its agency", within: .seconds(20)) {
                try await stack.agency("dlhk").get("/v1/agencies/dlhk/reports/\(id)").status == 200
            }
            for service in services {
                #expect(await stack.pid(of: service) == pids[service] ?? nil, "\(service) ended")
            }
        }

        /// The processes before: none of them may end because the store is away.
        private let pids: [String: pid_t?]

        init() async {
            var pids: [String: pid_t?] = [:]
            for name in await stack.processes { pids[name] = await stack.pid(of: name) }
            self.pids = pids
        }

        @Test("the database stopped: 503 within 2 s, readiness red, and all heals by itself", .timeLimit(.minutes(5)))
        func stopped() async throws {
            #expect(try await send("before").0.status == 201)
            guard let postmaster = await stack.pid(of: Stack.store), let keeper = parent(of: postmaster) else {
                throw Unexpected("the database has no process")
            }
            // Its keeper would start it again at once, so that stands still, too.
            kill(keeper, SIGSTOP)
            kill(postmaster, SIGINT)
            try await wait(for: "the database to be gone", within: .seconds(20)) { hasEnded(postmaster) }
            try await checkRefused("stopped")
            let returned = ContinuousClock.now
            kill(keeper, SIGCONT)
            try await checkHealed("stopped", since: returned)
        }

        @Test("the database frozen: 503 within 2 s, readiness red, and all heals by itself", .timeLimit(.minutes(5)))
        func frozen() async throws {
            guard let postmaster = await stack.pid(of: Stack.store) else { throw Unexpected("no database") }
            let backends = processes().filter { parent(of: $0) == postmaster } + [postmaster]
            for process in backends { kill(process, SIGSTOP) }
            do { try await checkRefused("frozen") } catch {
                for process in backends { kill(process, SIGCONT) }
                throw error
            }
            let returned = ContinuousClock.now
            for process in backends { kill(process, SIGCONT) }
            try await checkHealed("frozen", since: returned)
        }

        @Test("an inbox beyond its bound: 503 with Retry-After, then open again", .timeLimit(.minutes(5)))
        func inboxFull() async throws {
            try await stack.signal(Stack.routing, SIGSTOP)
            defer { if let routing = Self.pid(self.pids[Stack.routing]) { kill(routing, SIGCONT) } }
            let before = try await audit.waiting
            var refusal: Answer?
            var taken = 0
            for n in 0..<5_000 where refusal == nil {
                let (answer, _) = try await send("full-\(n)")
                if answer.status == 201 { taken += 1 } else { refusal = answer }
            }
            #expect(
                refusal?.status == 503 && refusal?.header("Retry-After") != nil,
                "\(refusal.map { "\($0)" } ?? "all taken")")
            #expect(taken > 100, "refused below the bound, after \(taken)")
            // It is looked at each second: what came within that time is the most beyond the bound.
            let waiting = try await audit.waiting
            #expect(waiting <= before + Int64(taken), "\(waiting), \(before) before")
            let (still, time) = try await send("full-still")
            #expect(still.status == 503 && time < .seconds(2), "\(still)")
            #expect(try await Door(await stack.address(of: Stack.intake) ?? "").get("/readyz").status == 200)
            try await stack.signal(Stack.routing, SIGCONT)
            try await wait(for: "intake to take reports again", within: .seconds(20)) {
                try await send("full-still").0.status == 201
            }
            try await wait(for: "the inbox to drain", within: .seconds(20)) { try await audit.waiting == 0 }
        }

        private static func pid(_ value: pid_t??) -> pid_t? { value ?? nil }

        private func parent(of process: pid_t) -> pid_t? {
            let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
            return status.split(separator: ")").last.flatMap { $0.split(separator: " ").dropFirst().first }
                .flatMap { pid_t($0) }
        }

        private func hasEnded(_ process: pid_t) -> Bool {
            let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
            return status.isEmpty || status.contains(") Z ")
        }

        private func processes() -> [pid_t] {
            ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        }
    }
}
