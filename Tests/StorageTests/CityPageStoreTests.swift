internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

/// Announcements: made and ended by analytics' login, read by intake's.
@Suite(.serialized, .freshDatabase(.city))
struct AnnouncementStoreTests {
    let fixture = Fixture.current
    private let now = Timestamp(seconds: 1_764_000_000)

    private func announcement(_ text: String = "Lampu padam", from: Int = 0, until: Int = 3_600) -> Announcement {
        Announcement(
            id: UUID(), category: "iklan_liar", areas: ["53.71.04.1008"], from: now.adding(seconds: from),
            until: now.adding(seconds: until), indonesian: text, english: nil)
    }

    private func make(_ new: Announcement) async throws -> AnnouncementStore.Outcome {
        try await fixture.asRole("sasando_analytics") { pool in
            try await AnnouncementStore(pool: pool).make(new, in: TestCity.code, by: "operator-1", at: now)
        }
    }

    private func shown(at seconds: Int = 0) async throws -> [String] {
        try await fixture.asRole("sasando_intake") { pool in
            try await AnnouncementStore(pool: pool).shown(in: TestCity.code, at: now.adding(seconds: seconds))
        }.map(\.indonesian)
    }

    @Test func `it is shown from its beginning to its end, with who made and who ended it`() async throws {
        let (long, planned) = (announcement(), announcement("Nanti", from: 60, until: 120))
        #expect(try await make(long) == .done)
        #expect(try await make(planned) == .done)
        #expect(try await shown() == ["Lampu padam"])
        #expect(try await shown(at: 90) == ["Nanti", "Lampu padam"])
        #expect(try await shown(at: 3_600) == [])
        let (first, second) = try await fixture.asRole("sasando_analytics") { pool in
            let store = AnnouncementStore(pool: pool)
            let first = try await store.end(long.id, in: TestCity.code, by: "operator-2", at: now.adding(seconds: 10))
            return (first, try await store.end(long.id, in: TestCity.code, by: "operator-3", at: now))
        }
        #expect(first && !second)
        #expect(try await shown(at: 90) == ["Nanti"])
        let all = try await AnnouncementStore(pool: fixture.pool).all(in: TestCity.code)
        #expect(all.map(\.announcement.indonesian) == ["Lampu padam", "Nanti"])
        #expect(all.map(\.madeBy) == ["operator-1", "operator-1"] && all.map(\.endedBy) == ["operator-2", nil])
        #expect(all[0].announcement.areas == ["53.71.04.1008"] && all[0].announcement.category == "iklan_liar")
    }

    @Test func `one that is sent twice is made once, and another under its id is refused`() async throws {
        var new = announcement()
        #expect(try await make(new) == .done)
        #expect(try await make(new) == .repeated)
        new.indonesian = "Lain"
        #expect(try await make(new) == .keyReused)
        #expect(try await shown() == ["Lampu padam"])
    }

    @Test func `no more are shown or planned than may be at once`() async throws {
        for n in 1...Announcement.mostAtOnce { #expect(try await make(announcement("Nomor \(n)")) == .done) }
        #expect(try await make(announcement("Terlalu banyak")) == .full)
        #expect(try await shown().count == Announcement.mostAtOnce)
    }
}

/// What may be the same as a report that is about to be sent.
@Suite(.serialized, .freshDatabase(.city))
struct NearbyReportStoreTests {
    let fixture = Fixture.current
    private let now = Timestamp(seconds: 1_764_000_060)
    private let here = Coordinate(lat: -10.1481, lon: 123.6529)

    private func admit(_ category: String = "sampah") async throws -> UUID {
        let report = try TestCity.report(category: category)
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        _ = try await fixture.routeAll()
        return report.id
    }

    private func move(_ id: UUID, _ change: SQL) async throws {
        _ = try await fixture.pool.query("UPDATE report SET \(change) WHERE id = \(id)")
    }

    private func find(
        _ category: CategoryCode = "sampah", at place: NearbyReportStore.Place? = nil, now: Timestamp? = nil
    ) async throws -> [(id: UUID, metres: Double?)] {
        try await fixture.asRole("sasando_intake") { pool in
            try await NearbyReportStore(pool: pool).reports(
                of: category, subtype: nil, at: place ?? .point(here), in: TestCity.code, sensitive: ["orang_hilang"],
                now: now ?? self.now, limit: 3
            ).map { (id: $0.report.report.id, metres: $0.metres) }
        }
    }

    @Test func `the nearest first, within 150 m, of the same kind`() async throws {
        let (far, near, beyond, other) = (
            try await admit(), try await admit(), try await admit(), try await admit("parkir_liar")
        )
        try await move(far, "lat = -10.1481 + 0.0012")
        try await move(near, "lat = -10.1481 + 0.0003")
        try await move(beyond, "lat = -10.1481 + 0.0014")
        let found = try await find()
        #expect(found.map(\.id) == [near, far], "\(other)")
        #expect(found.map { Int($0.metres ?? 0) } == [33, 133])
        // 150 m to the east are more degrees than to the north.
        try await move(near, "lat = -10.1481, lon = 123.6529 + 0.00136")
        #expect(try await find().map(\.id).contains(near))
    }

    @Test func `never one that is private, sensitive, finished, old, or without a point of its own`() async throws {
        var ids: [UUID] = []
        for _ in 1...5 { ids.append(try await admit()) }
        try await move(ids[0], "visibility = 'private'")
        _ = try await fixture.pool.query(
            "UPDATE report_state SET next_due_at = NULL, status = 'rejected' WHERE report_id = \(ids[1])")
        try await move(ids[2], "location_source = 'area'")
        _ = try await fixture.pool.query(
            "UPDATE report_state SET category = 'orang_hilang' WHERE report_id = \(ids[3])")
        #expect(try await find().map(\.id) == [ids[4]])
        #expect(try await find("orang_hilang").isEmpty)
        _ = try await admit("orang_hilang")
        #expect(try await find("orang_hilang").isEmpty)
        let later = now.adding(seconds: (NearbyReportStore.days + 1) * 86_400)
        #expect(try await find(now: later).isEmpty)
    }

    @Test func `without a point, the latest of the same kelurahan`() async throws {
        let (here, there) = (try await admit(), try await admit())
        try await move(here, "area = '53.71.04.1008', location_source = 'area'")
        try await move(there, "area = '53.71.03.1011'")
        let found = try await find(at: .area("53.71.04.1008"))
        #expect(found.map(\.id) == [here] && found[0].metres == nil)
    }
}

/// What is published of sensitive categories.
@Suite(.serialized, .freshDatabase(.city))
struct PerformanceStoreTests {
    let fixture = Fixture.current
    private let month = CivilMonth(year: 2026, month: 10)
    private let districts: [AreaCode: String] = ["53.71.03.1010": "53.71.03", "53.71.04.1008": "53.71.04"]

    private func count(_ n: Int64, _ area: String, _ day: String = "2026-10-15") async throws {
        _ = try await fixture.pool.query(
            """
            INSERT INTO rollup_state (jurisdiction, day, agency, category, area, status, n)
            VALUES (\(TestCity.code), \(day)::text::date, 'dishub', 'orang_hilang', \(area), 'assigned', \(n))
            ON CONFLICT (jurisdiction, day, agency, category, area, status) DO UPDATE SET n = excluded.n
            """)
    }

    private func publish() async throws -> [String: PublicCount] {
        try await fixture.asRole("sasando_analytics") { pool in
            let store = PerformanceStore(pool: pool)
            try await store.publish(month, in: TestCity.code, districts: districts, of: ["orang_hilang"])
            let all = try await store.published(in: TestCity.code, from: month.adding(-3), to: month.adding(3))
            return Dictionary(uniqueKeysWithValues: all.map { ($0.district, $0.count) })
        }
    }

    @Test func `from 1 to 4 no number is kept, and what is published never changes`() async throws {
        try await count(4, "53.71.03.1010")
        try await count(5, "53.71.04.1008")
        // Outside the month, and of no known kelurahan.
        try await count(9, "53.71.03.1010", "2026-09-30")
        try await count(9, "53.71.03.1010", "2026-11-01")
        try await count(1, "")
        let first = try await publish()
        #expect(first == ["53.71.03": .few, "53.71.04": .exactly(5), "": .few])
        let kept = try await fixture.pool.query("SELECT district, n FROM published_count WHERE n BETWEEN 1 AND 4")
        #expect(kept.isEmpty)
        // One that is sorted otherwise afterwards would tell that 4 are left.
        try await count(4, "53.71.04.1008")
        try await count(50, "53.71.03.1010")
        #expect(try await publish() == first)
    }

    @Test func `a month of none is published as such`() async throws {
        #expect(try await publish() == ["53.71.03": .exactly(0), "53.71.04": .exactly(0), "": .exactly(0)])
    }

    @Test func `a number from 1 to 4 cannot be stored`() async throws {
        await #expect(throws: PostgresError.self) {
            _ = try await fixture.pool.query(
                """
                INSERT INTO published_count (jurisdiction, month, category, district, n)
                VALUES (\(TestCity.code), '2026-10-01', 'orang_hilang', 'x', 3)
                """)
        }
    }

    @Test func `sums are of the categories that are asked for, lately and in all`() async throws {
        var delta = RollupDelta()
        func add(_ day: CivilMonth, _ category: String, _ n: Int64) {
            let key = RollupDelta.StateKey(
                day: Int32(day.firstDay), agency: "dlhk", category: category, area: "", status: "assigned")
            delta.states[key] = n
            let time = RollupDelta.TimeKey(
                day: Int32(day.firstDay), agency: "dlhk", category: category, area: "", bucket: 7)
            delta.times[time] = (n, n - 1)
        }
        add(month, "sampah", 7)
        add(month.adding(-1), "sampah", 5)
        add(month, "orang_hilang", 100)
        add(month, "", 100)
        let rows = try await fixture.asRole("sasando_analytics") { [delta] pool in
            let applied = try await AnalyticsStore(pool: pool).apply(
                delta, of: "dlhk", in: TestCity.code, epoch: 1, from: 0, to: 1)
            #expect(applied)
            return try await PerformanceStore(pool: pool).rows(
                in: TestCity.code, from: Int32(month.adding(-1).firstDay), lately: Int32(month.firstDay),
                to: Int32(month.adding(1).firstDay), of: ["sampah", "parkir_liar"])
        }
        #expect(rows.received.map(\.category) == ["sampah"])
        #expect(rows.received.map { [$0.lately, $0.all] } == [[7, 12]])
        #expect(rows.speeds.map { [$0.lately, $0.latelyOnTime, $0.all, $0.allOnTime] } == [[7, 6, 12, 10]])
        #expect(
            rows.flows.map { [Int64($0.day), $0.received, $0.resolved] } == [
                [Int64(month.adding(-1).firstDay), 5, 5], [Int64(month.firstDay), 7, 7],
            ])
    }
}

/// Answers to what the city asks, on their way to an agency.
@Suite(.serialized, .freshDatabase(.city))
struct AnswerTests {
    @Test func `answers reach the agency's event and its login; what else was sent stays with intake`() async throws {
        let fixture = Fixture.current
        var report = try TestCity.report()
        report.report.attributes = .object(["pemilik": .string("Ibu Lena"), "jumlah": .int(3)])
        report.report.answers = .object(["jumlah": .int(3)])
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        let routed = try await fixture.asRole("sasando_routing") { try await fixture.routeAll(with: $0) }
        #expect(routed == 1)
        let body = try await fixture.pool.query("SELECT body FROM stream_event").one().decode(String.self, at: 0)
        #expect(body.contains(#""attributes":{"jumlah":3}"#) && !body.contains("Ibu Lena"), "\(body)")
        try await fixture.asRole("sasando_kupang_dlhk") { pool in
            let answers = try await pool.query("SELECT answers FROM report").one().decode(String?.self, at: 0)
            #expect(answers == #"{"jumlah":3}"#)
        }
    }
}
