import PostgreSQL

/// What the routing figure needs of the store.
extension Store {
    /// Reports for seven agencies and for triage, accepted and not yet routed.
    func fillInbox(_ count: Int) async throws {
        _ = try await pool.transaction([
            """
            INSERT INTO report (jurisdiction, id, channel, idempotency_key, request_hash, tracking_code,
                reporter_key_hash, category, subtype, description, lat, lon, accuracy_m, location_source, area, landmark,
                visibility)
            SELECT 'kupang', id, 'integrator', 'i:' || id, sha256(uuid_send(id)),
                'KPG-' || upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 11)), n,
                (ARRAY['sampah', 'lampu_rambu', 'kemacetan', 'tunawisma_pengemis', 'pkl_liar', 'fogging_dbd', NULL])
                    [1 + n % 7],
                CASE n % 7 WHEN 1 THEN 'lampu_jalan' END,
                'Uji beban #' || lpad(n::text, 10, '0') || ': tumpukan sampah di tepi jalan sudah tiga hari tidak '
                    || 'diangkut dan mulai berbau; warga meminta agar segera dibersihkan.',
                -10.14 - (n % 97) / 10000.0, 123.63 + (n % 89) / 10000.0, 12, 'gps', '53.71.04.1008', 'dekat lapangan',
                'public'
            FROM (
                SELECT n, (lpad(to_hex(1790000000000 + n), 12, '0') || '7' || substr(md5(random()::text), 1, 3) || '8'
                    || substr(md5(random()::text), 1, 15))::uuid AS id
                FROM generate_series(1, \(Int64(count))) AS numbers (n)) made
            """,
            Self.queueing,
        ])
    }

    private static let queueing: SQL = """
        INSERT INTO inbox (jurisdiction, urgency, part, report_id)
        SELECT jurisdiction, 1, get_byte(uuid_send(id), 15) % 64, id FROM report ORDER BY id
        """

    /// Keeps the rows that routing filed aside, and queues the same reports again.
    func keepRouted() async throws {
        try await dropKept()
        _ = try await pool.transaction([
            "CREATE SCHEMA bench",
            "CREATE UNLOGGED TABLE bench.report_state AS SELECT * FROM report_state",
            "CREATE UNLOGGED TABLE bench.deadline AS SELECT * FROM deadline",
            "CREATE UNLOGGED TABLE bench.stream_event AS SELECT * FROM stream_event",
            "TRUNCATE report_state, report_history, deadline, stream_event, inbox",
            Self.queueing,
        ])
        _ = try await pool.query("VACUUM (ANALYZE) bench.report_state, bench.deadline, bench.stream_event")
    }

    /// All that routing does to the store, by one statement: out of the inbox, into state, deadlines and stream.
    func fileKept() async throws {
        _ = try await pool.query(
            """
            WITH gone AS (
                DELETE FROM inbox WHERE jurisdiction = 'kupang' RETURNING report_id
            ), states AS (
                INSERT INTO report_state SELECT s.* FROM gone JOIN bench.report_state s USING (report_id)
            ), timers AS (
                INSERT INTO deadline SELECT d.* FROM gone JOIN bench.deadline d USING (report_id)
            )
            INSERT INTO stream_event SELECT e.* FROM gone JOIN bench.stream_event e USING (report_id)
            """)
    }

    /// Undoes `fileKept`, so that the next pair begins where this one did. The streams go on behind their heads, and
    /// analytics, which stood still meanwhile, behind them.
    func emptyRouted() async throws {
        _ = try await pool.transaction([
            Self.emptying,
            "UPDATE stream SET first_seq = head + 1",
            """
            UPDATE analytics_cursor c SET seq = s.head, epoch = s.epoch FROM stream s
            WHERE s.jurisdiction = c.jurisdiction AND s.code = c.stream
            """,
        ])
        try await settleDisk()
    }

    func dropKept() async throws {
        _ = try await pool.query("DROP SCHEMA IF EXISTS bench CASCADE")
    }
}
