internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

/// A channel's own reports, by the ids that the channel gave them.
@Suite("External ids", .serialized, .freshDatabase(.city))
struct ExternalIDTests {
    private let fixture = Fixture.current
    private var store: ReportStore { ReportStore(pool: fixture.pool) }

    /// A report of `external`; the `n`th of its row is a second younger than the one before.
    private func new(_ external: String, from channel: ChannelCode = "uji", _ n: Int64 = 0) throws -> NewReport {
        var new = try TestCity.report(channel: channel, at: Timestamp(seconds: 1_764_000_000 + n))
        new.report.externalID = external
        return new
    }

    private func admit(_ new: NewReport) async throws -> UUID {
        _ = try await AdmissionStore(pool: fixture.pool).admit([new], in: TestCity.code)
        return new.id
    }

    private func found(_ external: String, from channel: ChannelCode = "uji") async throws -> UUID? {
        try await store.id(externalID: external, from: channel, in: TestCity.code)
    }

    @Test func `the newest of its channel, whatever the id looks like, and nobody else's`() async throws {
        let odd = "A/1 \"ä\" %2F 火"
        let first = try await admit(new(odd))
        #expect(try await found(odd) == first)
        let second = try await admit(new(odd, 1))
        let others = try await admit(new(odd, from: "lain", 2))
        #expect(try await found(odd) == second)
        #expect(try await found(odd, from: "lain") == others)
        #expect(try await found(odd, from: "ketiga") == nil)
        #expect(try await found("A/1") == nil)
        #expect(try await store.id(externalID: odd, from: "uji", in: "lain") == nil)
    }

    @Test func `what was erased is found by no id`() async throws {
        let id = try await PrivateReport.routed()
        let external = "\(PrivateReport.marker)@contoh.id"
        #expect(try await found(external) == id)
        _ = try await fixture.asRole("sasando_intake") { pool in try await PrivateReport.erase(id, with: pool) }
        #expect(try await found(external) == nil)
    }

    @Test func `a command's retry means the report that it was for, and another command the newest`() async throws {
        let first = try await admit(new("A-1"))
        #expect(try await fixture.routeAll() == 1)
        let key = CommandKey(text: "tarik", requestHash: [1])
        func meant(_ key: CommandKey) async throws -> UUID? {
            try await fixture.asRole("sasando_intake") { pool in
                try await ReportStore(pool: pool).id(
                    externalID: "A-1", from: "uji", in: TestCity.code, settledBy: key)
            }
        }
        #expect(try await meant(key) == first)
        let events = EventMaker(TestCity.loaded)
        _ = try await fixture.asRole("sasando_intake") { pool in
            try await CommandStore(pool: pool).perform(on: first, by: nil, in: TestCity.code, key: key) {
                work, now throws(Refusal) in
                let outcome = try StatusMachine.decide(
                    state: work.state, command: CommandRequest(.withdraw), by: .reporter, at: now, city: TestCity.city)
                return (events.file(outcome, before: work.state, report: work.report), "{}")
            }
        }
        let second = try await admit(new("A-1", 1))
        #expect(try await meant(key) == first)
        #expect(try await meant(CommandKey(text: "lain", requestHash: [1])) == second)
        #expect(try await found("A-1") == second)
    }

    @Test func `of test reports too, the newest of its channel`() async throws {
        try await fixture.asRole("sasando_intake") { pool in
            let tests = TestReportStore(pool: pool)
            for n in 0...1 { _ = try await tests.admit(try self.new("T-1", Int64(n)), in: TestCity.code) }
            let newest = try self.new("T-1", 2)
            _ = try await tests.admit(newest, in: TestCity.code)
            let report = try await tests.report(externalID: "T-1", from: "uji", in: TestCity.code)
            #expect(report?.id == newest.id && report?.externalID == "T-1")
            #expect(try await tests.report(externalID: "T-1", from: "lain", in: TestCity.code) == nil)
            #expect(try await ReportStore(pool: pool).id(externalID: "T-1", from: "uji", in: TestCity.code) == nil)
        }
    }
}
