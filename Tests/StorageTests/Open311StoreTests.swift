internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

extension Timestamp {
    fileprivate static var now: Timestamp {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }
}

/// Which requests and updates Open311 gives to whom.
@Suite(.serialized, .freshDatabase(.city))
struct Open311StoreTests {
    private let fixture = Fixture.current
    private static let span = Open311Span(
        from: Timestamp.now.adding(seconds: -86_400 * 2_000), to: Timestamp.now.adding(seconds: 600))
    private let everybody = Open311Reader(channel: nil, sensitive: ["orang_hilang"])
    private let sender = Open311Reader(channel: "uji", sensitive: ["orang_hilang"])

    /// Its id bears the time at which it is stored, as intake makes it.
    private func admit(_ category: String, channel: ChannelCode = "uji") async throws -> NewReport {
        let report = try TestCity.report(category: category, channel: channel, at: .now)
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        return report
    }

    private func list(
        _ reader: Open311Reader, limit: Int = 10, offset: Int = 0, _ change: (inout Open311Filter) -> Void = { _ in }
    ) async throws -> [UUID] {
        var filter = Open311Filter(span: Self.span)
        change(&filter)
        return try await fixture.asRole("sasando_intake") { [filter] pool in
            try await Open311Store(pool: pool).requests(
                filter, for: reader, in: TestCity.code, limit: limit, offset: offset)
        }.map(\.tracked.report.id)
    }

    private func set(_ id: UUID, _ change: SQL) async throws {
        _ = try await fixture.pool.query("UPDATE report_state SET \(change) WHERE report_id = \(id)")
    }

    @Test func `everybody sees what is public, and a key all that came over its channel`() async throws {
        let shown = try await admit("sampah").id
        let secret = try await admit("orang_hilang")
        let found = try await admit("sampah").id
        let withdrawn = try await admit("sampah").id
        let others = try await admit("orang_hilang", channel: "lain").id
        #expect(try await fixture.routeAll() == 5)
        try await set(found, "category = 'orang_hilang'")
        try await set(withdrawn, "status = 'withdrawn', next_due_at = NULL")
        #expect(try await list(everybody) == [shown])
        #expect(Set(try await list(sender)) == [shown, secret.id, found, withdrawn])
        let store = Open311Store(pool: fixture.pool)
        let codes = try await fixture.pool.query(
            "SELECT tracking_code FROM report WHERE id = ANY(\([shown, secret.id, others]))"
        ).map { try $0.decode(String.self, at: 0) }
        let named = try await store.requests(codes, for: everybody, in: TestCity.code)
        #expect(named.map(\.tracked.report.id) == [shown] && named.allSatisfy(\.isPublic))
        #expect(
            Set(try await store.requests(codes, for: sender, in: TestCity.code).map(\.tracked.report.id))
                == [shown, secret.id])
        #expect(try await store.trackingCode(of: secret.id, for: everybody, in: TestCity.code) == nil)
        #expect(try await store.trackingCode(of: secret.id, for: sender, in: TestCity.code) == secret.trackingCode)
    }

    @Test func `by service, standing, times and page`() async throws {
        var ids: [UUID] = []
        for category in ["sampah", "parkir_liar", "sampah"] { ids.append(try await admit(category).id) }
        #expect(try await fixture.routeAll() == 3)
        ids.append(try await admit("sampah").id)
        try await set(ids[0], "status = 'resolved', next_due_at = NULL, changed_at = now() + interval '1 hour'")
        let latestFirst = Array(ids.sorted { $0.text > $1.text })
        #expect(try await list(everybody) == latestFirst)
        #expect(try await list(everybody, limit: 2) + list(everybody, limit: 2, offset: 2) == latestFirst)
        #expect(try await list(everybody) { $0.categories = ["parkir_liar"] } == [ids[1]])
        #expect(try await list(everybody) { $0.isOpen = false } == [ids[0]])
        #expect(try await list(everybody) { $0.isOpen = true }.count == 3)
        let soon = Timestamp.now.adding(seconds: 1_800)
        #expect(try await list(everybody) { $0.updatedAfter = soon } == [ids[0]])
        #expect(try await list(everybody) { $0.updatedBefore = soon }.count == 3)
        let past = Open311Span(from: Self.span.from, to: Timestamp.now.adding(seconds: -60))
        #expect(try await list(everybody) { $0.span = past } == [])
    }

    @Test func `history in the order of time, without what is the agencies' and the reporter's alone`() async throws {
        let id = try await admit("sampah").id
        #expect(try await fixture.routeAll() == 1)
        let lines: [(Int, String, String, String?, String?)] = [
            (2, "acknowledged", "acknowledged", "Tim berangkat", nil), (3, "commented", "acknowledged", nil, nil),
            (4, "followed", "acknowledged", nil, nil), (5, "commented", "acknowledged", "Nomor Anda?", "ask"),
            (6, "escalated", "acknowledged", nil, nil), (7, "resolved", "resolved", "Selesai", nil),
        ]
        for (version, type, status, note, command) in lines {
            _ = try await fixture.pool.query(
                """
                INSERT INTO report_history (jurisdiction, report_id, version, at, type, status, agency, note, command,
                    author)
                VALUES (\(TestCity.code), \(id), \(Int32(version)), now() + \(Int32(version)) * interval '1 second',
                    \(type), \(status), 'dlhk', \(note as String?), \(command as String?), 'agency')
                """)
        }
        let found = try await fixture.asRole("sasando_intake") { [everybody] pool in
            try await Open311Store(pool: pool).history(
                Self.span, for: everybody, in: TestCity.code, limit: 100, offset: 0)
        }
        #expect(found.map(\.line.type) == ["assigned", "acknowledged", "resolved"])
        let code = try #require(found.first).trackingCode
        for (codes, count) in [([code], 3), ([code, "KPG-0"], 3), (["KPG-0"], 0), ([], 0)] {
            let some = try await Open311Store(pool: fixture.pool).history(
                Self.span, of: codes, for: everybody, in: TestCity.code, limit: 100, offset: 0)
            #expect(some.count == count, "\(codes)")
        }
        #expect(found.allSatisfy { $0.reportID == id && $0.isPublic })
        let request = try await Open311Store(pool: fixture.pool).requests(
            [try #require(found.first).trackingCode], for: everybody, in: TestCity.code)
        #expect(request.first?.lastNote == "Selesai")
    }

    @Test func `a plan made for an empty store reads a page, however many reports there are`() async throws {
        try await Fixture.withPlans(ofEmpty: "report, report_state, report_history") { pool in
            let store = Open311Store(pool: pool)
            let day = Open311Span(
                from: Timestamp.now.adding(seconds: -86_400), to: Timestamp.now.adding(seconds: 600))
            func read() async throws -> Int64 {
                _ = try await pool.query("SELECT pg_stat_force_next_flush()")
                return try await pool.query(
                    """
                    SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint
                    FROM pg_stat_user_tables WHERE relname IN ('report', 'report_state', 'report_history')
                    """
                ).one().decode(Int64.self, at: 0)
            }
            func look() async throws {
                _ = try await store.requests(
                    Open311Filter(span: day), for: everybody, in: TestCity.code, limit: 10, offset: 0)
                _ = try await store.requests(["KPG-00000000000"], for: sender, in: TestCity.code)
                _ = try await store.history(day, for: everybody, in: TestCity.code, limit: 10, offset: 0)
            }
            for _ in 0..<3 { try await look() }
            for _ in 0..<4 {
                let batch = try (0..<500).map { _ in try TestCity.report(category: "sampah", at: .now) }
                _ = try await AdmissionStore(pool: pool).admit(batch, in: TestCity.code)
            }
            #expect(try await Fixture.current.routeAll() == 2_000)
            let before = try await read()
            try await look()
            // A history line's report and state for each of those of the day, since updates are put into their order.
            let rows = try await read() - before
            #expect(rows < 2_000 * 6, "\(rows) rows")
        }
    }
}
