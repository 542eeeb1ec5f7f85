internal import Domain
internal import Foundation
internal import PostgreSQL
internal import Synchronization
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// A process that is stopped holds whatever it held; nobody else may feel it.
    @Suite("Stopped processes", .stack())
    struct StopTests {
        let stack = RunningStack.current.stack
        let pool = RunningStack.current.pool
        static let rounds = 20
        static let calm: Duration = .seconds(2)

        @Test("a stopped notifier delays no other agency, and nobody waits on its locks", .timeLimit(.minutes(30)))
        func stoppedNotifier() async throws {
            let held: Duration = TestSettings.isLong ? .seconds(30) : .seconds(3)
            var random = SeededGenerator(seed: TestSettings.seed)
            let probe = DeliveryProbe(stack, [("sampah", "dlhk"), ("parkir_liar", "dishub")])
            let victim = BusyAgency(stack)
            let watch = LockWatch(pool, victim: "sasando_kupang_dinsos")
            var windows: [(calm: Double, stopped: Double)] = []
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await probe.run(every: .milliseconds(40)) }
                group.addTask { await victim.run(officers: 2) }
                group.addTask { await watch.run() }
                try await wait(for: "the consumers to be connected", within: .seconds(20)) { probe.isConnected }
                try await wait(for: "the agency to be at work", within: .seconds(30)) { victim.commands > 20 }
                for _ in 0..<Self.rounds {
                    let calmBegan = ContinuousClock.now
                    // pause: the window without a fault, and a random moment for the next
                    try await Task.sleep(for: Self.calm + .milliseconds(Int.random(in: 0...300, using: &random)))
                    let stopped = ContinuousClock.now
                    try await stack.signal(Stack.notifier("dinsos"), SIGSTOP)
                    // pause: the process stays stopped this long
                    try await Task.sleep(for: held)
                    let continued = ContinuousClock.now
                    try await stack.signal(Stack.notifier("dinsos"), SIGCONT)
                    try await wait(for: "all reports of the window to arrive", within: .seconds(20)) {
                        probe.delays(from: calmBegan, to: continued).missing == 0
                    }
                    let calm = probe.delays(from: calmBegan, to: stopped).milliseconds
                    let during = probe.delays(from: stopped, to: continued).milliseconds
                    windows.append((percentile(0.99, of: calm) ?? 0, percentile(0.99, of: during) ?? 0))
                }
                group.cancelAll()
            }
            let calm = percentile(0.5, of: windows.map(\.calm)) ?? 0
            let stopped = percentile(0.5, of: windows.map(\.stopped)) ?? .infinity
            print(
                "Stopped notifier (seed \(TestSettings.seed)): p99 of the others, medians of \(windows.count) windows:",
                "calm \(calm.rounded(2)) ms, stopped \(stopped.rounded(2)) ms;",
                "\(victim.commands) commands of the stopped agency; \(watch.samples) looks at the locks")
            #expect(stopped <= max(1.3 * calm, calm + 5), "\(windows)")
            #expect(watch.waits == [], "somebody waited for a lock of the stopped process")
            #expect(watch.samples > 100)
            #expect(probe.faults == [])
            #expect(victim.commands > 5 * Self.rounds, "the stopped agency had too little to do")
        }

        @Test("a second router takes over from one that is stopped", .timeLimit(.minutes(5)))
        func stoppedRouter() async throws {
            var random = SeededGenerator(seed: TestSettings.seed)
            let replica = try await Replica.start(of: "routing", in: stack)
            let probe = DeliveryProbe(stack, [("sampah", "dlhk"), ("parkir_liar", "dishub")])
            var slowest: [Double] = []
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await probe.run(every: .milliseconds(20)) }
                try await wait(for: "the consumers to be connected", within: .seconds(20)) { probe.isConnected }
                for _ in 0..<5 {
                    // pause: a random moment
                    try await Task.sleep(for: .milliseconds(Int.random(in: 500...1_000, using: &random)))
                    let stopped = ContinuousClock.now
                    try await stack.signal(Stack.routing, SIGSTOP)
                    // pause: reports come while one router stands still
                    try await Task.sleep(for: .seconds(1))
                    let end = ContinuousClock.now
                    // What the stopped one had locked is free after a second's silence in its transaction.
                    try await wait(for: "the other router to deliver them", within: .seconds(5)) {
                        probe.delays(from: stopped, to: end).missing == 0
                    }
                    slowest.append(probe.delays(from: stopped, to: end).milliseconds.max() ?? 0)
                    try await stack.signal(Stack.routing, SIGCONT)
                }
                group.cancelAll()
            }
            try await replica.stop()
            print("Stopped router: the slowest of each round, ms: \(slowest.map { $0.rounded(1) })")
            #expect(slowest.allSatisfy { $0 > 0 && $0 < 4_000 }, "\(slowest)")
            #expect(probe.faults == [])
            let audit = StoreAudit(pool: pool)
            try await wait(for: "the inbox to drain", within: .seconds(20)) { try await audit.waiting == 0 }
            try await wait(for: "the fold", within: .seconds(20)) { try await audit.isFolded() }
            #expect(try await audit.faults() == [])
        }
    }
}

/// dinsos at work, so that a stop finds its process amid transactions: reports come, are commented and passed on to
/// dlhk, whose stream's counter such a transaction locks.
private final class BusyAgency: Sendable {
    private let stack: Stack
    private let done = Atomic(0)

    init(_ stack: Stack) { self.stack = stack }

    var commands: Int { done.load(ordering: .relaxed) }

    func run(officers: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<officers {
                group.addTask { while !Task.isCancelled { try? await self.handleOne() } }
            }
        }
    }

    private func handleOne() async throws {
        let report = try await stack.integrator.post("/v1/reports", json: Sample.report("fasilitas_anak"))
        guard let id = report["id"]?.text else { return }
        let door = stack.agency("dinsos")
        let path = "/v1/agencies/dinsos/reports/\(id)"
        try await wait(for: "the report to be routed", within: .seconds(30)) {
            try await door.post("\(path)/acknowledge", json: [:]).status == 200
        }
        for (command, body) in [
            ("comment", ["note": "dilihat"]), ("start", [:]), ("comment", ["internal_note": "dua"]),
            ("transfer", ["to": "dlhk", "reason": "sampah"]),
        ] as [(String, JSONValue)] {
            if try await door.post("\(path)/\(command)", json: body, patience: .seconds(40)).status == 200 {
                done.add(1, ordering: .relaxed)
            }
        }
    }
}

/// Looks all the time for sessions that wait on a lock that one login's sessions hold.
private final class LockWatch: Sendable {
    private let pool: PostgresPool
    private let victim: String
    private let state = Mutex<(waits: [String], samples: Int)>(([], 0))

    init(_ pool: PostgresPool, victim: String) {
        self.pool = pool
        self.victim = victim
    }

    var waits: [String] { state.withLock(\.waits) }
    var samples: Int { state.withLock(\.samples) }

    func run() async {
        while !Task.isCancelled {
            // Two commits that meet wait for some milliseconds; who waits for a stopped process does so for longer.
            let rows = try? await pool.query(
                """
                SELECT a.usename || ' ' || left(a.query, 120) FROM pg_stat_activity a
                WHERE a.wait_event_type = 'Lock' AND a.usename <> \(victim)
                    AND clock_timestamp() - a.query_start > interval '100 ms'
                    AND pg_blocking_pids(a.pid) && ARRAY(SELECT pid FROM pg_stat_activity WHERE usename = \(victim))
                """)
            let waits = (rows ?? nil)?.compactMap { try? $0.decode(String.self, at: 0) } ?? []
            state.withLock {
                $0.samples += 1
                if $0.waits.count < 10 { $0.waits += waits }
            }
            // pause: between two looks
            try? await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension Double {
    func rounded(_ digits: Int) -> Double { (self * pow(10, Double(digits))).rounded() / pow(10, Double(digits)) }
}
