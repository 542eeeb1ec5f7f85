internal import Domain
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

/// A simulated year in the store: what must hold of real reports holds of these.
@Suite(.serialized, .freshDatabase(.city))
struct SimulationStoreTests {
    let fixture = Fixture.current
    private static let plan = SimulationPlan(
        seed: 3, reports: 2_000, start: Timestamp(seconds: 1_735_660_800), end: Timestamp(seconds: 1_767_196_800))

    private var store: SimulationStore { SimulationStore(pool: fixture.pool) }

    private func begin(_ plan: SimulationPlan = plan) async throws -> SimulationRun {
        try await store.begin(plan, of: TestCity.city) { $0 == plan }
    }

    /// Plays the run from its beginning and fills in what is missing, up to `limit` windows of it.
    private func fill(_ run: SimulationRun, windows limit: Int = .max) async throws {
        var simulator = CitySimulator(city: TestCity.city, plan: run.plan)
        let events = EventMaker(TestCity.loaded)
        while let window = try simulator.next() {
            guard window.number >= run.windows else { continue }
            guard window.number < limit else { return }
            try await store.fill(
                SimulationStore.batch(window, events: events, in: TestCity.code, seed: run.plan.seed), of: run,
                in: TestCity.code)
        }
        try await store.finish(run, timers: simulator.timers, in: TestCity.code)
    }

    private func number(_ sql: SQL) async throws -> Int64 {
        try await fixture.pool.query(sql).one().decode(Int64.self, at: 0)
    }

    /// What the audit of the chaos tests finds, but for the rollups, which analytics makes.
    private func faults() async throws -> [String] {
        let audit = StoreAudit(pool: fixture.pool)
        return try await audit.streams() + audit.firsts() + audit.replay() + audit.transitions() + audit.states()
    }

    @Test func `2,000 reports keep every invariant`() async throws {
        try await fill(try await begin())
        #expect(try await faults() == [])
        #expect(try await number("SELECT count(*) FROM report WHERE channel = 'simulasi'") == 2_000)
        #expect(try await number("SELECT count(*) FROM report_state") == 2_000)
        #expect(try await number("SELECT count(*) FROM inbox") == 0)
        #expect(try await number("SELECT count(*) FROM stream_event") > 6_000)
        let outside = try await number(
            """
            SELECT count(*) FROM report r
            WHERE received_at NOT BETWEEN \(Self.plan.start) AND \(Self.plan.end)
            """)
        #expect(outside == 0)
        // Each promise still to be kept of an open report, and to be kept after the end, has its timer; nothing else has.
        let unmatched = try await number(
            """
            SELECT count(*) FROM (
                SELECT report_id, 'resolve_by' AS kind, resolve_by AS due_at FROM report_state
                WHERE next_due_at IS NOT NULL AND resolve_by >= \(Self.plan.end)
            ) promised FULL JOIN (SELECT * FROM deadline WHERE kind = 'resolve_by' AND due_at >= \(Self.plan.end)) d
                USING (report_id, kind, due_at)
            WHERE promised.report_id IS NULL OR d.report_id IS NULL
            """)
        #expect(unmatched == 0)
        #expect(try await number("SELECT count(*) FROM deadline") > 0)
    }

    @Test func `events are in the order of their times, stream by stream`() async throws {
        try await fill(try await begin())
        let backwards = try await number(
            """
            SELECT count(*) FROM (
                SELECT occurred_at, lag(occurred_at) OVER (PARTITION BY stream ORDER BY seq) AS before
                FROM stream_event) e
            WHERE before - occurred_at > interval '2 s'
            """)
        #expect(backwards == 0)
    }

    @Test func `an interrupted run goes on, and comes to the same`() async throws {
        try await fill(try await begin(), windows: 1)
        let half = try await begin()
        #expect(half.windows == 1 && !half.isFinished)
        #expect(try await faults() == [])
        try await fill(half)
        #expect(try await faults() + StoreAudit(pool: fixture.pool).closings() == [])
        #expect(try await begin().isFinished)
        #expect(try await number("SELECT count(*) FROM report") == 2_000)
        let digest: SQL = """
            SELECT md5(string_agg(concat_ws('|', report_id, version, at, type, status, agency, note, actor), ','
                ORDER BY report_id, version)) FROM report_history
            """
        let interrupted = try await fixture.pool.query(digest).one().decode(String.self, at: 0)
        let timers = try await number("SELECT count(*) FROM deadline")
        try await Fixture.with(.city) {
            let other = SimulationStoreTests()
            try await other.fill(try await other.begin())
            #expect(try await other.fixture.pool.query(digest).one().decode(String.self, at: 0) == interrupted)
            #expect(try await other.number("SELECT count(*) FROM deadline") == timers)
        }
    }

    @Test func `the same window is never filled in twice, nor another plan under the same seed`() async throws {
        let run = try await begin()
        try await fill(run, windows: 1)
        await #expect(throws: SimulationRefusal.elsewhere) { try await fill(run, windows: 1) }
        #expect(try await number("SELECT count(*) FROM report") == 1_000)
        var other = Self.plan
        other.reports = 3_000
        await #expect(throws: SimulationRefusal.otherPlan(Self.plan)) { _ = try await begin(other) }
        _ = try await fixture.pool.query("UPDATE jurisdiction SET document = document || ' '")
        await #expect(throws: SimulationRefusal.cityChanged) { _ = try await begin() }
    }

    @Test func `real reports are seen, samples and simulated ones are none`() async throws {
        #expect(try await !store.hasRealReports(in: TestCity.code))
        try await fill(try await begin(), windows: 1)
        _ = try await AdmissionStore(pool: fixture.pool).admit(
            [try TestCity.report(channel: SampleStore.channel)], in: TestCity.code)
        #expect(try await !store.hasRealReports(in: TestCity.code))
        for channel: ChannelCode in ["aaa", "integrator", "web"] {
            let report = try TestCity.report(channel: channel)
            _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
            #expect(try await store.hasRealReports(in: TestCity.code))
            _ = try await fixture.pool.query("DELETE FROM report WHERE channel = \(channel)")
        }
    }

    @Test func `simulated reports go again, and the streams stay gapless`() async throws {
        var plan = Self.plan
        plan.reports = 300
        try await fill(try await begin(plan))
        let real = try TestCity.report(category: "parkir_liar")
        _ = try await AdmissionStore(pool: fixture.pool).admit([real], in: TestCity.code)
        _ = try await fixture.routeAll()
        let samples = SampleStore(pool: fixture.pool, channel: SimulationPlan.channel)
        #expect(try await samples.remove(in: TestCity.code).removed == 300)
        try await store.forgetRuns(in: TestCity.code)
        #expect(try await number("SELECT count(*) FROM report") == 1)
        #expect(try await number("SELECT count(*) FROM deadline") == 2)
        #expect(try await StoreAudit(pool: fixture.pool).streams() == [])
        #expect(try await number("SELECT count(*) FROM stream_event WHERE NOT uncounted") == 1)
    }
}
