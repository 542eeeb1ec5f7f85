internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

/// Whose photos there are: each upload is its uploader's, and used once.
@Suite(.serialized, .freshDatabase(.city))
struct MediaStoreTests {
    let fixture = Fixture.current

    private var media: MediaStore { MediaStore(pool: fixture.pool) }

    private static func photo(_ number: UInt8) -> StoredPhoto {
        StoredPhoto(
            web: [UInt8](repeating: number, count: 32), thumb: [UInt8](repeating: number &+ 128, count: 32), width: 4,
            height: 3)
    }

    private func upload(_ number: UInt8, by uploader: Uploader) async throws -> UUID {
        try await media.add(Self.photo(number), by: uploader, in: TestCity.code)
    }

    private func routedReport(bringing uploads: Uploads? = nil) async throws -> UUID {
        var report = try TestCity.report(category: "sampah")
        report.uploads = uploads
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        _ = try await fixture.routeAll()
        return report.id
    }

    private static func comment(
        on id: UUID, bringing uploads: Uploads?, by agency: AgencyCode? = nil, key: String? = nil,
        with pool: PostgresPool
    ) async throws -> CommandResult {
        let events = EventMaker(TestCity.loaded)
        return try await CommandStore(pool: pool).perform(
            on: id, by: agency, in: TestCity.code, key: key.map { CommandKey(text: $0, requestHash: [1]) },
            bringing: uploads
        ) { work, now throws(Refusal) in
            var request = CommandRequest(.comment, note: "lihat")
            request.photos = work.newPhotos
            let outcome = try StatusMachine.decide(
                state: work.state, command: request, by: agency.map(Actor.agency) ?? .reporter, at: now,
                city: TestCity.city)
            return (events.file(outcome, before: work.state, report: work.report), "v\(outcome.state.version)")
        }
    }

    private func count(_ table: SQL) async throws -> Int64 {
        try await fixture.pool.query("SELECT count(*) FROM \(table)").one().decode(Int64.self, at: 0)
    }

    // MARK: With the report

    @Test func `a report is stored with its photos, and its event names them in their order`() async throws {
        let ids = [try await upload(1, by: .channel("uji")), try await upload(2, by: .channel("uji"))]
        let id = try await routedReport(bringing: Uploads(ids, by: .channel("uji"), isPublic: true))
        let rows = try await fixture.pool.query("SELECT n, version, is_public, web FROM report_media ORDER BY n")
        #expect(try rows.map { try $0.decode(Int16.self, at: 0) } == [1, 2])
        #expect(try rows.map { try $0.decode([UInt8].self, at: 3) } == [Self.photo(1).web, Self.photo(2).web])
        #expect(try await count("media_upload") == 0)
        let body = try await fixture.pool.query("SELECT body FROM stream_event").one().decode(String.self, at: 0)
        #expect(
            body.contains(
                #""media":[{"url":"/media/\#(id.text)/1/web","content_type":"image/jpeg"},"#
                    + #"{"url":"/media/\#(id.text)/2/web""#
            ), "\(body)")
        let found = try #require(try await ReportStore(pool: fixture.pool).report(id: id, in: TestCity.code))
        #expect(found.report.photos == [1, 2] && found.history.allSatisfy { $0.photos.isEmpty })
    }

    @Test func `a report is stored with all of its photos or not at all, and those beside it are stored`() async throws
    {
        let own = try await upload(1, by: .channel("uji"))
        let others = try await upload(2, by: .channel("lain"))
        var (bad, good) = (try TestCity.report(), try TestCity.report())
        bad.uploads = Uploads([own, others], by: .channel("uji"), isPublic: true)
        let store = AdmissionStore(pool: fixture.pool)
        let error = await #expect(throws: PostgresError.self) {
            _ = try await store.admit([bad], in: TestCity.code)
        }
        #expect(error?.sqlState?.isDataError == true && error?.constraint == AdmissionStore.uploadConstraint)
        #expect(try await count("report") == 0)
        #expect(try await count("media_upload") == 2)
        good.uploads = Uploads([own], by: .channel("uji"), isPublic: true)
        guard case .stored = try await store.admit([good], in: TestCity.code)[0],
            case .repeated = try await store.admit([good], in: TestCity.code)[0]
        else { return #expect(Bool(false), "not stored, or not repeated") }
        #expect(try await count("report_media") == 1)
    }

    @Test func `of reports that bring the same upload at once one is stored`() async throws {
        let id = try await upload(1, by: .channel("uji"))
        let store = AdmissionStore(pool: fixture.pool)
        let reports = try (0..<6).map { _ in
            var report = try TestCity.report()
            report.uploads = Uploads([id], by: .channel("uji"), isPublic: true)
            return report
        }
        let stored = await withTaskGroup(of: Bool.self) { group in
            for report in reports {
                group.addTask { (try? await store.admit([report], in: TestCity.code)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(stored == 1)
        #expect(try await count("report") == 1)
        #expect(try await count("report_media") == 1)
    }

    // MARK: With a command

    @Test func `a command brings its uploader's photos, once, and tells of them`() async throws {
        let id = try await routedReport()
        let upload = try await upload(3, by: .report(id))
        let uploads = Uploads([upload], by: .report(id), isPublic: false)
        try await fixture.asRole("sasando_intake") { pool in
            guard case .done = try await Self.comment(on: id, bringing: uploads, key: "K", with: pool),
                case .repeated = try await Self.comment(on: id, bringing: uploads, key: "K", with: pool),
                case .refused(.unknownMedia) = try await Self.comment(on: id, bringing: uploads, with: pool)
            else { return #expect(Bool(false), "not so") }
        }
        let found = try #require(try await ReportStore(pool: fixture.pool).report(id: id, in: TestCity.code))
        #expect(found.history.map(\.photos) == [[], [1]] && found.history.map(\.publicPhotos) == [[], []])
        #expect(found.report.photos == [])
        let body = try await fixture.pool.query("SELECT body FROM stream_event ORDER BY seq DESC LIMIT 1").one()
            .decode(String.self, at: 0)
        #expect(body.contains(#""media":[{"url":"/media/\#(id.text)/1/web","content_type":"image/jpeg"}]"#), "\(body)")
    }

    @Test func `nobody uses what somebody else uploaded, and a refused command changes nothing`() async throws {
        let (one, two) = (try await routedReport(), try await routedReport())
        let (ofTwo, ofAgency) = (try await upload(1, by: .report(two)), try await upload(2, by: .agency("dlhk")))
        let own = try await upload(3, by: .report(one))
        try await fixture.asRole("sasando_intake") { pool in
            for ids in [[ofTwo], [ofAgency], [own, ofTwo], [UUID()]] {
                let uploads = Uploads(ids, by: .report(one), isPublic: true)
                guard case .refused(.unknownMedia) = try await Self.comment(on: one, bringing: uploads, with: pool)
                else {
                    return #expect(Bool(false), "\(ids) were given")
                }
            }
            // Not in an agency's name either.
            let error = await #expect(throws: PostgresError.self) {
                _ = try await Self.comment(
                    on: one, bringing: Uploads([ofAgency], by: .agency("dlhk"), isPublic: true), with: pool)
            }
            #expect(error?.sqlState == .insufficientPrivilege)
        }
        #expect(try await count("media_upload") == 3)
        #expect(try await count("report_media") == 0)
        #expect(try await count("report_history") == 2)
    }

    @Test func `an agency's login gives its own uploads to its own reports`() async throws {
        let fixture = self.fixture
        let own = try await routedReport()
        let ids = try await fixture.asRole("sasando_kupang_dlhk") { pool in
            let media = MediaStore(pool: pool)
            return [
                try await media.add(Self.photo(1), by: .agency("dlhk"), in: TestCity.code),
                try await media.add(Self.photo(2), by: .agency("dlhk"), in: TestCity.code),
            ]
        }
        try await fixture.asRole("sasando_kupang_dlhk") { pool in
            let uploads = Uploads([ids[0]], by: .agency("dlhk"), isPublic: true)
            guard case .done = try await Self.comment(on: own, bringing: uploads, by: "dlhk", with: pool) else {
                return #expect(Bool(false), "not done")
            }
            #expect(try await pool.query("SELECT n FROM report_media").count == 1)
        }
        try await fixture.asRole("sasando_kupang_dishub") { pool in
            let seen = try await pool.query("SELECT n FROM report_media")
            #expect(seen.isEmpty)
            let error = await #expect(throws: PostgresError.self) {
                _ = try await pool.query(
                    "SELECT claim_media('kupang', \(own), 'agency:dlhk', \([ids[1]]), 3, true)")
            }
            #expect(error?.sqlState == .insufficientPrivilege)
        }
        let photo = try #require(try await media.photo(1, of: own, in: TestCity.code))
        #expect(photo.agency == "dlhk" && photo.isPublic)
    }

    @Test func `the same photo sent again is no second one, and a report has twenty at most`() async throws {
        let id = try await routedReport()
        for number in [UInt8(1), 1, 2, 1] {
            let upload = try await upload(number, by: .report(id))
            guard
                case .done = try await Self.comment(
                    on: id, bringing: Uploads([upload], by: .report(id), isPublic: true), with: fixture.pool)
            else { return #expect(Bool(false), "not done") }
        }
        #expect(try await count("report_media") == 2)
        var ids: [UUID] = []
        for number in 3..<22 { ids.append(try await upload(UInt8(number), by: .report(id))) }
        let tooMany = Uploads(ids, by: .report(id), isPublic: true)
        guard case .refused(.tooManyMedia) = try await Self.comment(on: id, bringing: tooMany, with: fixture.pool)
        else {
            return #expect(Bool(false), "not refused")
        }
        let enough = Uploads(Array(ids.dropLast()), by: .report(id), isPublic: true)
        guard case .done = try await Self.comment(on: id, bringing: enough, with: fixture.pool) else {
            return #expect(Bool(false), "not done")
        }
        #expect(try await count("report_media") == 20)
    }

    // MARK: What is seen, and what goes

    @Test func `a photo is found by its number, and there are no others`() async throws {
        let upload = try await upload(1, by: .channel("uji"))
        let id = try await routedReport(bringing: Uploads([upload], by: .channel("uji"), isPublic: true))
        #expect(try await media.photo(1, of: id, in: TestCity.code) != nil)
        #expect(try await media.photo(2, of: id, in: TestCity.code) == nil)
        #expect(try await media.photo(70_000, of: id, in: TestCity.code) == nil)
        #expect(try await ReportStore(pool: fixture.pool).report(id: id, in: TestCity.code)?.report.photos == [1])
    }

    @Test func `what goes with its report, or waited too long, is told to who keeps the bytes`() async throws {
        let (first, second) = (try await upload(1, by: .channel("uji")), try await upload(1, by: .channel("uji")))
        let id = try await routedReport(bringing: Uploads([first], by: .channel("uji"), isPublic: true))
        #expect(try await media.removed(limit: 9, in: TestCity.code) == [])
        try await fixture.asRole("sasando_intake") { pool in
            _ = try await pool.query(MediaStore.erasure(of: [id], in: TestCity.code))
        }
        let (web, thumb) = (Self.photo(1).web, Self.photo(1).thumb)
        let removed = try await media.removed(limit: 9, in: TestCity.code)
        #expect(Set(removed) == [web, thumb])
        // Somebody else sent the same photo, which waits still.
        #expect(try await media.nobodys(removed, in: TestCity.code) == [])
        #expect(try await media.dropUploads(olderThan: 3_600, limit: 9, in: TestCity.code) == 0)
        _ = try await fixture.pool.query(
            "UPDATE media_upload SET made_at = now() - interval '2 h' WHERE id = \(second)")
        try await fixture.asRole("sasando_intake") { pool in
            let media = MediaStore(pool: pool)
            #expect(try await media.dropUploads(olderThan: 3_600, limit: 9, in: TestCity.code) == 1)
            #expect(Set(try await media.nobodys(removed, in: TestCity.code)) == [web, thumb])
            try await media.settle([web], in: TestCity.code)
        }
        #expect(try await media.removed(limit: 9, in: TestCity.code) == [thumb])
    }
}
