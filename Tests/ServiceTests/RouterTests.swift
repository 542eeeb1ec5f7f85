internal import Domain
internal import FoundationEssentials
internal import Logging
internal import PostgreSQL
internal import Runtime
@testable internal import Routing
internal import Storage
internal import Streams
internal import Synchronization
internal import TestSupport
internal import TestTraits
internal import Testing

/// What one held stream or one refused report does to the rest: nothing.
@Suite(.serialized, .freshDatabase(.city))
struct RouterTests {
    let fixture = Fixture.current

    private func admit(_ count: Int, category: String) async throws {
        let batch = try (0..<count).map { _ in try TestCity.report(category: category) }
        _ = try await AdmissionStore(pool: fixture.pool).admit(batch, in: TestCity.code)
    }

    private func number(_ sql: SQL) async throws -> Int64 {
        try await fixture.pool.query(sql).one().decode(Int64.self, at: 0)
    }

    private func registry() async throws -> CityRegistry {
        let registry = CityRegistry(store: CityStore(pool: fixture.pool), logger: Logger(label: "test"))
        try await registry.refresh()
        return registry
    }

    /// Runs `body` while a router and a timer runner work, and stops them.
    private func whileRouting(
        by pool: PostgresPool? = nil, _ body: @Sendable () async throws -> Void
    ) async throws {
        let registry = try await registry()
        let pool = pool ?? fixture.pool
        let router = Router(
            jurisdiction: TestCity.code, cities: registry, inbox: InboxStore(pool: pool), hints: Wake(),
            announce: { _ in }, logger: Logger(label: "test"), reportLog: ReportLog(logger: Logger(label: "test")))
        let timers = TimerRunner(
            jurisdiction: TestCity.code, cities: registry, deadlines: DeadlineStore(pool: pool),
            announce: { _ in }, logger: Logger(label: "test"), reportLog: ReportLog(logger: Logger(label: "test")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await router.run() }
            group.addTask { await timers.run() }
            try await body()
            group.cancelAll()
        }
    }

    private func wait(for what: String, _ sql: SQL) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try await number(sql) == 0 {
            try #require(ContinuousClock.now < deadline, "\(what): not within 20 s")
            // pause: between two looks at the store
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func `while one stream is held, the others' reports and timers go on, behind 600 of its own`() async throws {
        try await admit(600, category: "sampah")
        try await admit(40, category: "parkir_liar")
        try await fixture.pool.withTransaction { tx in
            _ = try await tx.query("SET LOCAL idle_in_transaction_session_timeout = 0")
            _ = try await tx.query("SELECT 1 FROM stream WHERE code = 'dlhk' FOR NO KEY UPDATE")
            try await whileRouting {
                try await wait(
                    for: "dishub's reports", "SELECT count(*) FROM stream WHERE code = 'dishub' AND head = 40")
                #expect(try await number("SELECT count(*) FROM inbox") == 600)
                _ = try await fixture.pool.transaction([
                    "UPDATE report_state SET acknowledge_by = now()",
                    "UPDATE deadline SET due_at = now() WHERE kind = 'acknowledge_by'",
                ])
                try await wait(
                    for: "dishub's timers", "SELECT count(*) FROM stream WHERE code = 'dishub' AND head = 80")
            }
        }
        try await whileRouting {
            try await wait(for: "dlhk's reports", "SELECT count(*) FROM stream WHERE code = 'dlhk' AND head = 600")
        }
    }

    @Test func `once a held stream is known, nobody waits for it again`() async throws {
        // So long that whoever waits for a lock is found out.
        var configuration = try PostgresConfiguration(url: fixture.url)
        configuration.lockTimeout = .seconds(6)
        configuration.statementTimeout = .seconds(12)
        configuration.queryTimeout = .seconds(15)
        try await PostgresPool.with(configuration, reactor: fixture.reactor, logger: Logger(label: "test")) { patient in
            try await fixture.pool.withTransaction { tx in
                _ = try await tx.query("SET LOCAL idle_in_transaction_session_timeout = 0")
                _ = try await tx.query("SELECT 1 FROM stream WHERE code = 'dlhk' FOR NO KEY UPDATE")
                try await whileRouting(by: patient) {
                    try await admit(1, category: "sampah")
                    try await admit(1, category: "parkir_liar")
                    try await wait(for: "the first", "SELECT count(*) FROM stream WHERE code = 'dishub' AND head = 1")
                    // pause: until the lane that found out has waited as long as it waits; the other may have been first
                    try await Task.sleep(for: .seconds(7))
                    // Meanwhile the held one is looked at again at least twice.
                    for n in 2...13 as ClosedRange<Int64> {
                        let begun = ContinuousClock.now
                        try await admit(1, category: "sampah")
                        try await admit(1, category: "parkir_liar")
                        try await wait(
                            for: "dishub's \(n)", "SELECT count(*) FROM stream WHERE code = 'dishub' AND head >= \(n)")
                        #expect(ContinuousClock.now - begun < .seconds(5), "report \(n) waited for the held stream")
                        // pause: the pace of reports
                        try await Task.sleep(for: .milliseconds(200))
                    }
                }
            }
            try await whileRouting(by: patient) {
                try await wait(for: "dlhk's", "SELECT count(*) FROM stream WHERE code = 'dlhk' AND head = 13")
            }
        }
    }

    @Test func `a resolved report closes by itself once its time has come`() async throws {
        try await admit(2, category: "sampah")
        try await whileRouting {
            try await wait(for: "the reports", "SELECT count(*) FROM stream WHERE code = 'dlhk' AND head = 2")
        }
        let ids = try await fixture.pool.query("SELECT report_id FROM report_state ORDER BY report_id")
            .map { try $0.decode(UUID.self, at: 0) }
        for id in ids {
            for action in [CommandRequest.Action.start, .resolve] { try await command(action, id) }
        }
        #expect(try await number("SELECT count(*) FROM deadline WHERE kind = 'close' AND due_at > now()") == 2)
        // The first's week is over, the second's is not.
        _ = try await fixture.pool.query("UPDATE deadline SET due_at = now() WHERE report_id = \(ids[0])")
        try await whileRouting {
            try await wait(
                for: "the end",
                "SELECT count(*) FROM report_state WHERE report_id = \(ids[0]) AND status = 'closed' AND version = 4")
        }
        #expect(try await number("SELECT count(*) FROM report_state WHERE status = 'resolved'") == 1)
        #expect(try await number("SELECT count(*) FROM deadline") == 1)
        let closed = try await fixture.pool.query(
            "SELECT type, status FROM stream_event WHERE stream = 'dlhk' ORDER BY seq DESC LIMIT 1"
        ).one()
        #expect(try closed.decode(String.self, at: 0) == "closed" && closed.decode(String.self, at: 1) == "closed")
    }

    /// As its agency does.
    private func command(_ action: CommandRequest.Action, _ id: UUID) async throws {
        let events = EventMaker(TestCity.loaded)
        let result = try await CommandStore(pool: fixture.pool).perform(
            on: id, by: "dlhk", in: TestCity.code, key: nil
        ) { work, now throws(Refusal) in
            let outcome = try StatusMachine.decide(
                state: work.state, command: CommandRequest(action), by: .agency("dlhk"), at: now, city: TestCity.city)
            return (events.file(outcome, before: work.state, report: work.report), "")
        }
        guard case .done = result else { throw Unexpected("\(result)") }
    }

    @Test func `a report that the store refuses stays alone`() async throws {
        try await admit(300, category: "sampah")
        // The remains of a repair by hand: one report has a state and stands in the inbox all the same.
        _ = try await fixture.pool.query(
            """
            INSERT INTO report_history (jurisdiction, report_id, version, at, type, status, agency)
            SELECT jurisdiction, report_id, 1, now(), 'x', 'x', 'x' FROM inbox ORDER BY id OFFSET 77 LIMIT 1
            """)
        try await whileRouting {
            try await wait(for: "all others", "SELECT count(*) FROM stream WHERE code = 'dlhk' AND head = 299")
        }
        #expect(try await number("SELECT count(*) FROM inbox") == 1)
        #expect(try await number("SELECT max(seq) FROM stream_event") == 299)
    }

    @Test func `what is set aside is tried again after a while, and its number is bounded`() {
        let clock = ManualClock()
        let aside = SetAside { clock.now }
        aside.add("dlhk")
        let report = UUID()
        aside.add(report)
        #expect(aside.names.passedOver == ["dlhk"])
        clock.advance(by: SetAside.firstStreamPause)
        #expect(aside.names.passedOver.isEmpty && aside.names.due == ["dlhk"])
        for _ in 0..<10 { aside.add("dlhk") }
        clock.advance(by: SetAside.firstStreamPause)
        #expect(aside.names.passedOver == ["dlhk"], "what is held for long is looked at less often")
        clock.advance(by: SetAside.streamPause)
        #expect(aside.names.due == ["dlhk"])
        aside.remove("dlhk")
        #expect(aside.names.streams.isEmpty)
        #expect(aside.names.reports == [report])
        for _ in 0..<(2 * SetAside.reportLimit) { aside.add(UUID()) }
        #expect(aside.names.reports.count == SetAside.reportLimit)
        clock.advance(by: SetAside.reportPause)
        #expect(aside.names.isEmpty)
    }
}

/// A clock that stands still until it is moved.
private final class ManualClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { instant.withLock { $0 } }
    func advance(by duration: Duration) { instant.withLock { $0 += duration } }
}
