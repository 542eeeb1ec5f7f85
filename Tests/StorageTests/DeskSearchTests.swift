internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

@Suite(.serialized, .freshDatabase(.city))
struct DeskSearchTests {
    let fixture = Fixture.current
    var desk: DeskStore { DeskStore(pool: fixture.pool) }

    /// Files so many reports with dlhk at once, so that all are due at the same moment; gives their ids in order.
    private func file(_ count: Int) async throws -> [UUID] {
        let batch = try (0..<count).map { _ in try TestCity.report() }
        _ = try await AdmissionStore(pool: fixture.pool).admit(batch, in: TestCity.code)
        _ = try await fixture.routeAll()
        return batch.map(\.id).sorted { $0.text < $1.text }
    }

    private func found(_ filter: WorkFilter, limit: Int = 50) async throws -> [UUID] {
        try await desk.search(filter, of: "dlhk", in: TestCity.code, limit: limit).works.map(\.report.id)
    }

    private func words(_ text: String) -> WorkFilter {
        WorkFilter(words: text.split(separator: " ").map { WorkFilter.Word($0, among: TestCity.city.areas) })
    }

    @Test func `Words are found in what a report says of itself, whatever their case, and all have to be there`()
        async throws
    {
        let ids = try await file(3)
        _ = try await fixture.pool.query(
            """
            UPDATE report SET description = 'Tumpukan di PASAR Oeba 100%', landmark = 'Kios Mama Yuli', area = NULL
            WHERE id = \(ids[1])
            """)
        _ = try await fixture.pool.query(
            "UPDATE report SET description = 'x_y É', address = NULL, area = NULL WHERE id <> \(ids[1])")
        #expect(try await found(words("pasar")) == [ids[1]])
        #expect(try await found(words("mama PASAR")) == [ids[1]])
        #expect(try await found(words("pasar alak")) == [])
        // No word is a pattern.
        #expect(try await found(words("0%")) == [ids[1]])
        #expect(try await found(words("pas_r")) == [])
        #expect(try await found(words("x_Y")) == [ids[0], ids[2]])
        #expect(try await found(words("É")) == [ids[0], ids[2]])
        let code = try #require(try await desk.report(ids[2], of: "dlhk", in: TestCity.code)).work.report.trackingCode
        #expect(try await found(words(code.lowercased())) == [ids[2]])
    }

    @Test func `The name of a kelurahan is found as a word, and chosen as such`() async throws {
        let ids = try await file(2)
        let area = try #require(TestCity.city.areas.first)
        _ = try await fixture.pool.query("UPDATE report SET area = NULL, description = 'abc' WHERE id = \(ids[0])")
        _ = try await fixture.pool.query(
            "UPDATE report SET area = \(area.code), description = 'abc' WHERE id = \(ids[1])")
        #expect(try await found(words("\(area.name.uppercased()) abc")) == [ids[1]])
        #expect(try await found(WorkFilter(area: area.code)) == [ids[1]])
    }

    @Test func `Category, status and what is overdue leave the others out, and finished work is never found`()
        async throws
    {
        let ids = try await file(4)
        _ = try await fixture.pool.query(
            "UPDATE report_state SET category = 'kebakaran' WHERE report_id = \(ids[0])")
        _ = try await fixture.pool.query("UPDATE report_state SET status = 'on_hold' WHERE report_id = \(ids[1])")
        _ = try await fixture.pool.query(
            "UPDATE report_state SET next_due_at = now() - interval '1 hour' WHERE report_id = \(ids[2])")
        _ = try await fixture.pool.query(
            "UPDATE report_state SET status = 'resolved', next_due_at = NULL WHERE report_id = \(ids[3])")
        #expect(try await found(WorkFilter(category: "kebakaran")) == [ids[0]])
        #expect(try await found(WorkFilter(status: .onHold)) == [ids[1]])
        let now = try await fixture.pool.query("SELECT now()").one().decode(Timestamp.self, at: 0)
        #expect(try await found(WorkFilter(dueUntil: now)) == [ids[2]])
        #expect(try await found(WorkFilter()) == [ids[2], ids[0], ids[1]])
        #expect(try await found(WorkFilter(status: .resolved)) == [])
        let others = try await desk.search(WorkFilter(), of: "pupr", in: TestCity.code, limit: 50)
        #expect(others.works.isEmpty)
    }

    @Test func `What is found comes in pages, each once`() async throws {
        let ids = try await file(7)
        _ = try await fixture.pool.query("UPDATE report_state SET status = 'on_hold' WHERE report_id = \(ids[3])")
        var shown: [UUID] = []
        var position: WorkPosition?
        repeat {
            let page = try await desk.search(
                WorkFilter(status: .assigned), of: "dlhk", in: TestCity.code, after: position, limit: 2)
            #expect(!page.isCut)
            shown += page.works.map(\.report.id)
            position = page.next
        } while position != nil && shown.count < 50
        #expect(shown == ids.filter { $0 != ids[3] })
    }

    /// As the notifier's own login, by which row security decides, and under a plan made for an empty store.
    @Test func `A search reads its window and no further, and the next page goes on behind it`() async throws {
        try await fixture.pool.transaction(Self.manyReports, timeout: .seconds(60))
        try await fixture.pool.query("ANALYZE report, report_state")
        let needle = WorkFilter(words: [WorkFilter.Word("jarum", among: [])])
        let before = try await rowsRead()
        let first = try await desk.search(needle, of: "dlhk", in: TestCity.code, limit: 50)
        #expect(first.works.isEmpty && first.isCut)
        #expect(try await rowsRead() - before < 4 * Int64(DeskStore.searchWindow))
        var (pages, found, position) = (1, 0, first.next)
        while let start = position, pages < 20 {
            let page = try await desk.search(needle, of: "dlhk", in: TestCity.code, after: start, limit: 50)
            found += page.works.count
            position = page.next
            pages += 1
        }
        #expect(found == 1 && pages == 6, "\(found) in \(pages)")
    }

    @Test func `A search is planned by the index of the open work and the reports' own keys`() async throws {
        let filter = WorkFilter(
            words: [WorkFilter.Word("jarum", among: TestCity.city.areas)], category: "sampah", area: "53.71.01.1008",
            status: .assigned, dueUntil: Timestamp(seconds: 1_900_000_000))
        for reports in [0, 15_000] {
            if reports > 0 { try await fixture.pool.transaction(Self.manyReports, timeout: .seconds(60)) }
            try await fixture.pool.query("ANALYZE report, report_state")
            let statement = DeskStore.searching(filter, of: "dlhk", in: TestCity.code, limit: 51)
            let rows = try await fixture.pool.transaction([
                "SET LOCAL ROLE sasando_kupang_dlhk", "SET LOCAL enable_seqscan = off",
                "SET LOCAL enable_bitmapscan = off", "SET LOCAL enable_hashjoin = off",
                "SET LOCAL enable_mergejoin = off", "EXPLAIN \(statement)",
            ])[5]
            let plan = try rows.map { try $0.decode(String.self, at: 0) }.joined(separator: "\n")
            #expect(plan.contains("using report_state_work on report_state o"), "\(plan)")
            #expect(plan.contains("Index Scan using report_pkey on report r"), "\(plan)")
            #expect(!plan.contains("Seq Scan"), "\(plan)")
        }
    }

    @Test(arguments: WorkPosition.Part.allCases)
    func `A page of the desk looks reports up by their keys, also while the store is empty`(part: WorkPosition.Part)
        async throws
    {
        try await fixture.pool.query("ANALYZE report, report_state")
        let statement = DeskStore.statement(
            part, of: "dlhk", in: TestCity.code, statuses: part == .open ? nil : [.resolved], limit: 51)
        let rows = try await fixture.pool.transaction([
            "SET LOCAL ROLE sasando_kupang_dlhk", "SET LOCAL enable_seqscan = off", "SET LOCAL enable_bitmapscan = off",
            "SET LOCAL enable_hashjoin = off", "SET LOCAL enable_mergejoin = off", "EXPLAIN \(statement)",
        ])[5]
        let plan = try rows.map { try $0.decode(String.self, at: 0) }.joined(separator: "\n")
        #expect(plan.contains("Index Scan using report_pkey on report r"), "\(plan)")
    }

    /// Rows read so far, of the tables that grow.
    private func rowsRead() async throws -> Int64 {
        _ = try await fixture.pool.query("SELECT pg_stat_force_next_flush()")
        return try await fixture.pool.query(
            """
            SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables
            WHERE relname IN ('report', 'report_state')
            """
        ).one().decode(Int64.self, at: 0)
    }

    /// 15,000 reports, of which 5,000 are open at dlhk; the last of them, by when it is due, holds the word.
    private static let manyReports: [SQL] = [
        """
        INSERT INTO report (jurisdiction, id, channel, idempotency_key, request_hash, tracking_code, reporter_key_hash,
            description, location_source, visibility)
        SELECT 'kupang', gen_random_uuid(), 'uji', 'n:' || n, '', 'KPG-' || n, n,
            CASE WHEN n = 15000 THEN 'Jarum' ELSE 'Sampah' END, 'none', 'public'
        FROM generate_series(1, 15000) n
        """,
        """
        INSERT INTO report_state (jurisdiction, report_id, agency, status, version, priority, why, acknowledge_by,
            resolve_by, changed_at, next_due_at)
        SELECT 'kupang', id, CASE WHEN reporter_key_hash % 3 = 0 THEN 'dlhk' ELSE 'dishub' END, 'assigned', 1, 2, '',
            now(), now(), now(), now() + reporter_key_hash * interval '1 second'
        FROM report
        """,
    ]
}
