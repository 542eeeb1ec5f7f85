internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

/// What an agency says with a command is kept, for the citizen and for the desk.
@Suite(.serialized, .freshDatabase(.city))
struct HistoryTests {
    let fixture = Fixture.current
    let events = EventMaker(TestCity.loaded)

    private func routedReport(category: String = "sampah") async throws -> NewReport {
        let report = try TestCity.report(category: category)
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        _ = try await fixture.routeAll()
        return report
    }

    private func perform(
        _ action: CommandRequest.Action, on report: NewReport, by agency: AgencyCode = "dlhk"
    ) async throws -> CommandResult {
        let events = events
        let request = CommandRequest(action)
        return try await CommandStore(pool: fixture.pool).perform(
            on: report.id, by: agency, in: TestCity.code, key: nil, naming: request.original
        ) { work, now throws(Refusal) in
            let outcome = try StatusMachine.decide(
                state: work.state, command: request, by: .agency(agency), at: now, city: TestCity.city)
            return (events.file(outcome, before: work.state, report: work.report), "")
        }
    }

    /// The newest line, as citizens' pages are written from it.
    private func lastLine(of report: NewReport) async throws -> HistoryLine {
        let found = try await ReportStore(pool: fixture.pool).report(id: report.id, in: TestCity.code)
        return try #require(found?.history.last)
    }

    @Test func `a hold keeps its reason and its end`() async throws {
        let report = try await routedReport()
        let until = Timestamp(seconds: 2_000_000_000)
        _ = try await perform(.hold(reason: "Menunggu suku cadang", until: until), on: report)
        let line = try await lastLine(of: report)
        #expect(line.type == "held" && line.reason == "Menunggu suku cadang" && line.until == until)
        #expect(line.original == nil && line.referTo == nil)
    }

    @Test func `a rejection keeps its reason and whom to turn to`() async throws {
        let report = try await routedReport()
        _ = try await perform(.reject(.notOurs, of: nil, referTo: "PLN, telepon 123"), on: report)
        let line = try await lastLine(of: report)
        #expect(line.type == "rejected" && line.reason == "not_ours" && line.referTo == "PLN, telepon 123")
    }

    @Test(arguments: [true, false])
    func `a duplicate tells the tracking code of the original, however that was named`(byID: Bool) async throws {
        let original = try await routedReport(category: "parkir_liar")
        let report = try await routedReport()
        let reference = try #require(
            CommandRequest.ReportReference(text: byID ? original.id.text : original.trackingCode))
        _ = try await perform(.reject(.duplicate, of: reference, referTo: nil), on: report)
        let line = try await lastLine(of: report)
        #expect(line.type == "marked_duplicate" && line.reason == "duplicate")
        #expect(line.originalCode == original.trackingCode)
        // Another agency's report is not for this one's login; what its officer wrote is.
        let found = try await fixture.asRole("sasando_kupang_dlhk") { pool in
            try await DeskStore(pool: pool).report(report.id, of: "dlhk", in: TestCity.code)?.history.last
        }
        let seen = try #require(found)
        #expect(seen.original == reference.text)
        #expect(seen.originalCode == (byID ? nil : original.trackingCode))
    }

    @Test(arguments: [true, false])
    func `a report is no duplicate of itself, however it is named`(byID: Bool) async throws {
        let report = try await routedReport()
        let reference = try #require(
            CommandRequest.ReportReference(text: byID ? report.id.text : report.trackingCode))
        let result = try await perform(.reject(.duplicate, of: reference, referTo: nil), on: report)
        guard case .refused(.duplicateOfItself) = result else { return #expect(Bool(false), "\(result)") }
        #expect(try await lastLine(of: report).type == "assigned")
    }

    @Test func `why one agency passed a report on stands in its history, and not in what is public`() async throws {
        let report = try await routedReport()
        let action = CommandRequest.Action.transfer(
            to: "dishub", reason: "Sopirnya selalu parkir di sana", category: nil, subtype: nil)
        _ = try await perform(action, on: report)
        #expect(try await lastLine(of: report).reason == "Sopirnya selalu parkir di sana")
        let found = try await DeskStore(pool: fixture.pool).report(report.id, of: "dishub", in: TestCity.code)
        #expect(found?.work.why == "Dialihkan oleh DLHK.")
    }
}
