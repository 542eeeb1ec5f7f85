internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

/// Endpoints as a notifier's own login keeps them: whose they are, and who may send.
@Suite(.serialized, .freshDatabase(.city))
struct WebhookStoreTests {
    private static let login = "sasando_kupang_dlhk"
    private static let secret = SealedBox(box: [1, 2, 3], keyID: 1)
    private static let address = WebAddress("https://dinas.example.id/hook")!
    let fixture = Fixture.current

    private func asNotifier<Result: Sendable>(
        _ body: @Sendable (WebhookStore, PostgresPool) async throws -> Result
    ) async throws -> Result {
        try await fixture.asRole(Self.login) { pool in
            try await body(WebhookStore(jurisdiction: TestCity.code, stream: "dlhk", pool: pool), pool)
        }
    }

    private static func made(
        _ store: WebhookStore, policy: WebhookPolicy = .block, after position: Int64 = 0
    ) async throws -> UUID {
        let id = UUID()
        let made = try await store.create(
            id, address, policy: policy, types: nil, after: position, secret: secret, key: nil)
        guard case .made = made else { throw Unexpected("\(made)") }
        return id
    }

    private static func lease(_ id: UUID, _ store: WebhookStore, by holder: UUID = UUID()) async throws -> WebhookLease
    {
        let leases = try await store.take(for: holder).leases
        return try #require(leases.first { $0.id == id })
    }

    /// Lets the lease run out.
    private func expire(_ id: UUID) async throws {
        _ = try await fixture.pool.query(
            "UPDATE webhook SET lease_until = now() - interval '1 second' WHERE id = \(id)")
    }

    private func routed(_ count: Int) async throws {
        let reports = try (0..<count).map { _ in try TestCity.report() }
        _ = try await AdmissionStore(pool: fixture.pool).admit(reports, in: TestCity.code)
        _ = try await fixture.routeAll()
    }

    // MARK: The lease

    @Test func `an endpoint has one owner, and who lost the lease can write nothing`() async throws {
        let (id, old) = try await asNotifier { store, _ async throws in
            let id = try await Self.made(store)
            let lease = try await Self.lease(id, store)
            #expect(try await store.take(for: UUID()).leases.isEmpty, "it is somebody's")
            #expect(try await store.renew(lease)?.fence == lease.fence)
            return (id, lease)
        }
        try await expire(id)
        try await asNotifier { store, _ async throws in
            let new = try await Self.lease(id, store)
            #expect(new.fence == old.fence + 1)
            let attempt = WebhookAttempt(status: 200)
            let event = StoredEvent(cursor: Cursor(epoch: 1, seq: 9), id: UUID(), type: "assigned", body: "{}")
            #expect(try await store.renew(old) == nil)
            #expect(try await !store.record(old, seq: 9, attempt))
            #expect(try await !store.postpone(old, seq: 9, attempts: 1, seconds: 5, attempt))
            #expect(try await !store.disable(old, seq: 9, attempts: 1, .gone, attempt))
            #expect(try await store.setAside(old, event, attempts: 1, attempt) == .lost)
            #expect(try await !store.settleReplay(old, seq: 9))
            try await store.release(old)
            let record = try #require(try await store.one(id))
            #expect(record.cursor.seq == 0 && record.state == .active && record.lastStatus == nil && record.dead == 0)
            #expect(try await store.take(for: UUID()).leases.isEmpty, "the old owner's word does not free it")
            #expect(try await store.record(new, seq: 3, attempt))
            #expect(try await store.one(id)?.lastStatus == 200)
        }
    }

    @Test func `what was written down is where the next owner begins`() async throws {
        try await asNotifier { store, _ async throws in
            let id = try await Self.made(store, after: 4)
            let lease = try await Self.lease(id, store)
            #expect(lease.seq == 4 && lease.attempts == 0 && lease.waitSeconds == nil)
            #expect(
                try await store.postpone(
                    lease, seq: 6, attempts: 3, seconds: 600, WebhookAttempt(failure: "timed_out")))
            try await store.release(lease)
            let next = try await Self.lease(id, store)
            #expect(next.seq == 6 && next.attempts == 3)
            #expect((590...600).contains(next.waitSeconds ?? 0))
            let record = try #require(try await store.one(id))
            #expect(record.lastFailure == "timed_out" && record.lastStatus == nil && record.nextAttemptAt != nil)
            // Somebody looked, and has it tried at once.
            #expect(try await store.change(id, WebhookWish(state: .active)))
            let renewed = try #require(try await store.renew(next))
            #expect(renewed.attempts == 0 && renewed.waitSeconds == nil && renewed.seq == 6)
        }
    }

    @Test func `a disabled endpoint is nobody's until it is enabled, and goes on with what is kept`() async throws {
        try await routed(3)
        let id = try await asNotifier { store, _ async throws in
            let id = try await Self.made(store)
            let lease = try await Self.lease(id, store)
            #expect(try await store.disable(lease, seq: 0, attempts: 25, .exhausted, WebhookAttempt(status: 500)))
            try await store.release(lease)
            #expect(try await store.renew(lease) == nil)
            let (leases, count) = try await store.take(for: UUID())
            #expect(leases.isEmpty && count == WebhookCount(active: 0, disabled: 1))
            let record = try #require(try await store.one(id))
            #expect(record.state == .disabled && record.reason == "exhausted" && record.disabledAt != nil)
            #expect(record.head == 3 && record.cursor == Cursor(epoch: 1, seq: 0))
            return id
        }
        _ = try await fixture.pool.query("DELETE FROM stream_event WHERE stream = 'dlhk' AND seq < 3")
        _ = try await fixture.pool.query("UPDATE stream SET first_seq = 3 WHERE code = 'dlhk'")
        try await asNotifier { store, _ async throws in
            #expect(try await store.change(id, WebhookWish(state: .active)))
            let lease = try await Self.lease(id, store)
            #expect(lease.seq == 2 && lease.attempts == 0)
            #expect(try await store.one(id)?.reason == nil)
            #expect(try await store.change(id, WebhookWish(state: .disabled)))
            #expect(try await store.renew(lease) == nil)
            #expect(try await store.one(id)?.reason == "asked")
        }
    }

    // MARK: Changes

    @Test func `there are at most twenty, and a request that comes again makes none`() async throws {
        try await asNotifier { store, _ async throws in
            let (first, again) = (UUID(), UUID())
            func create(_ id: UUID, _ key: String, _ hash: UInt8) async throws -> WebhookCreation {
                try await store.create(
                    id, Self.address, policy: .deadLetter, types: [.assigned], after: 0, secret: Self.secret,
                    key: (key, [hash]))
            }
            guard case .made = try await create(first, "a", 1) else { throw Unexpected("not made") }
            guard case .repeated(first, let sealed?) = try await create(again, "a", 1) else {
                throw Unexpected("not found again")
            }
            #expect(sealed == Self.secret)
            guard case .keyReused = try await create(again, "a", 2) else { throw Unexpected("another request") }
            for _ in 1..<WebhookStore.limit { _ = try await Self.made(store) }
            guard case .full = try await create(again, "b", 1) else { throw Unexpected("one too many") }
            guard case .repeated(first, _) = try await create(again, "a", 1) else { throw Unexpected("forgotten") }
            let records = try await store.list()
            #expect(records.count == WebhookStore.limit && records.first?.types == [.assigned])
            #expect(try await store.remove(first))
            #expect(try await !store.remove(first))
            guard case .made = try await create(again, "b", 1) else { throw Unexpected("no room again") }
        }
    }

    @Test func `what is changed is changed, and the rest stays`() async throws {
        try await asNotifier { store, _ async throws in
            let id = try await Self.made(store)
            let other = try #require(WebhookAddress.read("https://baru.example.id/"))
            #expect(try await store.change(id, WebhookWish(address: other, types: [.resolved])))
            #expect(try await store.change(id, WebhookWish(policy: .deadLetter)))
            var record = try #require(try await store.one(id))
            #expect(record.url == other.text && record.types == [.resolved] && record.policy == .deadLetter)
            #expect(try await store.change(id, WebhookWish(types: [])))
            record = try #require(try await store.one(id))
            #expect(record.types == nil && record.url == other.text)
            #expect(try await !store.change(UUID(), WebhookWish(policy: .block)))
        }
    }

    @Test func `a new secret leaves the old one good for a day`() async throws {
        let id = try await asNotifier { store, _ async throws in
            let id = try await Self.made(store)
            let new = SealedBox(box: [9], keyID: 2)
            guard case .rotated? = try await store.rotate(id, to: new, key: "k") else {
                throw Unexpected("not rotated")
            }
            guard case .repeated(new)? = try await store.rotate(id, to: Self.secret, key: "k") else {
                throw Unexpected("the same request made another secret")
            }
            let lease = try await Self.lease(id, store)
            #expect(lease.secret == new && lease.previous == Self.secret)
            #expect(try await store.one(id)?.previousUntil != nil)
            #expect(try await store.rotate(UUID(), to: new, key: nil) == nil)
            return id
        }
        _ = try await fixture.pool.query("UPDATE webhook SET previous_until = now(), lease_until = now()")
        try await asNotifier { store, _ async throws in
            #expect(try await Self.lease(id, store).previous == nil)
        }
    }

    // MARK: Dead letters

    @Test func `an event that is set aside is passed over, listed, and sent once more when asked for`() async throws {
        try await routed(2)
        try await asNotifier { store, pool async throws in
            let id = try await Self.made(store, policy: .deadLetter)
            let lease = try await Self.lease(id, store)
            let reader = StreamReader(jurisdiction: TestCity.code, stream: "dlhk", pool: pool)
            let event = try #require(try await reader.page(after: 0, limit: 1)?.events.first)
            #expect(try await store.setAside(lease, event, attempts: 25, WebhookAttempt(status: 500)) == .done)
            let letter = try #require(try await store.dead(id, after: 0, limit: 10).first)
            #expect(letter.cursor == event.cursor && letter.eventID == event.id && letter.lastStatus == 500)
            #expect(letter.attempts == 25 && letter.replayAt == nil && letter.type == "assigned")
            #expect(try await store.dead(id, after: 1, limit: 10).isEmpty)
            #expect(try await store.renew(lease)?.hasReplays == false)
            #expect(try await store.replay(id, [7]) == 0)
            #expect(try await store.replay(id, nil) == 1)
            let renewed = try #require(try await store.renew(lease))
            #expect(renewed.hasReplays && renewed.seq == 1)
            #expect(try await store.replays(lease, limit: 10).map(\.body) == [event.body])
            try await store.endReplays(lease, failed: event.cursor.seq, WebhookAttempt(failure: "unreachable"))
            #expect(try await store.replays(lease, limit: 10).isEmpty)
            let failed = try await store.dead(id, after: 0, limit: 10).first
            #expect(failed?.attempts == 26 && failed?.lastFailure == "unreachable" && failed?.lastStatus == nil)
            #expect(try await store.settleReplay(lease, seq: 1))
            #expect(try await store.one(id)?.dead == 0)
        }
    }

    @Test func `no more is set aside than may be`() async throws {
        let (id, lease) = try await asNotifier { store, _ async throws in
            let id = try await Self.made(store, policy: .deadLetter)
            return (id, try await Self.lease(id, store))
        }
        _ = try await fixture.pool.query(
            """
            INSERT INTO webhook_dead (jurisdiction, stream, webhook_id, seq, epoch, event_id, type, attempts)
            SELECT 'kupang', 'dlhk', \(id), n, 1, gen_random_uuid(), 'assigned', 1
            FROM generate_series(1, \(literal: WebhookStore.deadLimit)) n
            """)
        try await asNotifier { store, _ async throws in
            let event = StoredEvent(
                cursor: Cursor(epoch: 1, seq: 5_000), id: UUID(), type: "assigned", body: "{}")
            #expect(try await store.setAside(lease, event, attempts: 1, WebhookAttempt(status: 500)) == .full)
            #expect(try await store.one(id)?.cursor.seq == 0)
            #expect(try await store.remove(id))
        }
        let left = try await fixture.pool.query("SELECT count(*) FROM webhook_dead").one().decode(Int64.self, at: 0)
        #expect(left == 0)
    }

    // MARK: Whose they are

    @Test func `a notifier sees its own agency's endpoints alone`() async throws {
        let foreign = UUID()
        for (id, stream) in [(UUID(), "dlhk"), (foreign, "dishub")] as [(UUID, StreamCode)] {
            let store = WebhookStore(jurisdiction: TestCity.code, stream: stream, pool: fixture.pool)
            _ = try await store.create(
                id, Self.address, policy: .block, types: nil, after: 0, secret: Self.secret, key: nil)
        }
        #expect(try await WebhookStore.list(in: TestCity.code, pool: fixture.pool).count == 2)
        #expect(try await WebhookStore.stream(of: foreign, in: TestCity.code, pool: fixture.pool) == "dishub")
        try await asNotifier { _, pool async throws in
            let rows = try await pool.query("SELECT stream FROM webhook")
            #expect(try rows.map { try $0.decode(String.self, at: 0) } == ["dlhk"])
            let other = WebhookStore(jurisdiction: TestCity.code, stream: "dishub", pool: pool)
            #expect(try await other.take(for: UUID()).leases.isEmpty)
            #expect(try await !other.remove(foreign))
            let error = await #expect(throws: PostgresError.self) {
                _ = try await other.create(
                    UUID(), Self.address, policy: .block, types: nil, after: 0, secret: Self.secret, key: nil)
            }
            #expect(error?.sqlState == .insufficientPrivilege)
        }
    }

    @Test(arguments: ["sasando_intake", "sasando_routing", "sasando_analytics"])
    func `no other service learns where anything is pushed to`(role: String) async throws {
        try await fixture.asRole(role) { pool in
            for sql in ["SELECT * FROM webhook", "SELECT * FROM webhook_dead", "DELETE FROM webhook"] as [SQL] {
                let error = await #expect(throws: PostgresError.self, "\(sql)") { _ = try await pool.query(sql) }
                #expect(error?.sqlState == .insufficientPrivilege, "\(sql)")
            }
        }
    }
}
