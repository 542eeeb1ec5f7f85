internal import Domain
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import Testing

/// Services' statements are planned once, and that may be while the store is nearly empty.
@Suite(.serialized) struct PlanTests {
    /// Rows read so far, of the tables that grow.
    private func rowsRead() async throws -> Int64 {
        let pool = Fixture.current.pool
        _ = try await pool.query("SELECT pg_stat_force_next_flush()")
        return try await pool.query(
            """
            SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables
            WHERE relname IN ('report', 'inbox', 'report_state', 'report_history', 'deadline', 'stream_event')
            """
        ).one().decode(Int64.self, at: 0)
    }

    /// Reports on their way through the store, to the reader of their stream.
    private func send(_ count: Int) async throws {
        let fixture = Fixture.current
        let batch = try (0..<count).map { _ in try TestCity.report(category: "sampah") }
        let admission = AdmissionStore(pool: fixture.pool)
        _ = try await admission.admit(batch, in: TestCity.code)
        _ = try await admission.oldestInboxAge()
        #expect(try await fixture.routeAll() == count)
        let stream = StreamReader(jurisdiction: TestCity.code, stream: "dlhk", pool: fixture.pool)
        let head = try await stream.extent()?.head ?? 0
        #expect(try await stream.page(after: head - 1, limit: 500)?.events.count == 1)
    }

    @Test func `looking for what is nearby reads the open reports of its kind, however many others there are`()
        async throws
    {
        try await Fixture.withPlans(ofEmpty: "report, report_state") { pool in
            let store = NearbyReportStore(pool: pool)
            func look(_ category: CategoryCode) async throws -> Int {
                try await store.reports(
                    of: category, subtype: nil, at: .point(Coordinate(lat: -10.1481, lon: 123.6529)),
                    in: TestCity.code, sensitive: [], now: Timestamp(seconds: 1_764_000_060), limit: 3
                ).count
            }
            _ = try await look("parkir_liar")
            _ = try await PublicReportStore(pool: pool).page(
                PublicReportFilter(category: "iklan_liar", progress: .open), in: TestCity.code, sensitive: [],
                at: Timestamp(seconds: 1_764_000_060), limit: 20)
            for category in ["sampah", "sampah", "parkir_liar"] {
                let count = category == "sampah" ? 500 : 5
                let batch = try (0..<count).map { _ in try TestCity.report(category: category) }
                _ = try await AdmissionStore(pool: pool).admit(batch, in: TestCity.code)
            }
            #expect(try await Fixture.current.routeAll() == 1_005)
            let before = try await rowsRead()
            #expect(try await look("parkir_liar") == 3)
            // Each open report's state once, by the index of what is open; of reports, those five alone.
            let read = try await rowsRead() - before
            #expect(read < 1_005 + 50)
            // The public list looks each of them up once, and no further.
            let list = PublicReportStore(pool: pool)
            let listed = try await rowsRead()
            _ = try await list.page(
                PublicReportFilter(category: "iklan_liar", progress: .open), in: TestCity.code, sensitive: [],
                at: Timestamp(seconds: 1_764_000_060), limit: 20)
            let looked = try await rowsRead() - listed
            #expect(looked < 2 * 1_005 + 50)
        }
    }

    @Test func `a plan made for an empty store reads a few rows a report however many there are`() async throws {
        try await Fixture.withPlans(ofEmpty: "report, inbox, report_state, report_history, deadline, stream_event") {
            pool in
            for _ in 0..<3 { try await send(1) }
            for _ in 0..<8 { try await send(500) }
            let before = try await rowsRead()
            for _ in 0..<10 { try await send(1) }
            #expect(try await rowsRead() - before < 10 * 40)
        }
    }

    @Test func `what is new for a channel is copied without reading what was, however much that is`() async throws {
        try await Fixture.withPlans(ofEmpty: "stream, stream_event, channel_cursor") { pool in
            _ = try await KeyStore(pool: pool).ensure(
                KeyHolder(keyID: "uji", kind: .integrator, channel: ChannelStreamStoreTests.channel),
                tokenHash: [UInt8](repeating: 1, count: 32), expiresAt: nil, in: TestCity.code)
            let store = ChannelStreamStore(jurisdiction: TestCity.code, pool: pool)
            #expect(try await store.open(ChannelStreamStoreTests.channel))
            func copy() async throws {
                let batch = try await store.batch(for: ChannelStreamStoreTests.channel)
                try await ChannelStreamStoreTests.copy(store, batch)
            }
            for _ in 0..<3 {
                try await send(1)
                try await copy()
            }
            for _ in 0..<8 {
                try await send(500)
                try await copy()
            }
            let before = try await rowsRead()
            for _ in 0..<10 {
                try await send(1)
                try await copy()
            }
            #expect(try await rowsRead() - before < 10 * 50)
        }
    }

    @Test func `a channel's report is looked up by its external id alone, however many others there are`() async throws
    {
        try await Fixture.withPlans(ofEmpty: "report, test_report, reporter_receipt") { pool in
            let (reports, tests) = (ReportStore(pool: pool), TestReportStore(pool: pool))
            let key = CommandKey(text: "K", requestHash: [1])
            func look(_ name: String) async throws -> Int {
                let found = [
                    try await reports.id(externalID: name, from: "uji", in: TestCity.code),
                    try await reports.id(externalID: name, from: "uji", in: TestCity.code, settledBy: key),
                    try await tests.report(externalID: name, from: "uji", in: TestCity.code)?.id,
                ]
                return found.count { $0 != nil }
            }
            for _ in 0..<3 { #expect(try await look("no-1") == 0) }
            for start in stride(from: 0, to: 2_000, by: 500) {
                var batch = try (0..<500).map { _ in try TestCity.report() }
                for n in batch.indices { batch[n].report.externalID = "no-\(start + n)" }
                _ = try await AdmissionStore(pool: pool).admit(batch, in: TestCity.code)
                if start == 0 { for new in batch { _ = try await tests.admit(new, in: TestCity.code) } }
            }
            func read() async throws -> Int64 {
                _ = try await pool.query("SELECT pg_stat_force_next_flush()")
                return try await pool.query(
                    """
                    SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint
                    FROM pg_stat_user_tables WHERE relname IN ('report', 'test_report', 'reporter_receipt')
                    """
                ).one().decode(Int64.self, at: 0)
            }
            let before = try await read()
            for n in 0..<10 { #expect(try await look("no-\(n)") == 3) }
            let rows = try await read() - before
            #expect(rows <= 10 * 4, "\(rows) rows")
        }
    }
}
