internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

/// Who can read an identity, what a reading leaves behind, and when an identity goes by itself.
@Suite(.serialized, .freshDatabase(.city))
struct IdentityStoreTests {
    let fixture = Fixture.current

    static let others = ["sasando_routing", "sasando_analytics", "sasando_kupang_dlhk"]

    @Test(arguments: ["sasando_intake"] + others)
    func `no login reads an identity past its line`(_ role: String) async throws {
        let id = try await PrivateReport.routed()
        var forbidden: [SQL] = [
            "SELECT sealed FROM reporter_identity", "SELECT lookup FROM reporter_identity",
            "SELECT * FROM reporter_identity", "UPDATE reporter_identity SET sealed = ''",
            "DELETE FROM reporter_identity", "DELETE FROM identity_reading", "SELECT * FROM privacy_act",
            "INSERT INTO identity_reading (jurisdiction, report_id, reader) VALUES ('kupang', \(id), 'dishub')",
            "UPDATE report SET may_contact = true",
        ]
        if role != "sasando_intake" {
            forbidden += [
                "SELECT consent_at FROM reporter_identity", "SELECT * FROM identity_reading",
                "SELECT * FROM read_identity('kupang', \(id), 'dlhk', NULL, 'x')",
                "SELECT erase_report('kupang', \(id))",
            ]
        }
        if role != "sasando_routing" {
            forbidden.append("SELECT forget_identities('kupang', ARRAY[\(id)]::uuid[])")
        }
        try await fixture.asRole(role) { [forbidden] pool in
            for sql in forbidden {
                let error = await #expect(throws: PostgresError.self, "\(sql)") { _ = try await pool.query(sql) }
                #expect(error?.sqlState == .insufficientPrivilege, "\(sql): \(String(describing: error))")
            }
        }
        #expect(try await fixture.pool.query("SELECT 1 FROM identity_reading").isEmpty)
    }

    @Test func `intake reads for the agency that has the report, and only where the reporter agreed`() async throws {
        let agreed = try await PrivateReport.routed()
        let silent = try await PrivateReport.routed(mayContact: false)
        try await fixture.asRole("sasando_intake") { pool in
            for (report, reader) in [(silent, "dlhk"), (agreed, "dishub"), (agreed, "operator"), (UUID(), "dlhk")] {
                let error = await #expect(throws: PostgresError.self, "\(reader)") {
                    _ = try await pool.query("SELECT * FROM read_identity('kupang', \(report), \(reader), NULL, 'x')")
                }
                #expect(error?.sqlState == .insufficientPrivilege)
            }
            let elsewhere = try await PrivateReport.disclose(agreed, to: "dishub", with: pool)
            guard case .refused(.notHolder("dlhk")) = elsewhere.result, elsewhere.person == nil else {
                return #expect(Bool(false), "\(elsewhere)")
            }
            let refused = try await PrivateReport.disclose(silent, to: "dlhk", with: pool)
            guard case .refused(.contactNotAllowed) = refused.result, refused.person == nil else {
                return #expect(Bool(false), "\(refused)")
            }
        }
        #expect(try await fixture.pool.query("SELECT 1 FROM identity_reading").isEmpty)
    }

    @Test func `a disclosure is a line of the history, an event without a name, and a reading that the reporter sees`()
        async throws
    {
        let id = try await PrivateReport.routed()
        try await fixture.asRole("sasando_intake") { pool in
            let first = try await PrivateReport.disclose(id, to: "dlhk", with: pool)
            guard case .done(_, let version, let heads, _) = first.result else {
                return #expect(Bool(false), "\(first.result)")
            }
            #expect(version == 2 && heads.map(\.stream) == ["dlhk"] && first.person != nil)
            // A retry files nothing anew, and shows the person again: that is read again, and told again.
            let again = try await PrivateReport.disclose(id, to: "dlhk", with: pool)
            guard case .repeated = again.result else { return #expect(Bool(false), "\(again.result)") }
            #expect(again.person == first.person)
            let held = try await IdentityStore(pool: pool).held(of: id, in: TestCity.code)
            #expect(held.consent?.version == "1" && held.readings.map(\.reader) == ["dlhk", "dlhk"])
            #expect(held.readings.allSatisfy { $0.purpose == "\(PrivateReport.marker) tanya" })
        }
        let lines = try await ReportStore(pool: fixture.pool).report(id: id, in: TestCity.code)?.history
        #expect(lines?.map(\.type) == ["assigned", "commented"] && lines?.last?.command == "contact")
        let event = try await fixture.pool.query("SELECT body FROM stream_event WHERE type = 'commented'").one()
        let data = try JSONReader.read(Array(event.decode(String.self, at: 0).utf8)).value["data"]
        #expect(data?["command"] == .string("contact"), "\(String(describing: data))")
    }

    @Test func `what cannot be opened was not read`() async throws {
        let id = try await PrivateReport.routed()
        struct Locked: Error {}
        _ = try await fixture.asRole("sasando_intake") { pool in
            await #expect(throws: Locked.self) {
                let events = EventMaker(TestCity.loaded)
                let reader = IdentityReader(name: "dlhk", purpose: "tanya")
                _ = try await ContactStore(pool: pool).disclose(
                    id, to: reader, in: TestCity.code, key: .init(text: "k", requestHash: [])
                ) { work, now throws(Refusal) in
                    let outcome = try StatusMachine.decide(
                        state: work.state, command: CommandRequest(.contact(reason: "tanya")), by: .agency("dlhk"),
                        at: now, city: TestCity.city)
                    return (events.file(outcome, before: work.state, report: work.report), "{}")
                } opening: { _ -> Int in
                    throw Locked()
                }
            }
        }
        #expect(try await fixture.pool.query("SELECT 1 FROM identity_reading").isEmpty)
        #expect(try await ReportStore(pool: fixture.pool).report(id: id, in: TestCity.code)?.history.count == 1)
    }

    // MARK: Retention

    @Test func `an identity goes when its time is over, once, and by a login that cannot read it`() async throws {
        let id = try await PrivateReport.routed(days: 30)
        let anonymous = try TestCity.report()
        _ = try await AdmissionStore(pool: fixture.pool).admit([anonymous], in: TestCity.code)
        _ = try await fixture.routeAll()
        for report in [id, anonymous.id] {
            _ = try await PrivateReport.perform(
                .reject(.invalid, of: nil, referTo: nil), on: report, by: .agency("dlhk"), with: fixture.pool)
        }
        let timers = try await fixture.pool.query(
            "SELECT report_id, kind, due_at - now() > interval '29 days' FROM deadline")
        #expect(try timers.one().decode(UUID.self, at: 0) == id && timers.one().decode(String.self, at: 1) == "forget")
        #expect(try timers.one().decode(Bool.self, at: 2))
        #expect(try await fire() == [])
        _ = try await fixture.pool.query("UPDATE deadline SET due_at = now()")
        // However many replicas look at once.
        async let one = fire()
        async let two = fire()
        #expect(try await one + two == [true])
        #expect(try await fixture.pool.query("SELECT 1 FROM reporter_identity").isEmpty)
        let left = try await fixture.pool.query("SELECT 1 FROM report WHERE identity_days IS NOT NULL OR may_contact")
        #expect(left.isEmpty)
        #expect(try await fire() == [])
    }

    @Test func `an identity stays while its report is open, whatever a timer says`() async throws {
        let id = try await PrivateReport.routed()
        _ = try await fixture.pool.query(
            """
            INSERT INTO deadline (jurisdiction, report_id, kind, due_at)
            VALUES ('kupang', \(id), 'forget', now() - interval '1 hour')
            """)
        #expect(try await fire() == [false])
        try await fixture.asRole("sasando_routing") { pool in
            _ = try await pool.query("SELECT forget_identities('kupang', ARRAY[\(id)]::uuid[])")
        }
        #expect(try await fixture.pool.query("SELECT 1 FROM reporter_identity").count == 1)
    }

    /// Fires what is due, as routing; whether each had an effect.
    private func fire() async throws -> [Bool] {
        try await fixture.asRole("sasando_routing") { pool in
            let store = DeadlineStore(pool: pool)
            let due = try await store.due(in: TestCity.code)
            return try await store.fire(due.map(\.id), in: TestCity.code) { _, _, _ in nil }.timers
                .filter { $0.kind == .forget }.map(\.hadEffect)
        }
    }

    // MARK: Sealing anew

    @Test func `identities are sealed anew in portions, and each once`() async throws {
        let store = PrivacyStore(pool: fixture.pool)
        let batch = try (0..<450).map { _ in try PrivateReport.new() }
        _ = try await AdmissionStore(pool: fixture.pool).admit(batch, in: TestCity.code)
        _ = try await fixture.pool.query(
            "UPDATE reporter_identity SET lookup = NULL WHERE report_id = \(batch[7].id)")
        #expect(try await store.unsearchable(in: TestCity.code) == 1)
        var (portions, last): ([Int], UUID?) = ([], nil)
        while let portion = try await store.reseal(
            to: 2, after: last, in: TestCity.code,
            by: { id, box in SealedBox(box: box.box + [UInt8(box.keyID)], keyID: 2, lookup: [[9], [8]]) })
        {
            portions.append(portion.count)
            last = portion.last
        }
        #expect(portions == [200, 200, 50])
        #expect(try await store.keyCounts(in: TestCity.code) == [2: 450])
        #expect(try await store.unsearchable(in: TestCity.code) == 0)
        #expect(try await store.reports(withAnyOf: [[1], [8]], in: TestCity.code).count == 450)
        #expect(try await store.reports(withAnyOf: [[1]], in: TestCity.code).isEmpty)
        let read = try await store.identity(
            of: batch[0].id, for: IdentityReader(name: "operator", purpose: "uji"), in: TestCity.code)
        #expect(read?.box == Array(PrivateReport.marker.utf8) + [1])
        #expect(try await fixture.pool.query("SELECT 1 FROM identity_reading").count == 1)
    }
}
