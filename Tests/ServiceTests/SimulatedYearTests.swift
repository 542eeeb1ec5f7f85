import Domain
import Logging
import PostgreSQL
import Storage
import Streams
import TestSupport
import TestTraits
import Testing

@testable import Admin
@testable import Analytics

/// `sasandoctl simulate` as it is run, and analytics after it.
@Suite("A simulated year", .serialized, .freshDatabase(.city))
struct SimulatedYearTests {
    private let pool = Fixture.current.pool
    private static let plan = SimulationPlan(
        seed: 11, reports: 2_500, start: Timestamp(seconds: 1_735_660_800), end: Timestamp(seconds: 1_767_196_800))

    private func filler() async throws -> SimulationFiller {
        let store = SimulationStore(pool: pool)
        let run = try await store.begin(Self.plan, of: TestCity.city) { $0 == Self.plan }
        return SimulationFiller(store: store, city: TestCity.loaded, run: run)
    }

    private func fold() async throws {
        let folder = Folder(
            jurisdiction: TestCity.code, offsetSeconds: TestCity.city.utcOffset, store: AnalyticsStore(pool: pool),
            hints: Wake(), progress: FoldProgress(), logger: Logger(label: "fold") { _ in SwiftLogNoOpLogHandler() })
        while try await folder.foldOnce().folded > 0 {}
    }

    @Test("an interrupted fill goes on, and the figures are those of the tables")
    func goesOn() async throws {
        let store = SimulationStore(pool: pool)
        let begun = try await filler()
        var simulator = CitySimulator(city: TestCity.city, plan: Self.plan)
        let window = try #require(try simulator.next())
        let batch = SimulationStore.batch(
            window, events: EventMaker(TestCity.loaded), in: TestCity.code, seed: Self.plan.seed)
        try await store.fill(batch, of: begun.run, in: TestCity.code)
        let half = try await filler()
        #expect(half.run.windows == 1 && !half.run.isFinished)
        let left = try await half.fill { _ in }
        #expect(left == 1_500)
        #expect(try await filler().run.isFinished)
        try await fold()
        #expect(try await StoreAudit(pool: pool).faults() == [])
    }

    @Test("what is overdue is counted as the tables have it")
    func overdue() async throws {
        _ = try await filler().fill { _ in }
        try await fold()
        let rows = try await SummaryStore(pool: pool).rows(in: TestCity.code, from: 0, to: 30_000)
        let counted = try await pool.query(
            "SELECT count(*) FROM report_state WHERE next_due_at < now()"
        ).one().decode(Int64.self, at: 0)
        #expect(counted > 0)
        for counts in [rows.overdue.agencies, rows.overdue.categories, rows.overdue.areas] {
            #expect(counts.reduce(0) { $0 + $1.n } == counted)
        }
        for counts in [rows.received.agencies, rows.received.categories, rows.received.areas] {
            #expect(counts.reduce(0) { $0 + $1.n } == 2_500)
        }
        let open = try await pool.query(
            "SELECT count(*) FROM report_state WHERE next_due_at IS NOT NULL"
        ).one().decode(Int64.self, at: 0)
        #expect(rows.open.areas.reduce(0) { $0 + $1.n } == open)
    }
}
