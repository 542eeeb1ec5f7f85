internal import Domain
internal import FoundationEssentials
internal import PostgreSQL
internal import Storage
internal import TestSupport
internal import TestTraits
internal import Testing

/// As each database role: what it must not do.
@Suite(.serialized, .freshDatabase(.city))
struct RoleTests {
    /// A statement that a role must not be able to run.
    struct Forbidden: Sendable {
        var role: String
        var sql: SQL

        init(_ role: String, _ sql: SQL) {
            self.role = role
            self.sql = sql
        }
    }

    static let forbidden: [Forbidden] = [
        Forbidden("sasando_intake", "SELECT * FROM stream_event"),
        Forbidden("sasando_intake", "UPDATE report SET description = 'x'"),
        Forbidden("sasando_intake", "DELETE FROM report"),
        Forbidden("sasando_intake", "UPDATE report_state SET agency = 'pupr'"),
        Forbidden("sasando_intake", "UPDATE report_state SET category = 'kebakaran'"),
        Forbidden("sasando_intake", "DELETE FROM report_history"),
        Forbidden("sasando_intake", "UPDATE deadline SET kind = 'close'"),
        Forbidden("sasando_intake", "SELECT * FROM api_key"),
        Forbidden("sasando_intake", "SELECT * FROM rate_use"),
        Forbidden("sasando_kupang_dlhk", "DELETE FROM rate_use"),
        Forbidden("sasando_analytics", "SELECT * FROM rate_use"),
        Forbidden("sasando_intake", "UPDATE stream SET head = head + 1"),
        Forbidden("sasando_intake", "INSERT INTO report_media SELECT * FROM report_media"),
        Forbidden("sasando_intake", "UPDATE report_media SET is_public = true"),
        Forbidden("sasando_intake", "UPDATE media_upload SET uploader = 'channel:uji'"),
        Forbidden("sasando_routing", "SELECT web FROM report_media"),
        Forbidden("sasando_routing", "SELECT * FROM media_upload"),
        Forbidden("sasando_routing", "SELECT claim_media('kupang', gen_random_uuid(), 'channel:uji', '{}', 1, true)"),
        Forbidden("sasando_routing", "SELECT external_id FROM report"),
        Forbidden("sasando_routing", "SELECT external_id FROM test_report"),
        Forbidden("sasando_kupang_dlhk", "SELECT external_id FROM report"),
        Forbidden("sasando_kupang_dlhk", "SELECT external_id FROM test_report"),
        Forbidden("sasando_intake", "SELECT * FROM published_count"),
        Forbidden("sasando_intake", "SELECT * FROM rollup_received"),
        Forbidden("sasando_intake", "SELECT * FROM announcement_audit"),
        Forbidden("sasando_intake", "UPDATE announcement SET ended_at = now()"),
        Forbidden(
            "sasando_intake",
            """
            INSERT INTO announcement (jurisdiction, id, areas, begins_at, ends_at, text_id)
            VALUES ('kupang', gen_random_uuid(), '{}', now(), now() + interval '1 hour', 'Lampu padam')
            """),
        Forbidden("sasando_routing", "SELECT * FROM announcement"),
        Forbidden("sasando_intake", "UPDATE moderation_log SET reason = 'x'"),
        Forbidden("sasando_intake", "DELETE FROM moderation_log"),
        Forbidden("sasando_intake", "DELETE FROM report_flag"),
        Forbidden("sasando_intake", "UPDATE report_flag SET reason = 'other'"),
        Forbidden("sasando_intake", "DELETE FROM report_moderation"),
        Forbidden("sasando_intake", "SELECT redacted_event('{}')"),
        Forbidden("sasando_routing", "SELECT * FROM report_flag"),
        Forbidden("sasando_routing", "SELECT * FROM moderation_log"),
        Forbidden("sasando_routing", "SELECT redact_report('kupang', gen_random_uuid())"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM report_flag"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM report_moderation"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM moderation_log"),
        Forbidden("sasando_kupang_dlhk", "SELECT redact_report('kupang', gen_random_uuid())"),
        Forbidden("sasando_kupang_dlhk", "SELECT flagged_reports('kupang')"),
        Forbidden("sasando_analytics", "SELECT * FROM report_flag"),
        Forbidden("sasando_analytics", "SELECT * FROM report_moderation"),
        Forbidden("sasando_analytics", "SELECT * FROM moderation_log"),
        Forbidden("sasando_routing", "SELECT * FROM reporter_identity"),
        Forbidden("sasando_routing", "SELECT * FROM stream_event"),
        Forbidden("sasando_routing", "DELETE FROM stream_event"),
        Forbidden("sasando_routing", "UPDATE stream_event SET body = ''"),
        Forbidden("sasando_routing", "UPDATE report SET description = 'x'"),
        Forbidden(
            "sasando_routing",
            """
            INSERT INTO inbox (jurisdiction, urgency, part, report_id) SELECT jurisdiction, 1, 0, id FROM report
            """),
        Forbidden("sasando_routing", "UPDATE stream SET epoch = epoch + 1"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM reporter_identity"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM inbox"),
        Forbidden("sasando_kupang_dlhk", "SELECT thumb FROM report_media"),
        Forbidden("sasando_kupang_dlhk", "DELETE FROM report_media"),
        Forbidden("sasando_kupang_dlhk", "SELECT id FROM media_upload"),
        Forbidden("sasando_kupang_dlhk", "SELECT hash FROM media_removed"),
        Forbidden(
            "sasando_kupang_dlhk",
            """
            INSERT INTO media_upload (jurisdiction, id, uploader, web, thumb, width, height)
            VALUES ('kupang', gen_random_uuid(), 'agency:dishub', sha256('a'), sha256('b'), 1, 1)
            """),
        Forbidden(
            "sasando_kupang_dlhk", "SELECT claim_media('kupang', gen_random_uuid(), 'agency:dishub', '{}', 1, true)"),
        Forbidden(
            "sasando_kupang_dlhk", "SELECT claim_media('kupang', gen_random_uuid(), 'agency:dlhk', '{}', 1, true)"),
        Forbidden("sasando_kupang_dlhk", "SELECT claim_first_media('kupang', gen_random_uuid(), 'channel:uji', '{}')"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM api_key"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM session"),
        Forbidden("sasando_kupang_dlhk", "UPDATE stream_event SET body = ''"),
        Forbidden("sasando_kupang_dlhk", "DELETE FROM stream_event"),
        Forbidden("sasando_kupang_dlhk", "DELETE FROM report_state"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM rollup_state"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM rollup_day"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM rollup_standing"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM rollup_pace"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM rollup_received"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM rollup_speed"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM published_count"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM announcement"),
        Forbidden("sasando_kupang_dlhk", "SELECT * FROM simulation"),
        Forbidden("sasando_kupang_dlhk", "SELECT make_notifier_login('a', 'kupang', 'dishub')"),
        Forbidden("sasando_kupang_dlhk", "SELECT set_login_password('sasando_intake', 'x')"),
        Forbidden("sasando_kupang_dlhk", "UPDATE notifier_login SET agency = 'dishub'"),
        Forbidden("sasando_analytics", "SELECT * FROM reporter_identity"),
        Forbidden("sasando_analytics", "SELECT * FROM report"),
        Forbidden("sasando_analytics", "SELECT n FROM report_media"),
        Forbidden("sasando_analytics", "UPDATE published_count SET n = 9"),
        Forbidden("sasando_analytics", "DELETE FROM published_count"),
        Forbidden("sasando_analytics", "UPDATE announcement SET text_id = 'Lain'"),
        Forbidden("sasando_analytics", "UPDATE announcement SET ends_at = now()"),
        Forbidden("sasando_analytics", "DELETE FROM announcement"),
        Forbidden("sasando_analytics", "DELETE FROM announcement_audit"),
        Forbidden("sasando_analytics", "UPDATE announcement_audit SET by_key = 'x'"),
        Forbidden("sasando_analytics", "UPDATE report_state SET status = 'closed'"),
        Forbidden(
            "sasando_analytics",
            """
            INSERT INTO stream_epoch (jurisdiction, stream, epoch, first_seq, reason)
            VALUES ('kupang', 'dlhk', 9, 1, 'x')
            """),
        Forbidden("sasando_analytics", "SELECT open_session('kupang', '', '')"),
        Forbidden("sasando_analytics", "CREATE TABLE mine (n integer)"),
    ]

    @Test(arguments: Array(Set(forbidden.map(\.role))).sorted())
    func `a role is refused what is not its own`(_ role: String) async throws {
        try await Fixture.current.asRole(role) { pool in
            for forbidden in Self.forbidden where forbidden.role == role {
                let error = await #expect(throws: PostgresError.self, "\(forbidden.sql)") {
                    _ = try await pool.query(forbidden.sql)
                }
                #expect(error?.sqlState == .insufficientPrivilege, "\(forbidden.sql): \(String(describing: error))")
            }
        }
    }

    @Test(arguments: ["intake", "routing", "notifier", "analytics"])
    func `a role registers peers of its own service only`(_ service: String) async throws {
        let role = service == "notifier" ? "sasando_kupang_dlhk" : "sasando_\(service)"
        try await Fixture.current.asRole(role) { pool in
            for other in ["intake", "routing", "notifier", "analytics"] {
                let sql: SQL = """
                    INSERT INTO peer (service, instance, endpoint, public_key, expires_at)
                    VALUES (\(other), gen_random_uuid(), 'tcp://127.0.0.1:1', repeat('x', 40), now())
                    """
                if other == service {
                    _ = try await pool.query(sql)
                } else {
                    await #expect(throws: PostgresError.self) { _ = try await pool.query(sql) }
                }
            }
        }
    }

    @Test(arguments: ["sasando_intake", "sasando_kupang_dlhk", "sasando_channels", "sasando_analytics"])
    func `a role whose doors take keys shares their limits`(_ role: String) async throws {
        let key = [UInt8](repeating: 7, count: 32)
        let ahead = try await Fixture.current.asRole(role) { try await RateStore(pool: $0).share([key: 60]) }
        #expect((ahead[key] ?? 0) > 50, "\(ahead)")
    }

    @Test func `an agency's login sees its own stream and reports, and nobody else's`() async throws {
        let fixture = Fixture.current
        let batch = try [TestCity.report(), TestCity.report(category: "parkir_liar")]
        _ = try await AdmissionStore(pool: fixture.pool).admit(batch, in: TestCity.code)
        _ = try await fixture.routeAll()
        try await fixture.asRole("sasando_kupang_dlhk") { pool in
            let streams = try await pool.query("SELECT DISTINCT stream FROM stream_event")
            #expect(try streams.map { try $0.decode(String.self, at: 0) } == ["dlhk"])
            let states = try await pool.query("SELECT DISTINCT agency FROM report_state")
            #expect(try states.map { try $0.decode(String.self, at: 0) } == ["dlhk"])
            #expect(try await pool.query("SELECT id FROM report").count == 1)
        }
    }

    @Test func `an agency's login can hand its report over`() async throws {
        let fixture = Fixture.current
        let report = try TestCity.report()
        _ = try await AdmissionStore(pool: fixture.pool).admit([report], in: TestCity.code)
        _ = try await fixture.routeAll()
        let events = EventMaker(TestCity.loaded)
        let result = try await fixture.asRole("sasando_kupang_dlhk") { pool in
            try await CommandStore(pool: pool).perform(
                on: report.id, by: "dlhk", in: TestCity.code, key: CommandKey(text: "K", requestHash: [1])
            ) { work, now throws(Refusal) in
                // Another kind of report has other promises, so its timers are moved and one is added too.
                let request = CommandRequest(
                    .transfer(to: "damkar", reason: "Ada api", category: "kebakaran", subtype: nil))
                let outcome = try StatusMachine.decide(
                    state: work.state, command: request, by: .agency("dlhk"), at: now, city: TestCity.city)
                return (events.file(outcome, before: work.state, report: work.report), "")
            }
        }
        guard case .done = result else { return #expect(Bool(false), "\(result)") }
        let rows = try await fixture.pool.query("SELECT agency FROM report_state")
        #expect(try rows.one().decode(String.self, at: 0) == "damkar")
        let timers = try await fixture.pool.query("SELECT kind FROM deadline ORDER BY kind")
        #expect(try timers.map { try $0.decode(String.self, at: 0) } == ["acknowledge_by", "arrive_by", "resolve_by"])
        let lines = try await fixture.pool.query("SELECT type, reason FROM report_history WHERE version = 2")
        #expect(try lines.one().decode(String.self, at: 0) == "transferred_out")
        #expect(try lines.one().decode(String.self, at: 1) == "Ada api")
        try await fixture.asRole("sasando_kupang_dlhk") { pool in
            let lines = try await pool.query("SELECT 1 FROM report_history")
            #expect(lines.isEmpty, "the new agency's notes are its own")
        }
        let there = try await fixture.asRole("sasando_kupang_damkar") { pool in
            try await DeskStore(pool: pool).report(report.id, of: "damkar", in: TestCity.code)?.history ?? []
        }
        #expect(there.map(\.reason) == [nil, "Ada api"])
    }

    @Test func `an agency's login sees and changes no history, timer or answer of another's report`() async throws {
        let fixture = Fixture.current
        let own = try TestCity.report()
        let other = try TestCity.report(category: "parkir_liar")
        _ = try await AdmissionStore(pool: fixture.pool).admit([own, other], in: TestCity.code)
        _ = try await fixture.routeAll()
        _ = try await fixture.pool.query(
            """
            INSERT INTO command_receipt (jurisdiction, agency, key, request_hash, report_id, answer)
            SELECT jurisdiction, agency, 'k', ''::bytea, report_id, '' FROM report_state
            """)
        try await fixture.asRole("sasando_kupang_dlhk") { pool in
            let tables: [SQL] = ["report_history", "deadline", "command_receipt"]
            for table in tables {
                let seen = try await pool.query("SELECT DISTINCT report_id FROM \(table)")
                #expect(try seen.one().decode(UUID.self, at: 0) == own.id, "\(table)")
            }
            let changes: [SQL] = [
                "UPDATE deadline SET due_at = now() WHERE report_id = \(other.id) RETURNING 1",
                "DELETE FROM deadline WHERE report_id = \(other.id) RETURNING 1",
                "DELETE FROM command_receipt WHERE report_id = \(other.id) RETURNING 1",
            ]
            for change in changes { #expect(try await pool.query(change).isEmpty, "\(change)") }
            for insertion in Self.insertions(of: other.id) {
                let error = await #expect(throws: PostgresError.self, "\(insertion)") {
                    _ = try await pool.query(insertion)
                }
                #expect(error?.sqlState == .insufficientPrivilege, "\(insertion): \(String(describing: error))")
            }
        }
        let left = try await fixture.pool.query("SELECT 1 FROM deadline WHERE report_id = \(other.id)")
        #expect(left.count == 2)
    }

    /// What would tell another agency's story, or wake it.
    private static func insertions(of report: UUID) -> [SQL] {
        [
            """
            INSERT INTO report_history (jurisdiction, report_id, version, at, type, status, agency)
            VALUES ('kupang', \(report), 2, now(), 'resolved', 'resolved', 'dlhk')
            """,
            """
            INSERT INTO deadline (jurisdiction, report_id, kind, due_at) VALUES ('kupang', \(report), 'resume', now())
            """,
            """
            INSERT INTO deadline AS d (jurisdiction, report_id, kind, due_at)
            VALUES ('kupang', \(report), 'resolve_by', now())
            ON CONFLICT (jurisdiction, report_id, kind) DO UPDATE SET due_at = excluded.due_at
            """,
            """
            INSERT INTO command_receipt (jurisdiction, agency, key, request_hash, report_id, answer)
            VALUES ('kupang', 'dishub', 'mine', ''::bytea, \(report), '')
            """,
        ]
    }
}
