internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

/// What intake's own login may do for a reporter, and what it may not.
@Suite(.serialized, .freshDatabase(.city))
struct ReporterCommandStoreTests {
    let fixture = Fixture.current

    private func routedReport() async throws -> UUID {
        let report = try TestCity.report(category: "sampah")
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        _ = try await fixture.routeAll()
        return report.id
    }

    private static func perform(
        _ action: CommandRequest.Action, on id: UUID, by actor: Actor, key: String? = nil, with pool: PostgresPool
    ) async throws -> CommandResult {
        let events = EventMaker(TestCity.loaded)
        var agency: AgencyCode?
        if case .agency(let code) = actor { agency = code }
        return try await CommandStore(pool: pool).perform(
            on: id, by: agency, in: TestCity.code, key: key.map { CommandKey(text: $0, requestHash: [1]) }
        ) { work, now throws(Refusal) in
            let request = CommandRequest(action, note: "masih gelap")
            let outcome = try StatusMachine.decide(
                state: work.state, command: request, by: actor, at: now, city: TestCity.city)
            return (events.file(outcome, before: work.state, report: work.report), "v\(outcome.state.version)")
        }
    }

    private func asIntake(
        _ action: CommandRequest.Action, on id: UUID, by actor: Actor = .reporter, key: String? = nil
    ) async throws -> CommandResult {
        try await fixture.asRole("sasando_intake") { pool in
            try await Self.perform(action, on: id, by: actor, key: key, with: pool)
        }
    }

    private func history(of id: UUID) async throws -> [HistoryLine] {
        try await ReportStore(pool: fixture.pool).report(id: id, in: TestCity.code)?.history ?? []
    }

    @Test func `a reporter's life of a report, as intake writes it`() async throws {
        let id = try await routedReport()
        for action in [CommandRequest.Action.acknowledge, .start, .resolve] {
            _ = try await Self.perform(action, on: id, by: .agency("dlhk"), with: fixture.pool)
        }
        let acts: [(CommandRequest.Action, Actor)] = [(.follow, .reader), (.rate(2), .reporter), (.reopen, .reporter)]
        for (action, actor) in acts {
            guard case .done = try await asIntake(action, on: id, by: actor) else {
                return #expect(Bool(false), "\(action) was not done")
            }
        }
        let found = try #require(try await ReportStore(pool: fixture.pool).report(id: id, in: TestCity.code))
        #expect(found.state?.status == .reopened && found.state?.rating == nil && found.state?.version == 7)
        #expect(
            found.history.map(\.author) == [
                "system", "agency", "agency", "agency", "reader", "reporter", "reporter",
            ])
        #expect(found.history.map(\.rating) == [nil, nil, nil, nil, nil, 2, nil])
        let timers = try await fixture.pool.query("SELECT kind FROM deadline ORDER BY kind")
        #expect(try timers.map { try $0.decode(String.self, at: 0) } == ["acknowledge_by", "resolve_by"])
        guard case .done = try await asIntake(.withdraw, on: id) else { return #expect(Bool(false), "not withdrawn") }
        #expect(try await fixture.pool.query("SELECT 1 FROM deadline").isEmpty)
        let types = try await fixture.pool.query("SELECT type FROM stream_event WHERE stream = 'dlhk' ORDER BY seq")
        #expect(
            try types.map { try $0.decode(String.self, at: 0) } == [
                "assigned", "acknowledged", "started", "resolved", "followed", "rated", "reopened", "withdrawn",
            ])
    }

    @Test func `a reporter's retry is answered the same, and the key of one report is free for another`() async throws {
        let (one, two) = (try await routedReport(), try await routedReport())
        guard case .done("v2", _, _, _) = try await asIntake(.comment, on: one, key: "K"),
            case .repeated("v2") = try await asIntake(.comment, on: one, key: "K"),
            case .done("v2", _, _, _) = try await asIntake(.comment, on: two, key: "K")
        else { return #expect(Bool(false), "not answered so") }
        #expect(try await history(of: one).count == 2)
    }

    @Test func `what routing has not decided is told apart from an unknown report`() async throws {
        let report = try TestCity.report()
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        guard case .refused(.notRouted) = try await asIntake(.withdraw, on: report.id),
            case .unknownReport = try await asIntake(.withdraw, on: UUID())
        else { return #expect(Bool(false), "not told apart") }
    }

    @Test func `intake hands no report over, forges no agency's event and reads no agency's answers`() async throws {
        let id = try await routedReport()
        let forbidden: [SQL] = [
            "UPDATE report_state SET agency = 'dishub'", "UPDATE report_state SET category = 'kebakaran'",
            "DELETE FROM report_state", "UPDATE report_history SET note = ''", "DELETE FROM report_history",
            "SELECT 1 FROM command_receipt", "SELECT body FROM stream_event",
        ]
        try await fixture.asRole("sasando_intake") { pool in
            for sql in forbidden {
                let error = await #expect(throws: PostgresError.self, "\(sql)") { _ = try await pool.query(sql) }
                #expect(error?.sqlState == .insufficientPrivilege, "\(sql)")
            }
            let appends: [(EventType, AgencyCode)] = [
                (.resolved, "dlhk"), (.assigned, "dlhk"), (.closed, "dlhk"), (.commented, "dishub"),
            ]
            for (type, stream) in appends {
                let event = Self.event(type, on: stream, of: id)
                let error = await #expect(throws: PostgresError.self) {
                    _ = try await pool.transaction(Append.statements([event], in: TestCity.code))
                }
                #expect(error?.sqlState == .insufficientPrivilege, "\(type) on \(stream)")
            }
        }
    }

    private static func event(_ type: EventType, on stream: AgencyCode, of report: UUID) -> PendingEvent {
        let time = Timestamp(seconds: 1_764_000_000)
        return PendingEvent(
            stream: stream, eventID: UUID(), type: type, reportID: report, version: 2, status: .assigned,
            previousStatus: nil, agency: stream, category: nil, subtype: nil, area: nil, channel: "uji",
            receivedAt: time, occurredAt: time, resolveSeconds: nil, onTime: nil,
            body: EventBody(prefix: "{\"sequence\":\"", suffix: "\"}"))
    }
}
