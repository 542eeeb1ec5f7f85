internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

@Suite(.serialized, .freshDatabase(.city))
struct DeskStoreTests {
    let fixture = Fixture.current
    var desk: DeskStore { DeskStore(pool: fixture.pool) }

    /// Files so many reports with dlhk at once, so that all are due at the same moment.
    private func file(_ count: Int) async throws -> [String] {
        let batch = try (0..<count).map { _ in try TestCity.report() }
        _ = try await AdmissionStore(pool: fixture.pool).admit(batch, in: TestCity.code)
        _ = try await fixture.routeAll()
        return batch.map(\.id.text).sorted()
    }

    private func finish(_ ids: [String], at moment: Timestamp) async throws {
        let ids = ids.compactMap { UUID(text: $0) }
        _ = try await fixture.pool.query(
            """
            UPDATE report_state SET status = 'resolved', next_due_at = NULL, changed_at = \(moment)
            WHERE report_id = ANY(\(ids))
            """)
    }

    /// Every page from the first to the last, each begun where the text of a position says.
    private func pages(_ statuses: [ReportStatus]? = nil, limit: Int) async throws -> [[String]] {
        var pages: [[String]] = []
        var position: WorkPosition?
        repeat {
            let page = try await desk.page(
                of: "dlhk", in: TestCity.code, statuses: statuses, after: position, limit: limit)
            pages.append(page.works.map(\.report.id.text))
            position = page.next.flatMap { WorkPosition(text: $0.text) }
            #expect(position == page.next)
        } while position != nil && pages.count < 100
        return pages
    }

    @Test func `Open work that is due at one moment comes whole, once, and in pages`() async throws {
        let ids = try await file(7)
        #expect(try await pages(limit: 3) == [Array(ids[..<3]), Array(ids[3..<6]), Array(ids[6...])])
        #expect(try await pages(limit: 7) == [ids], "there is no empty page after the last")
        #expect(try await pages(limit: 1_000) == [ids])
        #expect(try await pages([.onHold], limit: 3) == [[]])
    }

    @Test func `Open work in some statuses comes from all of them, by when it is due, and in pages`() async throws {
        let ids = try await file(6)
        for (id, status) in zip(ids, ["on_hold", "in_progress", "acknowledged", "on_hold", "assigned", "on_hold"]) {
            _ = try await fixture.pool.query(
                "UPDATE report_state SET status = \(status) WHERE report_id = \(try #require(UUID(text: id)))")
        }
        #expect(try await pages([.onHold], limit: 2) == [[ids[0], ids[3]], [ids[5]]])
        #expect(try await pages([.onHold, .inProgress], limit: 3) == [[ids[0], ids[1], ids[3]], [ids[5]]])
        #expect(try await pages([.assigned, .acknowledged], limit: 3) == [[ids[2], ids[4]]])
        #expect(try await pages([.triage, .reopened], limit: 3) == [[]])
        #expect(try await pages([.onHold, .onHold], limit: 3) == [[ids[0], ids[3], ids[5]]])
        try await finish([ids[2]], at: Timestamp(seconds: 1_795_000_000))
        #expect(try await pages([.resolved, .resolved], limit: 3) == [[ids[2]]])
    }

    @Test func `What is due first comes first`() async throws {
        let ids = try await file(3)
        let last = try #require(UUID(text: ids[2]))
        _ = try await fixture.pool.query(
            "UPDATE report_state SET next_due_at = now() - interval '1 hour' WHERE report_id = \(last)")
        #expect(try await pages(limit: 2) == [[ids[2], ids[0]], [ids[1]]])
    }

    @Test func `Of both kinds the open come first, then the finished, the latest first`() async throws {
        let ids = try await file(9)
        let noon = Timestamp(seconds: 1_795_000_000)
        try await finish(Array(ids[4..<6]), at: noon)
        try await finish(Array(ids[6..<8]), at: noon.adding(seconds: 60))
        try await finish([ids[8]], at: noon.adding(seconds: 30))
        let order = Array(ids[..<4]) + [ids[7], ids[6], ids[8], ids[5], ids[4]]
        for limit in [1, 2, 3, 4, 5, 8, 9, 10] {
            let pages = try await pages([.assigned, .resolved], limit: limit)
            #expect(pages.flatMap { $0 } == order, "\(limit) on a page")
            #expect(pages.allSatisfy { (1...limit).contains($0.count) }, "\(limit) on a page")
        }
        #expect(try await pages([.resolved], limit: 2).flatMap { $0 } == Array(order[4...]))
        #expect(try await pages(limit: 3).flatMap { $0 } == Array(order[..<4]))
    }

    @Test func `The overview counts what it does not show`() async throws {
        let ids = try await file(6)
        try await finish([ids[5]], at: Timestamp(seconds: 1_795_000_000))
        let overview = try await desk.overview(
            of: "dlhk", in: TestCity.code, limit: 2, doneSince: Timestamp(seconds: 1_794_999_999), doneLimit: 1)
        #expect(overview.open.map(\.report.id.text) == Array(ids[..<2]))
        #expect(overview.openInAll == 5)
        #expect(overview.done.map(\.report.id.text) == [ids[5]])
        #expect(!overview.isDoneCut)
    }

    @Test func `The overview goes on after what was shown, to the last`() async throws {
        let ids = try await file(7)
        let noon = Timestamp(seconds: 1_795_000_000)
        try await finish(Array(ids[5...]), at: noon)
        var shown: [String] = []
        var position: WorkPosition?
        for _ in 0..<3 {
            let overview = try await desk.overview(
                of: "dlhk", in: TestCity.code, after: position, limit: 2, doneSince: noon, doneLimit: 1)
            shown += overview.open.map(\.report.id.text)
            position = overview.next
            #expect((position == nil) == (shown.count == 5), "after \(shown.count)")
            #expect(overview.done.map(\.report.id.text) == [ids[6]])
            #expect(overview.isDoneCut)
            #expect(overview.openInAll == 5)
        }
        #expect(shown == Array(ids[..<5]))
    }

    @Test(arguments: [
        "", "open", "open_1", "open_x_0197a1b2-0000-7000-8000-000000000000", "open_1_0197a1b2",
        "closed_1_0197a1b2-0000-7000-8000-000000000000", "open_-1_0197a1b2-0000-7000-8000-000000000000",
        "open_9223372036854775807_0197a1b2-0000-7000-8000-000000000000",
        "open_1_0197a1b2-0000-7000-8000-000000000000_1",
    ])
    func `What no page gave is no position`(text: String) {
        #expect(WorkPosition(text: text) == nil)
    }

    /// As the notifier's own login, by which row security decides.
    @Test(arguments: WorkPosition.Part.allCases)
    func `A page among many reads its index and no further`(part: WorkPosition.Part) async throws {
        try await fixture.pool.transaction(Self.manyReports, timeout: .seconds(60))
        try await fixture.pool.query("ANALYZE report, report_state")
        let start = WorkPosition(
            part: part, at: Timestamp(seconds: part == .open ? 1_700_000_000 : 4_000_000_000), report: UUID())
        let statement = DeskStore.statement(
            part, of: "dlhk", in: TestCity.code, statuses: part == .open ? nil : [.resolved], after: start, limit: 201)
        let rows = try await fixture.pool.transaction([
            "SET LOCAL ROLE sasando_kupang_dlhk", "SET LOCAL random_page_cost = 1.1", "EXPLAIN \(statement)",
        ])[2]
        let plan = try rows.map { try $0.decode(String.self, at: 0) }.joined(separator: "\n")
        let index = part == .open ? "report_state_work" : "report_state_done"
        #expect(plan.contains("Limit") && plan.contains("using \(index) on report_state s"), "\(plan)")
        // What is finished is looked for in its own status, and not among all the others.
        if part == .done { #expect(plan.contains("AND (status = chosen.status)"), "\(plan)") }
        #expect(!plan.contains("Bitmap") && !plan.contains("Seq Scan on report"), "\(plan)")
    }

    /// Also under a plan that was made while the store was empty.
    @Test func `A page of open work in one status is read from that status alone`() async throws {
        let statement = DeskStore.statement(
            .open, of: "dlhk", in: TestCity.code, statuses: [.onHold],
            after: WorkPosition(part: .open, at: Timestamp(seconds: 1_700_000_000), report: UUID()), limit: 201)
        try await fixture.pool.query("ANALYZE report, report_state")
        for reports in [0, 30_000] {
            if reports > 0 {
                try await fixture.pool.transaction(Self.manyReports, timeout: .seconds(60))
                try await fixture.pool.query("ANALYZE report, report_state")
            }
            let rows = try await fixture.pool.transaction([
                "SET LOCAL ROLE sasando_kupang_dlhk", "SET LOCAL enable_seqscan = off",
                "SET LOCAL enable_bitmapscan = off", "EXPLAIN \(statement)",
            ])[3]
            let plan = try rows.map { try $0.decode(String.self, at: 0) }.joined(separator: "\n")
            #expect(plan.contains("using report_state_status on report_state s"), "\(plan)")
            #expect(plan.contains("AND (status = chosen.status)"), "\(plan)")
        }
    }

    /// Row security once had every look at a report read all reports, for the sake of one that it might be a duplicate of.
    @Test func `A report's history among many reads what is its own and no more`() async throws {
        try await fixture.pool.transaction(Self.manyReports, timeout: .seconds(60))
        try await fixture.pool.query("ANALYZE report, report_state, report_history")
        let statement = DeskStore.history(of: UUID(), in: TestCity.code)
        let rows = try await fixture.pool.transaction([
            "SET LOCAL ROLE sasando_kupang_dlhk", "EXPLAIN \(statement)",
        ])[1]
        let plan = try rows.map { try $0.decode(String.self, at: 0) }.joined(separator: "\n")
        #expect(plan.contains("Index Scan using report_pkey on report o"), "\(plan)")
        #expect(!plan.contains("Seq Scan on report o"), "\(plan)")
    }

    private static let manyReports: [SQL] = [
        """
        INSERT INTO report (jurisdiction, id, channel, idempotency_key, request_hash, tracking_code, reporter_key_hash,
            description, location_source, visibility)
        SELECT 'kupang', gen_random_uuid(), 'uji', 'n:' || n, '', 'KPG-' || n, n, 'Sampah', 'none', 'public'
        FROM generate_series(1, 30000) n
        """,
        """
        INSERT INTO report_state (jurisdiction, report_id, agency, status, version, priority, why, acknowledge_by,
            resolve_by, changed_at, next_due_at)
        SELECT 'kupang', id, CASE WHEN reporter_key_hash % 3 = 0 THEN 'dlhk' ELSE 'dishub' END,
            CASE WHEN reporter_key_hash % 2 = 0 THEN 'resolved' ELSE 'assigned' END, 1, 2, '', now(), now(),
            now() - reporter_key_hash * interval '1 second',
            CASE WHEN reporter_key_hash % 2 = 0 THEN NULL ELSE now() + reporter_key_hash * interval '1 second' END
        FROM report
        """,
    ]
}
