internal import Crypto
internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

/// Who is told of which news, as intake's own login keeps it.
@Suite(.serialized, .freshDatabase(.city))
struct PushStoreTests {
    let fixture = Fixture.current

    private func subscription(_ name: String) throws -> PushSubscription {
        let key = Array(P256.KeyAgreement.PrivateKey().publicKey.x963Representation)
        let endpoint = try #require(WebAddress("https://push.example.org/\(name)"))
        return try #require(
            PushSubscription(endpoint: endpoint, publicKey: key, secret: [UInt8](repeating: 3, count: 16)))
    }

    private func report(_ category: String = "sampah") async throws -> UUID {
        let report = try TestCity.report(category: category)
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        _ = try await fixture.routeAll()
        return report.id
    }

    private func command(_ action: CommandRequest.Action, on id: UUID, note: String? = nil) async throws {
        let events = EventMaker(TestCity.loaded)
        let result = try await CommandStore(pool: fixture.pool).perform(
            on: id, by: "dlhk", in: TestCity.code, key: nil
        ) { work, now throws(Refusal) in
            let outcome = try StatusMachine.decide(
                state: work.state, command: CommandRequest(action, note: note), by: .agency("dlhk"), at: now,
                city: TestCity.city)
            return (events.file(outcome, before: work.state, report: work.report), "")
        }
        guard case .done = result else { return #expect(Bool(false), "\(result)") }
    }

    private func asIntake<Result: Sendable>(
        _ body: @Sendable (PushStore) async throws -> Result
    ) async throws -> Result {
        try await fixture.asRole("sasando_intake") { try await body(PushStore(pool: $0)) }
    }

    /// Looks through everything that is new, and says for how many browsers there was news.
    private static func lookThrough(_ store: PushStore) async throws -> Int {
        var found = 0
        while case let behind = try await store.positions(in: TestCity.code).filter(\.isBehind), !behind.isEmpty {
            for position in behind { found += try await store.look(position, limit: 2, in: TestCity.code) ?? 0 }
        }
        return found
    }

    @Test func `a change of status is due for who asked, once, and with what it is then`() async throws {
        let (id, other) = (try await report(), try await report())
        let wanted = try subscription("a")
        try await asIntake { store async throws in
            #expect(
                try await store.enrol(wanted, for: id, isOwn: true, language: .english, in: TestCity.code) == .made)
            #expect(
                try await store.enrol(wanted, for: id, isOwn: true, language: .english, in: TestCity.code) == .renewed)
            // That it was assigned is looked at only now, and known already.
            _ = try await Self.lookThrough(store)
            #expect(try await store.take(9, for: 60, in: TestCity.code).isEmpty)
        }
        try await command(.comment, on: id, note: "Besok")
        try await command(.acknowledge, on: other)
        try await asIntake { store async throws in #expect(try await Self.lookThrough(store) == 0) }
        for action in [CommandRequest.Action.acknowledge, .start] { try await command(action, on: id) }
        try await asIntake { store async throws in
            #expect(try await Self.lookThrough(store) == 1)
            let taken = try await store.take(9, for: 60, in: TestCity.code)
            #expect(taken.count == 1)
            let push = try #require(taken.first)
            #expect(push.reportID == id && push.status == .inProgress && push.attempts == 1 && push.told == "assigned")
            #expect(
                push.subscription == wanted && push.language == .english && push.categories == ["sampah", "sampah"])
            // It is this one's until the lease ends.
            #expect(try await store.take(9, for: 60, in: TestCity.code).isEmpty)
            try await store.settle(push, .told(push.status), in: TestCity.code)
            #expect(try await store.take(9, for: 60, in: TestCity.code).isEmpty)
        }
    }

    @Test func `news that comes while earlier news is sent is told too, and what changed back is not`() async throws {
        let id = try await report()
        let wanted = try subscription("a")
        try await asIntake { store async throws in
            _ = try await store.enrol(wanted, for: id, isOwn: true, language: .indonesian, in: TestCity.code)
        }
        try await command(.start, on: id)
        let first = try await asIntake { store async throws in
            _ = try await Self.lookThrough(store)
            return try await store.take(1, for: 60, in: TestCity.code)
        }
        try await command(.hold(reason: "Hujan", until: nil), on: id)
        try await asIntake { store async throws in
            _ = try await Self.lookThrough(store)
            try await store.settle(try #require(first.first), .told(.inProgress), in: TestCity.code)
            let second = try await store.take(1, for: 60, in: TestCity.code)
            #expect(second.first?.status == .onHold && second.first?.attempts == 1)
            try await store.settle(try #require(second.first), .told(.onHold), in: TestCity.code)
        }
        for action in [CommandRequest.Action.resume, .hold(reason: "Hujan lagi", until: nil)] {
            try await command(action, on: id)
        }
        try await asIntake { store async throws in
            #expect(try await Self.lookThrough(store) > 0)
            #expect(try await store.take(1, for: 60, in: TestCity.code).isEmpty)
        }
    }

    @Test func `who was taken over has no say any more, and what failed waits`() async throws {
        let id = try await report()
        let wanted = try subscription("a")
        try await asIntake { store async throws in
            _ = try await store.enrol(wanted, for: id, isOwn: true, language: .indonesian, in: TestCity.code)
        }
        try await command(.start, on: id)
        try await asIntake { store async throws in
            _ = try await Self.lookThrough(store)
            let lost = try #require(try await store.take(1, for: 0, in: TestCity.code).first)
            let kept = try #require(try await store.take(1, for: 60, in: TestCity.code).first)
            #expect(kept.attempts == 2 && kept.fence == lost.fence + 1)
            try await store.settle(lost, .forgotten, in: TestCity.code)
            try await store.settle(kept, .again(afterSeconds: 0), in: TestCity.code)
            let again = try #require(try await store.take(1, for: 60, in: TestCity.code).first)
            #expect(again.attempts == 3)
            try await store.settle(again, .again(afterSeconds: 30), in: TestCity.code)
            #expect(try await store.take(1, for: 60, in: TestCity.code).isEmpty)
        }
        // News that comes while a service asks to wait does not hurry it.
        try await command(.resolve, on: id)
        try await asIntake { store async throws in
            #expect(try await Self.lookThrough(store) == 1)
            #expect(try await store.take(1, for: 60, in: TestCity.code).isEmpty)
        }
    }

    @Test func `a change between the page and the wish is told, and streams that nobody waits for are passed over`()
        async throws
    {
        let report = try TestCity.report()
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        let wanted = try subscription("a")
        try await asIntake { store async throws in
            _ = try await store.enrol(wanted, for: report.id, isOwn: true, language: .indonesian, in: TestCity.code)
        }
        _ = try await fixture.routeAll()
        // As when the look's snapshot was taken before the wish could be seen.
        _ = try await fixture.pool.query("UPDATE push_cursor c SET seq = s.head FROM stream s WHERE s.code = c.stream")
        try await asIntake { store async throws in
            #expect(try await store.take(1, for: 60, in: TestCity.code).isEmpty)
            _ = try await store.enrol(wanted, for: report.id, isOwn: true, language: .indonesian, in: TestCity.code)
            #expect(try await store.take(1, for: 60, in: TestCity.code).first?.status == .assigned)
            #expect(try await store.end(wanted.endpointHash, for: nil, in: TestCity.code) == 1)
        }
        try await command(.start, on: report.id)
        try await asIntake { store async throws in
            #expect(try await store.positions(in: TestCity.code).allSatisfy { !$0.isBehind })
        }
    }

    @Test func `what one browser and one report may have is bounded, and followers crowd nobody out`() async throws {
        let id = try await report()
        let phone = try subscription("phone")
        var others: [PushSubscription] = []
        for index in 0...PushStore.followerLimit { others.append(try subscription("f\(index)")) }
        let followers = others
        try await asIntake { store async throws in
            var outcomes: [PushEnrolment] = []
            for follower in followers {
                outcomes.append(
                    try await store.enrol(follower, for: id, isOwn: false, language: .indonesian, in: TestCity.code))
            }
            #expect(outcomes.last == .full && !outcomes.dropLast().contains(.full))
            let again = try await store.enrol(
                followers[0], for: id, isOwn: false, language: .indonesian, in: TestCity.code)
            #expect(again == .renewed)
            #expect(
                try await store.enrol(phone, for: id, isOwn: true, language: .indonesian, in: TestCity.code) == .made)
        }
        let batch = try (0..<PushStore.reportLimit).map { _ in try TestCity.report() }
        _ = try await AdmissionStore(pool: fixture.pool).admit(batch, in: TestCity.code)
        try await asIntake { store async throws in
            for report in batch {
                _ = try await store.enrol(phone, for: report.id, isOwn: true, language: .indonesian, in: TestCity.code)
            }
        }
        let rows = try await fixture.pool.query(
            """
            SELECT count(*), bool_or(report_id = \(id)) FROM push_subscription
            WHERE endpoint_hash = \(phone.endpointHash)
            """)
        #expect(try rows.one().decode(Int64.self, at: 0) == Int64(PushStore.reportLimit))
        #expect(try rows.one().decode(Bool.self, at: 1) == false, "the oldest goes")
    }

    @Test func `a browser's new subscription takes the place of the old one, for who knows its secret`() async throws {
        let id = try await report()
        let (old, new) = (try subscription("old"), try subscription("new"))
        let forged = try #require(
            PushSubscription(endpoint: old.endpoint, publicKey: old.publicKey, secret: [UInt8](repeating: 9, count: 16))
        )
        try await asIntake { store async throws in
            _ = try await store.enrol(old, for: id, isOwn: true, language: .indonesian, in: TestCity.code)
            #expect(try await store.replace(forged, by: new, in: TestCity.code) == 0)
            #expect(try await store.replace(old, by: new, in: TestCity.code) == 1)
            #expect(try await store.replace(old, by: new, in: TestCity.code) == 0)
        }
        try await command(.start, on: id)
        try await asIntake { store async throws in
            #expect(try await Self.lookThrough(store) == 1)
            #expect(try await store.take(9, for: 60, in: TestCity.code).map(\.subscription) == [new])
        }
    }

    @Test func `subscriptions go with the report's end, its erasure, and the report itself`() async throws {
        let (ended, open, erased) = (try await report(), try await report(), try await report())
        let phone = try subscription("a")
        try await asIntake { store async throws in
            for id in [ended, open, erased] {
                _ = try await store.enrol(phone, for: id, isOwn: true, language: .indonesian, in: TestCity.code)
            }
        }
        try await fixture.asRole("sasando_intake") { pool in
            _ = try await pool.query(PushStore.forgettingReporter(of: erased, in: TestCity.code))
        }
        try await command(.reject(.invalid, of: nil, referTo: nil), on: ended)
        let gone = try await asIntake { store async throws in
            let early = try await store.forgetEnded(in: TestCity.code, endedBefore: 3_600, limit: 10)
            return (early, try await store.forgetEnded(in: TestCity.code, endedBefore: 0, limit: 10))
        }
        #expect(gone.0 == 0 && gone.1 == 1)
        let left = try await fixture.pool.query("SELECT report_id FROM push_subscription")
        #expect(try left.one().decode(UUID.self, at: 0) == open)
    }

    @Test(arguments: ["sasando_routing", "sasando_kupang_dlhk", "sasando_analytics"])
    func `no other role learns who is told of what`(role: String) async throws {
        let statements: [SQL] = [
            "SELECT * FROM push_subscription", "DELETE FROM push_subscription", "UPDATE push_cursor SET seq = 0",
        ]
        try await fixture.asRole(role) { pool in
            for sql in statements {
                let error = await #expect(throws: PostgresError.self, "\(sql)") { _ = try await pool.query(sql) }
                #expect(error?.sqlState == .insufficientPrivilege, "\(sql)")
            }
        }
    }

    @Test func `intake reads that a status changed, and no event`() async throws {
        try await fixture.asRole("sasando_intake") { pool in
            _ = try await pool.query("SELECT report_id, status, previous_status FROM stream_event")
            for sql in ["SELECT body FROM stream_event", "SELECT area FROM stream_event", "SELECT epoch FROM stream"]
                as [SQL]
            {
                let error = await #expect(throws: PostgresError.self, "\(sql)") { _ = try await pool.query(sql) }
                #expect(error?.sqlState == .insufficientPrivilege, "\(sql)")
            }
        }
    }
}
