internal import Domain
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

@Suite(.serialized, .freshDatabase(.city))
struct SampleStoreTests {
    let fixture = Fixture.current

    private func number(_ sql: SQL) async throws -> Int64 {
        try await fixture.pool.query(sql).one().decode(Int64.self, at: 0)
    }

    @Test func `samples go, and the streams stay gapless`() async throws {
        let samples = try (0..<250).map { _ in try TestCity.report(channel: SampleStore.channel) }
        _ = try await AdmissionStore(pool: fixture.pool).admit(samples, in: TestCity.code)
        let real = try TestCity.report(category: "parkir_liar")
        _ = try await AdmissionStore(pool: fixture.pool).admit([real], in: TestCity.code)
        _ = try await fixture.routeAll()
        let store = SampleStore(pool: fixture.pool)
        #expect(try await store.remove(in: TestCity.code).removed == 250)
        #expect(try await store.remove(in: TestCity.code).removed == 0)
        #expect(try await number("SELECT count(*) FROM report") == 1)
        #expect(try await number("SELECT count(*) FROM report_state") == 1)
        #expect(try await number("SELECT count(*) FROM deadline") == 2)
        // 250 assigned and 250 redacted, numbered without a gap.
        #expect(try await number("SELECT head FROM stream WHERE code = 'dlhk'") == 500)
        #expect(try await number("SELECT count(*) FROM stream_event WHERE stream = 'dlhk' AND uncounted") == 500)
        #expect(try await number("SELECT count(*) FROM stream_event WHERE NOT uncounted") == 1)
        let left = try await number("SELECT count(*) FROM stream_event WHERE body LIKE '%menumpuk%'")
        #expect(left == 1, "only the real report's words are left")
        let page = try await StreamReader(jurisdiction: TestCity.code, stream: "dlhk", pool: fixture.pool)
            .page(after: 0, limit: 1000)
        #expect(page?.events.map(\.cursor.seq) == Array(1...500))
        #expect(page?.events.last?.type == "redacted")
    }

    @Test func `nothing is counted anew where a stream's beginning is gone, and trimming waits`() async throws {
        _ = try await AdmissionStore(pool: fixture.pool).admit(
            try (0..<5).map { _ in try TestCity.report() }, in: TestCity.code)
        _ = try await fixture.routeAll()
        let streams = StreamAdminStore(pool: fixture.pool)
        #expect(try await streams.trim("dlhk", in: TestCity.code, keepFrom: 4) == 0, "nothing is counted yet")
        _ = try await fixture.pool.query("UPDATE analytics_cursor SET seq = 3 WHERE stream = 'dlhk'")
        #expect(try await streams.trim("dlhk", in: TestCity.code, keepFrom: 6) == 3)
        #expect(try await number("SELECT first_seq FROM stream WHERE code = 'dlhk'") == 4)
        #expect(try await AnalyticsStore(pool: fixture.pool).reset(TestCity.code) == ["dlhk"])
        #expect(try await number("SELECT seq FROM analytics_cursor WHERE stream = 'dlhk'") == 3)
    }

    @Test func `old answers to commands are let go, in portions`() async throws {
        _ = try await fixture.pool.query(
            """
            INSERT INTO command_receipt (jurisdiction, agency, key, request_hash, report_id, answer, made_at)
            SELECT 'kupang', 'dlhk', n::text, '', gen_random_uuid(), '', now() - n * interval '1 day'
            FROM generate_series(1, 40) n
            """)
        let removed = try await fixture.asRole("sasando_kupang_dlhk") { pool in
            let store = CommandStore(pool: pool)
            return [
                try await store.forgetReceipts(of: "dlhk", in: TestCity.code, olderThanDays: 30, limit: 6),
                try await store.forgetReceipts(of: "dlhk", in: TestCity.code, olderThanDays: 30, limit: 100),
            ]
        }
        #expect(removed.reduce(0, +) == 10 || removed.reduce(0, +) == 11)
        #expect(removed[0] == 6)
    }
}
