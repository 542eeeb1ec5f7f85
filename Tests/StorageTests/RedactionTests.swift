internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

/// A report that went through agencies and hands, and then lost its texts: nothing of them is left anywhere.
@Suite(.serialized, .freshDatabase(.city))
struct RedactionTests {
    let fixture = Fixture.current
    @Test func `nothing that anybody wrote is left in any column, and every stream that told of it hears`() async throws
    {
        let id = try await BusyReport.file()
        let before = try await BusyReport.places()
        for place in [
            "report.description", "report.address", "report.landmark", "report.attributes", "report_history.note",
            "report_history.internal_note", "report_history.reason", "report_history.refer_to", "stream_event.body",
            "command_receipt.answer", "reporter_receipt.answer",
        ] {
            #expect(before.contains(place), "\(place) was not tried: \(before)")
        }
        let events = try await fixture.pool.query(
            "SELECT stream, seq, type, status, previous_status FROM stream_event ORDER BY stream, seq")

        let result = try await fixture.asRole("sasando_intake") { pool in
            try await ModerationStore(pool: pool).perform(
                ModerationRequest(.redact, reason: "data pribadi"), on: id, by: "operator-1", in: TestCity.loaded)
        }
        guard case .done(let state, let heads) = result else { return #expect(Bool(false), "\(result)") }
        #expect(state.isRedacted && heads.map(\.stream) == ["dishub", "dlhk"])
        let left = try await BusyReport.places()
        #expect(left == [], "the marker is still there")

        let after = try await fixture.pool.query(
            "SELECT stream, seq, type, status, previous_status FROM stream_event ORDER BY stream, seq")
        let told = try after.filter { try $0.decode(String.self, at: 2) == "redacted" }
        #expect(told.count == 2 && after.count == events.count + 2)
        // What moves a count has the same status before and after.
        for row in told { #expect(try row.decode(String.self, at: 3) == row.decode(String?.self, at: 4)) }
        let tracked = try #require(try await ReportStore(pool: fixture.pool).report(id: id, in: TestCity.code))
        #expect(tracked.report.description.isEmpty && tracked.history.last?.type == "redacted")
        #expect(tracked.state?.status == .rejected && tracked.history.contains { $0.reason == "not_ours" })
        #expect(tracked.report.location != nil)
    }

    @Test func `intake redacts nothing that nobody answers for`() async throws {
        let id = try await BusyReport.file()
        try await fixture.asRole("sasando_intake") { pool in
            let error = await #expect(throws: PostgresError.self) {
                _ = try await pool.query("SELECT redact_report(\(TestCity.code), \(id))")
            }
            #expect(error?.sqlState == .insufficientPrivilege)
        }
        #expect(try await !BusyReport.places().isEmpty)
    }

    @Test func `a report that is passed on while it is redacted takes no text along`() async throws {
        let new = try TestCity.report(description: "Pak \(BusyReport.marker) buang sampah")
        _ = try await AdmissionStore(pool: fixture.pool).admit([new], in: TestCity.code)
        _ = try await fixture.routeAll()
        try await fixture.pool.withTransaction { tx in
            try await tx.query("SELECT 1 FROM report_state s WHERE s.report_id = \(new.id) FOR NO KEY UPDATE")
            let handOver = Task {
                try await BusyReport.perform(
                    .transfer(to: "dishub", reason: nil, category: nil, subtype: nil), on: new.id, by: .agency("dlhk"))
            }
            try await wait(for: "the command to wait for the report", within: .seconds(20)) {
                try await !fixture.pool.query(
                    """
                    SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
                    """
                ).isEmpty
            }
            try await tx.query("UPDATE report SET description = '' WHERE id = \(new.id)")
            try await tx.commit()
            try await handOver.value
        }
        let told = try await fixture.pool.query(
            "SELECT body FROM stream_event WHERE stream = 'dishub' AND report_id = \(new.id)")
        let body = try told.one().decode(String.self, at: 0)
        #expect(!body.contains("buang sampah"), "\(body)")
    }
}
