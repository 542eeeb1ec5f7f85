internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

/// What is erased is nowhere any more, and all that is counted stays.
@Suite(.serialized, .freshDatabase(.city))
struct ErasureStoreTests {
    let fixture = Fixture.current

    /// A report that went through two agencies and triage, asked about, called about, answered and turned down.
    private func longLife() async throws -> UUID {
        let id = try await PrivateReport.routed()
        let m = PrivateReport.marker
        let acts: [(CommandRequest.Action, Actor)] = [
            (.acknowledge, .agency("dlhk")), (.ask, .agency("dlhk")), (.comment, .reporter),
            (.hold(reason: "\(m) menunggu", until: nil), .agency("dlhk")),
            (.transfer(to: "dishub", reason: "\(m) bukan kami", category: nil, subtype: nil), .agency("dlhk")),
            (.comment, .agency("dishub")),
            (.transfer(to: "kominfo", reason: "\(m) entah", category: nil, subtype: nil), .agency("dishub")),
            (.reject(.notOurs, of: nil, referTo: "\(m) saja"), .agency("kominfo")),
        ]
        for (action, actor) in acts {
            if action == .ask {
                let disclosed = try await fixture.asRole("sasando_intake") { pool in
                    try await PrivateReport.disclose(id, to: "dlhk", with: pool)
                }
                #expect(disclosed.person?.box == Array(m.utf8), "\(disclosed.result)")
            }
            let result =
                if actor == .reporter {
                    try await fixture.asRole("sasando_intake") { pool in
                        try await PrivateReport.perform(action, on: id, by: actor, with: pool)
                    }
                } else { try await PrivateReport.perform(action, on: id, by: actor, with: fixture.pool) }
            guard case .done = result else { throw Unexpected("\(action): \(result)") }
        }
        return id
    }

    /// All of an event but its text.
    private func facts() async throws -> [String] {
        try await fixture.pool.query(
            """
            SELECT (to_jsonb(e) - 'body')::text || (body::jsonb - 'data')::text FROM stream_event e ORDER BY stream, seq
            """
        ).map { try $0.decode(String.self, at: 0) }
    }

    @Test func `nothing of it is left in any column of any table, or in any stream`() async throws {
        let id = try await longLife()
        let other = try await PrivateReport.routed()
        let before = try await PrivateReport.tablesWithMarker()
        #expect(
            before == [
                "command_receipt", "identity_reading", "report", "report_history", "reporter_identity",
                "reporter_receipt",
                "stream_event",
            ])
        let facts = try await facts()
        for each in [id, other] {
            let result = try await fixture.asRole("sasando_intake") { pool in
                try await PrivateReport.erase(each, key: "hapus", with: pool)
            }
            guard case .done = result else { return #expect(Bool(false), "\(result)") }
        }
        #expect(try await PrivateReport.tablesWithMarker() == [])

        // Every event keeps its place, its id and what is counted; each stream that had it is told.
        let after = try await self.facts()
        #expect(Set(facts).isSubset(of: Set(after)))
        let told = try await fixture.pool.query(
            """
            SELECT stream, status = previous_status, version FROM stream_event
            WHERE report_id = \(id) AND type = 'redacted' ORDER BY stream
            """)
        #expect(try told.map { try $0.decode(String.self, at: 0) } == ["dishub", "dlhk", "kominfo"])
        #expect(try told.allSatisfy { try $0.decode(Bool.self, at: 1) })
        let page = try await StreamReader(jurisdiction: TestCity.code, stream: "dlhk", pool: fixture.pool)
            .page(after: 0, limit: 1000)
        #expect(page?.events.map(\.cursor.seq) == Array(1...Int64(page?.events.count ?? 0)))
        for event in page?.events ?? [] where event.type != "redacted" {
            let data = try JSONReader.read(Array(event.body.utf8)).value["data"]
            #expect(data?["redacted"] == .bool(true) && data?["report_id"] != nil, "\(event.body)")
        }
    }

    @Test func `the report stays, with its place and where it stands, and its reporter is nobody`() async throws {
        let id = try await longLife()
        _ = try await fixture.asRole("sasando_intake") { pool in try await PrivateReport.erase(id, with: pool) }
        let found = try #require(try await ReportStore(pool: fixture.pool).report(id: id, in: TestCity.code))
        #expect(found.report.erasedAt != nil && found.report.identityDays == nil && !found.report.mayContact)
        #expect(found.report.location != nil && found.report.area == "53.71.03.1010" && found.report.rt == "4")
        #expect(found.state?.status == .rejected && found.state?.agency == "kominfo")
        let rejected = try #require(found.history.first { $0.type == "rejected" })
        #expect(rejected.reason == "not_ours" && rejected.note == nil && rejected.actor == nil)
        #expect(found.history.last?.type == "redacted" && found.history.last?.author == "reporter")
        #expect(try await fixture.pool.query("SELECT 1 FROM deadline WHERE report_id = \(id)").isEmpty)
        let readings = try await IdentityStore(pool: fixture.pool).held(of: id, in: TestCity.code)
        #expect(readings.consent == nil && readings.readings.map(\.reader) == ["dlhk"])
        #expect(readings.readings.first?.purpose == nil, "that it was read stays, why is gone")
    }

    @Test func `erasing is answered the same on a retry, and takes what was written since on another try`()
        async throws
    {
        let id = try await PrivateReport.routed()
        try await fixture.asRole("sasando_intake") { pool in
            guard case .done(let first, let version, _, _) = try await PrivateReport.erase(id, key: "a", with: pool)
            else { return #expect(Bool(false)) }
            guard case .repeated(let again) = try await PrivateReport.erase(id, key: "a", with: pool) else {
                return #expect(Bool(false))
            }
            #expect(first == again)
            _ = try await PrivateReport.perform(.comment, on: id, by: .reporter, with: pool)
            guard case .done(_, let later, _, _) = try await PrivateReport.erase(id, key: "b", with: pool) else {
                return #expect(Bool(false))
            }
            #expect(later == version + 2)
            guard case .repeated = try await PrivateReport.erase(id, key: "a", with: pool) else {
                return #expect(Bool(false))
            }
        }
        #expect(try await PrivateReport.tablesWithMarker() == [])
    }

    @Test func `a report that routing has not decided yet is not erased half`() async throws {
        let report = try PrivateReport.new()
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        let result = try await fixture.asRole("sasando_intake") { try await PrivateReport.erase(report.id, with: $0) }
        guard case .refused(.notRouted) = result else { return #expect(Bool(false), "\(result)") }
        let unknown = try await fixture.asRole("sasando_intake") { try await PrivateReport.erase(UUID(), with: $0) }
        guard case .unknownReport = unknown else { return #expect(Bool(false), "\(unknown)") }
        #expect(try await PrivateReport.tablesWithMarker() == ["report", "reporter_identity"])
    }

    @Test func `an event loses its words and keeps everything else, however often`() async throws {
        let body = """
            {"id":"e","sequence":"00000000000000000007","type":"sasando.report.assigned","data":{"report":{"id":"r",\
            "description":"Budi, 0812","address":"Jl. A","landmark":"pasar","media":[{"url":"/m"}],"category":"sampah",\
            "attributes":{"nomor":"Rahasia"},\
            "location":{"lat":-10.5,"lon":123.25}},"version":1,"status":"assigned","note":"x","reason":"y"}}
            """
        let once = try await redacted(body)
        let value = try JSONReader.read(Array(once.utf8)).value
        #expect(value["id"] == .string("e") && value["sequence"] == .string("00000000000000000007"))
        #expect(value["data"]?["version"] == .int(1) && value["data"]?["redacted"] == .bool(true))
        #expect(value["data"]?["note"] == nil && value["data"]?["reason"] == nil)
        #expect(value["data"]?["report"]?["category"] == .string("sampah"))
        #expect(value["data"]?["report"]?["location"]?["lat"] == .double(-10.5))
        for name in ["description", "address", "landmark", "media", "attributes"] {
            #expect(value["data"]?["report"]?[name] == nil, "\(name)")
        }
        #expect(try await redacted(once) == once)
        let rejected = try await redacted(#"{"type":"sasando.report.rejected","data":{"reason":"abuse","note":"x"}}"#)
        #expect(rejected.contains("abuse") && !rejected.contains("note"))
    }

    private func redacted(_ body: String) async throws -> String {
        try await fixture.pool.query("SELECT redacted_event(\(body))").one().decode(String.self, at: 0)
    }
}
