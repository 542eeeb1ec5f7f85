internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

@Suite(.serialized, .freshDatabase(.city))
struct CommandStoreTests {
    let fixture = Fixture.current
    let events = EventMaker(TestCity.loaded)

    private func routedReport(category: String = "sampah") async throws -> UUID {
        let report = try TestCity.report(category: category)
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        _ = try await fixture.routeAll()
        return report.id
    }

    private func perform(
        _ action: CommandRequest.Action, on id: UUID, by agency: AgencyCode = "dlhk", key: String? = nil
    ) async throws -> CommandResult {
        let events = events
        return try await CommandStore(pool: fixture.pool).perform(
            on: id, by: agency, in: TestCity.code, key: key.map { CommandKey(text: $0, requestHash: [1]) }
        ) { work, now throws(Refusal) in
            let outcome = try StatusMachine.decide(
                state: work.state, command: CommandRequest(action), by: .agency(agency), at: now, city: TestCity.city)
            return (events.file(outcome, before: work.state, report: work.report), "v\(outcome.state.version)")
        }
    }

    private func head(_ stream: AgencyCode) async throws -> Int64 {
        try await fixture.pool.query("SELECT head FROM stream WHERE code = \(stream)").one().decode(Int64.self, at: 0)
    }

    @Test func `a command changes the state and appends its event`() async throws {
        let id = try await routedReport()
        guard case .done(_, let version, let heads, _) = try await perform(.acknowledge, on: id) else {
            return #expect(Bool(false), "not done")
        }
        #expect(version == 2)
        #expect(heads.map(\.cursor.text) == ["1-2"])
        let found = try await DeskStore(pool: fixture.pool).report(id, of: "dlhk", in: TestCity.code)
        #expect(found?.work.state.status == .acknowledged)
        #expect(found?.history.map(\.type) == ["assigned", "acknowledged"])
    }

    /// The answer; whoever cannot have the report's lock in time tries again, as agencies do on a 503.
    private func acknowledge(_ id: UUID, key: String) async throws -> String {
        for attempt in 1...20 {
            do {
                switch try await perform(.acknowledge, on: id, key: key) {
                case .done(let answer, _, _, _), .repeated(let answer): return answer
                case let other: return "\(other)"
                }
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable && attempt < 20 {}
        }
        return "never done"
    }

    @Test func `twenty retries at once do it once`() async throws {
        let id = try await routedReport()
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 {
                group.addTask { try await self.acknowledge(id, key: "K") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == Array(repeating: "v2", count: 20))
        #expect(try await head("dlhk") == 2)
    }

    @Test func `a key that was used for another report is told`() async throws {
        let one = try await routedReport()
        let two = try await routedReport()
        _ = try await perform(.acknowledge, on: one, key: "K")
        guard case .keyReused = try await perform(.acknowledge, on: two, key: "K") else {
            return #expect(Bool(false), "the key was taken twice")
        }
    }

    @Test func `a transfer leaves one stream and enters the other in one transaction`() async throws {
        let id = try await routedReport()
        let action = CommandRequest.Action.transfer(to: "dishub", reason: nil, category: nil, subtype: nil)
        guard case .done(_, _, let heads, _) = try await perform(action, on: id) else {
            return #expect(Bool(false), "not transferred")
        }
        #expect(heads.map(\.stream) == ["dishub", "dlhk"])
        let rows = try await fixture.pool.query(
            "SELECT stream, type FROM stream_event WHERE report_id = \(id) AND version = 2 ORDER BY stream")
        #expect(try rows.map { try $0.decode(String.self, at: 1) } == ["assigned", "transferred_out"])
        guard case .refused(.notHolder("dishub")) = try await perform(.acknowledge, on: id) else {
            return #expect(Bool(false), "the old agency still holds it")
        }
    }

    @Test func `a report that routing has not decided is told apart from an unknown one`() async throws {
        let report = try TestCity.report()
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        guard case .refused(.notRouted) = try await perform(.acknowledge, on: report.id) else {
            return #expect(Bool(false), "not told as unrouted")
        }
        guard case .unknownReport = try await perform(.acknowledge, on: UUID()) else {
            return #expect(Bool(false), "not told as unknown")
        }
    }

    @Test func `a refusal leaves no trace`() async throws {
        let id = try await routedReport()
        guard case .refused(.wrongStatus) = try await perform(.resolve, on: id, key: "K") else {
            return #expect(Bool(false), "resolved before it was acknowledged")
        }
        #expect(try await head("dlhk") == 1)
        let receipts = try await fixture.pool.query("SELECT 1 FROM command_receipt")
        #expect(receipts.isEmpty)
    }

    @Test func `a timer that two runners see fires once`() async throws {
        let id = try await routedReport(category: "kebakaran")
        _ = try await fixture.pool.query(
            """
            UPDATE deadline SET due_at = now() - interval '1 second'
            WHERE report_id = \(id) AND kind = 'acknowledge_by'
            """)
        _ = try await fixture.pool.query(
            "UPDATE report_state SET acknowledge_by = now() - interval '1 second' WHERE report_id = \(id)")
        let events = events
        let fired = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let store = DeadlineStore(pool: fixture.pool)
                    let due = try await store.due(in: TestCity.code).map(\.id)
                    return try await store.fire(due, in: TestCity.code) { work, kind, now in
                        let outcome = try? StatusMachine.decide(
                            state: work.state, command: CommandRequest(.escalate(kind)), by: .clock, at: now,
                            city: TestCity.city)
                        return outcome.map { events.file($0, before: work.state, report: work.report) }
                    }.timers.count
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(fired == 1)
        #expect(try await head("damkar") == 2)
        let rows = try await fixture.pool.query("SELECT type FROM stream_event WHERE stream = 'damkar' ORDER BY seq")
        #expect(try rows.map { try $0.decode(String.self, at: 0) } == ["assigned", "escalated"])
    }
}
