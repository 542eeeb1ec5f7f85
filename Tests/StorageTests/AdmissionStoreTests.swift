internal import Domain
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

@Suite(.serialized, .freshDatabase(.city))
struct AdmissionStoreTests {
    let pool = Fixture.current.pool
    var store: AdmissionStore { AdmissionStore(pool: pool) }

    private func count(_ table: SQL) async throws -> Int64 {
        try await pool.query("SELECT count(*) FROM \(table)").one().decode(Int64.self, at: 0)
    }

    @Test func `a batch is stored with its inbox rows, urgent ones in parts of their own`() async throws {
        let batch = try [TestCity.report(), TestCity.report(category: "kebakaran")]
        let admissions = try await store.admit(batch, in: TestCity.code)
        for admission in admissions {
            guard case .stored = admission else { return #expect(Bool(false), "\(admission)") }
        }
        let rows = try await pool.query("SELECT urgency, part FROM inbox ORDER BY urgency")
        #expect(try rows[0].decode(Int16.self, at: 0) == 0)
        #expect(try rows[0].decode(Int16.self, at: 1) >= Int16(InboxPart.normal))
        #expect(try rows[1].decode(Int16.self, at: 1) < Int16(InboxPart.normal))
    }

    @Test func `the same key gives the first report's receipt and stores nothing`() async throws {
        let first = try TestCity.report(key: "k:1")
        let second = try TestCity.report(key: "k:1")
        guard case .stored(let stored) = try await store.admit([first], in: TestCity.code)[0],
            case .repeated(let repeated) = try await store.admit([second], in: TestCity.code)[0]
        else { return #expect(Bool(false), "not stored, then repeated") }
        #expect(stored == repeated)
        #expect(try await count("report") == 1)
        #expect(try await count("inbox") == 1)
    }

    @Test func `the same key twice in one batch stores one report`() async throws {
        let batch = try [TestCity.report(key: "k:1"), TestCity.report(key: "k:1")]
        let admissions = try await store.admit(batch, in: TestCity.code)
        let ids = admissions.map { admission in
            switch admission {
            case .stored(let receipt), .repeated(let receipt): receipt.id
            }
        }
        #expect(ids[0] == ids[1])
        #expect(try await count("report") == 1)
    }

    @Test func `batches with the same keys in other orders do not deadlock`() async throws {
        let keys = (0..<100).map { "k:\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 0..<8 {
                let store = store
                group.addTask {
                    let shuffled = seed.isMultiple(of: 2) ? keys : keys.reversed()
                    let batch = try shuffled.map { try TestCity.report(key: $0) }
                    _ = try await store.admit(batch, in: TestCity.code)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await count("report") == 100)
        #expect(try await count("inbox") == 100)
    }

    @Test func `a tracking code that is taken is told by its constraint`() async throws {
        let first = try TestCity.report()
        var second = try TestCity.report()
        second.trackingCode = first.trackingCode
        _ = try await store.admit([first], in: TestCity.code)
        let error = await #expect(throws: PostgresError.self) {
            _ = try await store.admit([second], in: TestCity.code)
        }
        #expect(error?.constraint == AdmissionStore.trackingCodeConstraint)
        #expect(error?.sqlState?.isDataError == true)
    }

    @Test func `each city's inbox is counted for itself, and no further than asked`() async throws {
        _ = try await store.admit(try (0..<5).map { _ in try TestCity.report() }, in: TestCity.code)
        _ = try await pool.query("INSERT INTO jurisdiction (code, version, document) VALUES ('atambua', 1, '{}')")
        _ = try await pool.query(
            "INSERT INTO inbox (jurisdiction, urgency, part, report_id) SELECT 'atambua', 1, 0, gen_random_uuid()")
        #expect(try await store.inboxDepths(upTo: 100) == ["kupang": 5, "atambua": 1])
        #expect(try await store.inboxDepths(upTo: 3) == ["kupang": 3, "atambua": 1])
        _ = try await pool.query("DELETE FROM inbox WHERE jurisdiction = 'atambua'")
        #expect(try await store.inboxDepths(upTo: 3) == ["kupang": 3, "atambua": 0])
    }

    @Test func `a sealed identity is stored beside its report`() async throws {
        var report = try TestCity.report()
        report.identity = SealedIdentity(
            sealed: SealedBox(box: [1, 2, 3], keyID: 7, lookup: [[4], [5]]), consentVersion: "1",
            consentAt: Timestamp(seconds: 1_764_000_000), retentionDays: 30, mayContact: true)
        _ = try await store.admit([report, try TestCity.report()], in: TestCity.code)
        let rows = try await pool.query(
            "SELECT report_id, sealed, key_id, lookup = ARRAY['\\x04', '\\x05']::bytea[] FROM reporter_identity")
        #expect(rows.count == 1)
        #expect(try rows[0].decode([UInt8].self, at: 1) == [1, 2, 3])
        #expect(try rows[0].decode(Int32.self, at: 2) == 7 && rows[0].decode(Bool.self, at: 3))
        let agreed = try await pool.query("SELECT identity_days, may_contact FROM report ORDER BY identity_days")
        #expect(try agreed.map { try $0.decode(Int32?.self, at: 0) } == [30, nil])
        #expect(try agreed.map { try $0.decode(Bool.self, at: 1) } == [true, false])
    }
}
