internal import Domain
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

@Suite(.serialized, .freshDatabase(.city))
struct InboxStoreTests {
    let fixture = Fixture.current

    private func admit(_ count: Int, category: String? = "sampah") async throws {
        let batch = try (0..<count).map { _ in try TestCity.report(category: category) }
        _ = try await AdmissionStore(pool: fixture.pool).admit(batch, in: TestCity.code)
    }

    private func number(_ sql: SQL) async throws -> Int64 {
        try await fixture.pool.query(sql).one().decode(Int64.self, at: 0)
    }

    @Test func `every report goes to one agency, with its state, timers, history and event`() async throws {
        try await admit(40)
        try await admit(10, category: "parkir_liar")
        try await admit(5, category: nil)
        #expect(try await fixture.routeAll() == 55)
        #expect(try await number("SELECT count(*) FROM inbox") == 0)
        #expect(try await number("SELECT count(*) FROM report_state WHERE agency = 'dlhk'") == 40)
        #expect(try await number("SELECT count(*) FROM report_state WHERE agency = 'dishub'") == 10)
        #expect(try await number("SELECT count(*) FROM report_state WHERE status = 'triage'") == 5)
        #expect(try await number("SELECT count(*) FROM deadline") == 110)
        #expect(try await number("SELECT count(*) FROM report_history") == 55)
        #expect(try await number("SELECT head FROM stream WHERE code = 'dlhk'") == 40)
    }

    @Test func `an urgent report is claimed before all that came earlier`() async throws {
        try await admit(InboxStore.claimLimit + 10)
        try await admit(1, category: "kebakaran")
        let claim = try await InboxStore(pool: fixture.pool).claim(in: TestCity.code) { items, now in
            #expect(items.first?.report.category == "kebakaran")
            return TestCity.decide(items, at: now)
        }
        #expect(claim.filed == InboxStore.claimLimit)
    }

    @Test func `four routers at once file each report once, without gaps`() async throws {
        for _ in 0..<8 { try await admit(500) }
        let filed = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 { group.addTask { try await fixture.routeUntilEmpty() } }
            return try await group.reduce(0, +)
        }
        #expect(filed == 4000)
        #expect(try await number("SELECT count(*) FROM stream_event") == 4000)
        #expect(try await number("SELECT count(DISTINCT report_id) FROM stream_event") == 4000)
        #expect(try await number("SELECT max(seq) FROM stream_event WHERE stream = 'dlhk'") == 4000)
    }

    @Test func `reports that a decision leaves out stay, and the claim can go on behind them`() async throws {
        try await admit(3)
        try await admit(3, category: "parkir_liar")
        let store = InboxStore(pool: fixture.pool)
        let first = try await store.claim(in: TestCity.code) { items, now in
            TestCity.decide(items, at: now).filter { $0.filed.outcome.state.agency != "dlhk" }
        }
        #expect(first.read == 6)
        #expect(first.filed == 3)
        let behind = try await store.claim(in: TestCity.code, after: first.last ?? .start) { _, _ in [] }
        #expect(behind.read == 0)
        #expect(try await number("SELECT count(*) FROM inbox") == 3)
    }

    @Test func `what is set aside for a held stream is read by no claim until it is given back`() async throws {
        try await admit(3)
        try await admit(2, category: "parkir_liar")
        try await admit(1, category: "kebakaran")
        let store = InboxStore(pool: fixture.pool)
        let first = try await store.claim(in: TestCity.code, settingAsideFor: ["dlhk", "damkar"]) { items, now in
            TestCity.decide(items, at: now)
        }
        #expect((first.read, first.filed, first.setAside) == (6, 2, 4))
        #expect(first.heads.map(\.stream) == ["dishub"])
        let next = try await store.claim(in: TestCity.code) { _, _ in [] }
        #expect(next.read == 0)
        #expect(try await store.heldStreams(in: TestCity.code) == ["dlhk", "damkar"])
        #expect(try await AdmissionStore(pool: fixture.pool).oldestInboxAge() > 0, "it still waits")

        #expect(try await store.giveBack("dlhk", in: TestCity.code))
        #expect(try await store.heldStreams(in: TestCity.code) == ["damkar"])
        #expect(try await fixture.routeAll() == 3)
        #expect(try await store.giveBack("damkar", in: TestCity.code))
        #expect(try await number("SELECT count(*) FROM inbox WHERE urgency = 0") == 1, "as urgent as it was")
        #expect(try await fixture.routeAll() == 1)
    }

    @Test func `a stream is free unless somebody holds its counter`() async throws {
        let store = InboxStore(pool: fixture.pool)
        #expect(try await store.isFree("dlhk", in: TestCity.code))
        try await fixture.pool.withTransaction { tx in
            _ = try await tx.query("SELECT 1 FROM stream WHERE code = 'dlhk' FOR NO KEY UPDATE")
            #expect(try await !store.isFree("dlhk", in: TestCity.code))
            #expect(try await store.isFree("dishub", in: TestCity.code))
        }
        #expect(try await store.isFree("dlhk", in: TestCity.code))
    }

    @Test func `the stored text is the event with its number in it`() async throws {
        try await admit(2)
        _ = try await fixture.routeAll()
        let rows = try await fixture.pool.query("SELECT seq, body FROM stream_event ORDER BY seq")
        for row in rows {
            let value = try JSONReader.read(Array(try row.decode(String.self, at: 1).utf8)).value
            let digits = EventBody.digits(try row.decode(Int64.self, at: 0))
            #expect(value["sequence"] == .string(digits))
            #expect(value["type"] == .string("sasando.report.assigned"))
        }
        #expect(rows.count == 2)
    }
}

extension Fixture {
    /// Claims until the inbox is empty, also while others hold its parts.
    func routeUntilEmpty() async throws -> Int {
        var filed = 0
        for _ in 0..<10_000 {
            filed += try await routeAll()
            let left = try await pool.query("SELECT count(*) FROM inbox").one().decode(Int64.self, at: 0)
            if left == 0 { return filed }
        }
        return filed
    }
}
