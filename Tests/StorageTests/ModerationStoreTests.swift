internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

/// Flags, hiding and redacting, as intake's own login writes them.
@Suite(.serialized, .freshDatabase(.city))
struct ModerationStoreTests {
    let fixture = Fixture.current

    private func report(_ description: String = "Sampah menumpuk", routed: Bool = true) async throws -> UUID {
        let report = try TestCity.report(description: description)
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        if routed { _ = try await fixture.routeAll() }
        return report.id
    }

    private func perform(
        _ command: ModerationCommand, on id: UUID, reason: String = "nama orang"
    ) async throws -> ModerationResult {
        try await fixture.asRole("sasando_intake") { pool in
            try await ModerationStore(pool: pool).perform(
                ModerationRequest(command, reason: reason, actor: "Ibu Lena"), on: id, by: "operator-1",
                in: TestCity.loaded)
        }
    }

    private func flag(_ id: UUID, by device: UUID = UUID(), _ reason: FlagReason = .insult) async throws -> Bool {
        try await fixture.asRole("sasando_intake") { pool in
            try await FlagStore(pool: pool).flag(id, for: reason, by: device, in: TestCity.code)
        }
    }

    private func listed() async throws -> [UUID] {
        try await PublicReportStore(pool: fixture.pool).page(
            PublicReportFilter(progress: .open), in: TestCity.code, sensitive: ["orang_hilang"],
            at: Timestamp(seconds: 1_764_000_100), limit: 10
        ).map(\.report.id)
    }

    @Test func `a phone counts once for a report, and the most flagged comes first`() async throws {
        let (one, two) = (try await report(), try await report())
        let phone = UUID()
        #expect(try await flag(one, by: phone))
        #expect(try await !flag(one, by: phone, .other))
        for _ in 0..<2 { _ = try await flag(two, .personalData) }
        let found = try await ModerationDesk(pool: fixture.pool).reports(.flagged, in: TestCity.code)
        #expect(found.map(\.tracked.report.id) == [two, one])
        #expect(found.map(\.tracked.moderation.openFlags) == [2, 1])
        #expect(found.map(\.reasons) == [[.personalData: 2], [.insult: 1]])
        #expect(found.map(\.tracked.history.count) == [1, 1])
        let waiting = try await fixture.asRole("sasando_analytics") { pool in
            try await FlagStore(pool: pool).waiting(in: TestCity.code)
        }
        #expect(waiting == 2)
    }

    @Test func `flags of one report are bounded`() async throws {
        let id = try await report()
        try await fixture.asRole("sasando_intake") { pool in
            let store = FlagStore(pool: pool)
            for _ in 0..<FlagStore.openLimit + 20 {
                _ = try await store.flag(id, for: .other, by: UUID(), in: TestCity.code)
            }
        }
        let stored = try await fixture.pool.query("SELECT count(*) FROM report_flag")
        #expect(try stored.one().decode(Int64.self, at: 0) == Int64(FlagStore.openLimit))
    }

    @Test func `what is hidden is in no list until it is shown again, and each change is one line`() async throws {
        let (id, other) = (try await report(), try await report())
        _ = try await flag(id)
        guard case .done(let state, let heads) = try await perform(.hide, on: id), heads.isEmpty else {
            return #expect(Bool(false), "not hidden")
        }
        #expect(state.isHidden && state.openFlags == 0)
        guard case .unchanged = try await perform(.hide, on: id) else { return #expect(Bool(false), "hidden twice") }
        #expect(try await listed() == [other])
        let tracked = try await ReportStore(pool: fixture.pool).report(id: id, in: TestCity.code)
        #expect(tracked?.moderation.isHidden == true)
        let desk = ModerationDesk(pool: fixture.pool)
        #expect(try await desk.reports(.hidden, in: TestCity.code).map(\.tracked.report.id) == [id])
        #expect(try await desk.reports(.flagged, in: TestCity.code).isEmpty)
        guard case .done = try await perform(.unhide, on: id, reason: "keliru") else {
            return #expect(Bool(false), "not shown")
        }
        #expect(try await Set(listed()) == [id, other])
        let lines = try await desk.lines(in: TestCity.code)
        #expect(lines.map(\.action) == [.unhide, .hide] && lines.map(\.reason) == ["keliru", "nama orang"])
        #expect(lines.allSatisfy { $0.keyID == "operator-1" && $0.actor == "Ibu Lena" && $0.report == id })
        #expect(try await desk.lines(in: TestCity.code, before: lines[0].id).map(\.action) == [.hide])
        #expect(try await desk.lines(in: TestCity.code, of: other).isEmpty)
    }

    @Test func `dismissed flags are answered, and the same phone does not raise them again`() async throws {
        let id = try await report()
        let phone = UUID()
        _ = try await flag(id, by: phone)
        guard case .done = try await perform(.dismiss, on: id) else { return #expect(Bool(false), "not dismissed") }
        #expect(try await !flag(id, by: phone))
        #expect(try await flag(id))
        let found = try await ModerationDesk(pool: fixture.pool).reports(.flagged, in: TestCity.code)
        #expect(found.map(\.tracked.moderation.openFlags) == [1] && found.map(\.reasons) == [[.insult: 1]])
    }

    @Test func `what nobody has yet can be hidden, and redacted in a moment`() async throws {
        let id = try await report(routed: false)
        guard case .done = try await perform(.hide, on: id) else { return #expect(Bool(false), "not hidden") }
        guard case .notRouted = try await perform(.redact, on: id) else { return #expect(Bool(false), "redacted") }
        guard case .unknownReport = try await perform(.hide, on: UUID()) else {
            return #expect(Bool(false), "an unknown report was hidden")
        }
        #expect(try await ModerationDesk(pool: fixture.pool).lines(in: TestCity.code).map(\.action) == [.hide])
    }
}
