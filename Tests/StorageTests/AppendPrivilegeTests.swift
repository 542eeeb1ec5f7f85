internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import Streams
internal import TestSupport
internal import TestTraits
internal import Testing

/// Who may append what to which stream.
@Suite(.serialized, .freshDatabase(.city))
struct AppendPrivilegeTests {
    let fixture = Fixture.current

    private func event(_ type: EventType, on stream: AgencyCode, of report: UUID = UUID()) -> PendingEvent {
        let time = Timestamp(seconds: 1_764_000_000)
        return PendingEvent(
            stream: stream, eventID: UUID(), type: type, reportID: report, version: 2, status: .assigned,
            previousStatus: nil, agency: stream, category: nil, subtype: nil, area: nil, channel: "uji",
            receivedAt: time, occurredAt: time, resolveSeconds: nil, onTime: nil,
            body: EventBody(prefix: "{\"sequence\":\"", suffix: "\"}"))
    }

    private func append(_ event: PendingEvent, as role: String) async throws -> SQLState? {
        try await fixture.asRole(role) { pool in
            do {
                _ = try await pool.transaction(Append.statements([event], in: TestCity.code))
                return nil
            } catch let error as PostgresError { return error.sqlState }
        }
    }

    @Test func `an agency's login appends to its own stream, and forges nothing in another's`() async throws {
        let dlhk = "sasando_kupang_dlhk"
        #expect(try await append(event(.commented, on: "dlhk"), as: dlhk) == nil)
        #expect(try await append(event(.commented, on: "dishub"), as: dlhk) == .insufficientPrivilege)
        #expect(try await append(event(.assigned, on: "dishub"), as: dlhk) == .insufficientPrivilege)
        #expect(try await append(event(.assigned, on: "kominfo"), as: "sasando_routing") == nil)
        for role in ["sasando_intake", "sasando_analytics"] {
            #expect(try await append(event(.commented, on: "dlhk"), as: role) == .insufficientPrivilege)
        }
        let heads = try await fixture.pool.query("SELECT code, head FROM stream WHERE head > 0 ORDER BY code")
        #expect(try heads.map { try $0.decode(String.self, at: 0) } == ["dlhk", "kominfo"])
    }

    @Test func `an event for a stream that there is not is refused, not dropped`() async throws {
        #expect(try await append(event(.assigned, on: "pln"), as: "sasando_routing") == .foreignKeyViolation)
    }

    @Test(arguments: ["sasando_routing", "sasando_kupang_dlhk"])
    func `no login numbers an event by itself, or learns how a request hashed`(_ role: String) async throws {
        let forbidden: [SQL] = [
            "UPDATE stream SET head = head + 1",
            """
            INSERT INTO stream_event (jurisdiction, stream, seq, epoch, event_id, type, report_id, version, status,
                agency, channel, received_at, occurred_at, body)
            VALUES ('kupang', 'dlhk', 1, 1, gen_random_uuid(), 'x', gen_random_uuid(), 1, 'x', 'x', 'x', now(), now(),
                '')
            """,
            "SELECT request_hash FROM report", "SELECT idempotency_key FROM report", "SELECT attributes FROM report",
        ]
        try await fixture.asRole(role) { pool in
            for sql in forbidden {
                let error = await #expect(throws: PostgresError.self, "\(sql)") { _ = try await pool.query(sql) }
                #expect(error?.sqlState == .insufficientPrivilege, "\(sql)")
            }
        }
    }

    @Test func `a login cannot touch the peers that another registered`() async throws {
        let register: SQL = """
            INSERT INTO peer (service, instance, endpoint, public_key, expires_at)
            VALUES ('notifier', gen_random_uuid(), 'tcp://127.0.0.1:1', repeat('x', 40), now() + interval '1 hour')
            """
        try await fixture.asRole("sasando_kupang_dishub") { _ = try await $0.query(register) }
        try await fixture.asRole("sasando_kupang_dlhk") { pool async throws in
            let deleted = try await pool.query("DELETE FROM peer RETURNING 1")
            let changed = try await pool.query("UPDATE peer SET endpoint = '' RETURNING 1")
            #expect(deleted.isEmpty && changed.isEmpty)
        }
    }
}
