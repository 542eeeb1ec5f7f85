internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

/// Which reports anyone may read in a list, and in what order.
@Suite(.serialized, .freshDatabase(.city))
struct PublicReportStoreTests {
    let fixture = Fixture.current
    /// A minute after the reports came.
    private let now = Timestamp(seconds: 1_764_000_060)

    private func admit(_ category: String) async throws -> UUID {
        let report = try TestCity.report(category: category)
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        return report.id
    }

    private func list(
        _ filter: PublicReportFilter = PublicReportFilter(), sensitive: [CategoryCode] = ["orang_hilang"],
        limit: Int = 10
    ) async throws -> [UUID] {
        try await fixture.asRole("sasando_intake") { pool in
            try await PublicReportStore(pool: pool).page(
                filter, in: TestCity.code, sensitive: sensitive, at: now, limit: limit)
        }.map(\.report.id)
    }

    private func set(_ id: UUID, _ change: SQL) async throws {
        _ = try await fixture.pool.query("UPDATE report_state SET \(change) WHERE report_id = \(id)")
    }

    @Test func `the latest first, page by page, those that wait for routing among them`() async throws {
        var ids: [UUID] = []
        for _ in 1...5 { ids.append(try await admit("sampah")) }
        _ = try await fixture.routeAll()
        ids.append(try await admit("sampah"))
        let latestFirst = Array(ids.sorted { $0.text > $1.text })
        #expect(try await list() == latestFirst)
        #expect(try await list(limit: 2) == Array(latestFirst[..<2]))
        #expect(try await list(PublicReportFilter(after: latestFirst[1]), limit: 2) == Array(latestFirst[2..<4]))
        #expect(try await list(PublicReportFilter(progress: .statuses([.received]))) == [ids[5]])
        #expect(try await list(PublicReportFilter(progress: .open)).count == 5)
    }

    @Test func `private and sensitive reports are in no list, whatever triage made of them`() async throws {
        let (shown, secret, missing, found) = (
            try await admit("sampah"), try await admit("sampah"), try await admit("orang_hilang"),
            try await admit("sampah")
        )
        _ = try await fixture.routeAll()
        _ = try await fixture.pool.query("UPDATE report SET visibility = 'private' WHERE id = \(secret)")
        try await set(found, "category = 'orang_hilang'")
        for progress in [nil, .open, .statuses(ReportStatus.allCases)] as [PublicReportFilter.Progress?] {
            let ids = try await list(PublicReportFilter(progress: progress))
            #expect(ids == [shown], "\(String(describing: progress)): \(ids) with \(missing)")
        }
    }

    @Test func `what was withdrawn or is abuse is never listed, what was turned down only when asked for`() async throws
    {
        var ids: [UUID] = []
        for _ in 1...4 { ids.append(try await admit("sampah")) }
        _ = try await fixture.routeAll()
        try await set(ids[0], "status = 'withdrawn', next_due_at = NULL")
        try await set(ids[1], "status = 'rejected', next_due_at = NULL")
        try await set(ids[2], "status = 'rejected', next_due_at = NULL")
        _ = try await fixture.pool.query(
            """
            INSERT INTO report_history (jurisdiction, report_id, version, at, type, status, agency, reason)
            VALUES (\(TestCity.code), \(ids[2]), 2, now(), 'rejected', 'rejected', 'dlhk', 'abuse')
            """)
        #expect(try await list() == [ids[3]])
        // All came in one millisecond, so their order is anyone's.
        let asked = try await list(PublicReportFilter(progress: .statuses(ReportStatus.allCases)))
        #expect(Set(asked) == [ids[3], ids[1]] && asked.count == 2)
    }

    @Test func `by category, area and a part of the map`() async throws {
        let (rubbish, parking) = (try await admit("sampah"), try await admit("parkir_liar"))
        _ = try await fixture.routeAll()
        #expect(try await list(PublicReportFilter(category: "parkir_liar")) == [parking])
        _ = try await fixture.pool.query("UPDATE report SET lat = -10.5, lon = 123.9, area = 'x' WHERE id = \(rubbish)")
        let box = BoundingBox(west: 123.8, south: -10.6, east: 124, north: -10.4)
        for progress in [nil, .open] as [PublicReportFilter.Progress?] {
            #expect(try await list(PublicReportFilter(box: box, progress: progress)) == [rubbish])
            #expect(try await list(PublicReportFilter(area: "x", progress: progress)) == [rubbish])
        }
    }

    @Test func `what was done long ago is not listed, what is still open is`() async throws {
        let id = try await admit("sampah")
        _ = try await fixture.routeAll()
        let later = now.adding(seconds: (PublicReportStore.finishedDays + 1) * 86_400)
        for (progress, count) in [(nil, 0), (.open, 1)] as [(PublicReportFilter.Progress?, Int)] {
            let found = try await PublicReportStore(pool: fixture.pool).page(
                PublicReportFilter(progress: progress), in: TestCity.code, sensitive: [], at: later, limit: 5)
            #expect(found.count == count, "\(id)")
        }
    }
}
