package import Domain
internal import FoundationEssentials
package import PostgreSQL

/// What `sasandoctl doctor` looks at in the store: needs the owner's login.
package struct DoctorStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// - Parameter now: this machine's time.
    /// - Throws: `PostgresError`, also where the schema is too old to be looked at.
    package func findings(now: Timestamp) async throws -> DoctorFindings {
        DoctorFindings(
            server: try await server(), migration: try await migration(), disk: try await disk(),
            work: try await work(since: now.adding(seconds: -86_400)), streams: try await streams(),
            peers: try await peers(), notifiers: try await notifiers(), longTransactions: try await longTransactions(),
            waiting: try await waiting(), tables: try await tables(),
            disabledWebhooks: try await disabledWebhooks(), lateChats: try await lateChats())
    }

    /// The newest migration that the store has had; 0 for an empty database.
    package func migration() async throws -> Int32 { try await Migrations.version(of: pool) }

    private func server() async throws -> DoctorFindings.Server {
        let row = try await pool.query(
            """
            SELECT current_setting('server_version'),
                (SELECT extversion FROM pg_extension WHERE extname = 'postgis'),
                current_setting('synchronous_commit'), current_setting('fsync'), current_setting('data_checksums'),
                (SELECT coalesce(sum(checksum_failures), 0)::bigint FROM pg_stat_database),
                current_setting('autovacuum'), clock_timestamp(), pg_database_size(current_database()),
                (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                current_setting('max_connections')::bigint,
                (SELECT age(datfrozenxid)::bigint FROM pg_database WHERE datname = current_database())
            """
        ).one()
        return DoctorFindings.Server(
            version: try row.decode(String.self, at: 0), postgisVersion: try row.decode(String?.self, at: 1),
            synchronousCommit: try row.decode(String.self, at: 2), fsync: try row.decode(String.self, at: 3),
            dataChecksums: try row.decode(String.self, at: 4), checksumFailures: try row.decode(Int64.self, at: 5),
            autovacuum: try row.decode(String.self, at: 6), clock: try row.decode(Timestamp.self, at: 7),
            databaseBytes: try row.decode(Int64.self, at: 8), connections: try row.decode(Int64.self, at: 9),
            maximumConnections: try row.decode(Int64.self, at: 10), transactionAge: try row.decode(Int64.self, at: 11))
    }

    /// The store's own `df`, since no function tells of free space; nil where the login may not run programs there.
    private func disk() async throws -> DoctorFindings.Disk? {
        do {
            return try await pool.withTransaction { tx in
                try await tx.query("CREATE TEMPORARY TABLE doctor_disk (line text) ON COMMIT DROP")
                // A server's working directory is its data directory.
                try await tx.query("COPY doctor_disk FROM PROGRAM 'df -Pk .'")
                let rows = try await tx.query("SELECT line FROM doctor_disk OFFSET 1 LIMIT 1")
                return Self.disk(try rows.one().decode(String.self, at: 0))
            }
        } catch let error as PostgresError where error.kind == .server || error.kind == .decoding {
            return nil
        }
    }

    /// From a line of `df -Pk`: file system, total, used, free (in KiB), share used, place.
    static func disk(_ line: String) -> DoctorFindings.Disk? {
        let fields = line.split(whereSeparator: \.isWhitespace)
        guard fields.count >= 6, let total = Int64(fields[fields.count - 5]), let free = Int64(fields[fields.count - 3])
        else { return nil }
        return DoctorFindings.Disk(freeBytes: free * 1024, totalBytes: total * 1024)
    }

    private func work(since yesterday: Timestamp) async throws -> DoctorFindings.Work {
        // Ids begin with the time at which they were made, so the last day's are the index's end.
        let first = UUID.version7(at: yesterday, random: (0, 0))
        let row = try await pool.query(
            """
            SELECT (SELECT count(*) FROM inbox),
                (SELECT coalesce(max(extract(epoch FROM now() - r.received_at)), 0)::float8
                 FROM inbox i JOIN report r ON r.jurisdiction = i.jurisdiction AND r.id = i.report_id),
                (SELECT count(*) FROM deadline WHERE due_at < now() - interval '10 seconds'),
                (SELECT count(*) FROM jurisdiction j JOIN report r ON r.jurisdiction = j.code AND r.id >= \(first)
                 WHERE NOT EXISTS (
                        SELECT FROM report_state s WHERE s.jurisdiction = r.jurisdiction AND s.report_id = r.id)
                    AND NOT EXISTS (
                        SELECT FROM inbox i WHERE i.jurisdiction = r.jurisdiction AND i.report_id = r.id))
            """
        ).one()
        return DoctorFindings.Work(
            inboxDepth: try row.decode(Int64.self, at: 0), oldestInboxSeconds: try row.decode(Double.self, at: 1),
            overdueTimers: try row.decode(Int64.self, at: 2), strayReports: try row.decode(Int64.self, at: 3))
    }

    private func streams() async throws -> [DoctorFindings.Stream] {
        let rows = try await pool.query(
            """
            SELECT s.jurisdiction || '/' || s.code, s.epoch,
                (SELECT max(o.epoch) FROM stream_epoch o WHERE o.jurisdiction = s.jurisdiction AND o.stream = s.code),
                s.head, s.first_seq, e.n, e.first, e.last, c.seq, c.epoch,
                CASE WHEN s.kind = 'channel' THEN (
                    SELECT coalesce(sum(o.head - coalesce(k.seq, o.first_seq - 1)), 0)::bigint FROM stream o
                    LEFT JOIN channel_cursor k
                        ON k.jurisdiction = s.jurisdiction AND k.stream = s.code AND k.source = o.code
                    WHERE o.jurisdiction = s.jurisdiction AND o.kind <> 'channel') END
            FROM stream s
            CROSS JOIN LATERAL (
                SELECT count(*) AS n, min(seq) AS first, max(seq) AS last FROM stream_event e
                WHERE e.jurisdiction = s.jurisdiction AND e.stream = s.code) e
            LEFT JOIN analytics_cursor c ON c.jurisdiction = s.jurisdiction AND c.stream = s.code
            ORDER BY 1
            """)
        var streams: [DoctorFindings.Stream] = []
        for row in rows {
            streams.append(
                DoctorFindings.Stream(
                    name: try row.decode(String.self, at: 0), epoch: try row.decode(Int32.self, at: 1),
                    openedEpoch: try row.decode(Int32?.self, at: 2), head: try row.decode(Int64.self, at: 3),
                    firstKept: try row.decode(Int64.self, at: 4), events: try row.decode(Int64.self, at: 5),
                    firstEvent: try row.decode(Int64?.self, at: 6), lastEvent: try row.decode(Int64?.self, at: 7),
                    folded: try row.decode(Int64?.self, at: 8), foldedEpoch: try row.decode(Int32?.self, at: 9),
                    uncopied: try row.decode(Int64?.self, at: 10)))
        }
        return streams
    }

    private func peers() async throws -> [DoctorFindings.Peer] {
        let rows = try await pool.query(
            """
            SELECT service, endpoint, public_key, version, clock_ahead_s,
                extract(epoch FROM now() - expires_at)::float8
            FROM peer ORDER BY service, endpoint
            """)
        var peers: [DoctorFindings.Peer] = []
        for row in rows {
            peers.append(
                DoctorFindings.Peer(
                    service: try row.decode(String.self, at: 0), endpoint: try row.decode(String.self, at: 1),
                    publicKey: try row.decode(String.self, at: 2), version: try row.decode(String?.self, at: 3),
                    clockAheadSeconds: try row.decode(Double?.self, at: 4),
                    expiredSeconds: try row.decode(Double.self, at: 5)))
        }
        return peers
    }

    private func notifiers() async throws -> [String: Int64] {
        let cities = try await pool.query("SELECT code FROM jurisdiction ORDER BY code")
        var notifiers: [String: Int64] = [:]
        for row in cities {
            let city = JurisdictionCode(rawValue: try row.decode(String.self, at: 0))
            for (agency, count) in try await PeerStore(pool: pool).notifiers(in: city) {
                notifiers["\(city)/\(agency)"] = Int64(count)
            }
        }
        return notifiers
    }

    private func longTransactions() async throws -> [DoctorFindings.Session] {
        try await sessions(
            """
            SELECT pid, coalesce(usename::text, ''), coalesce(application_name, ''),
                extract(epoch FROM now() - xact_start)::float8, ARRAY[]::integer[]
            FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                AND xact_start < now() - interval '5 seconds'
            ORDER BY xact_start LIMIT 20
            """)
    }

    private func waiting() async throws -> [DoctorFindings.Session] {
        try await sessions(
            """
            SELECT a.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''),
                extract(epoch FROM now() - l.since)::float8, pg_blocking_pids(a.pid)
            FROM pg_stat_activity a
            JOIN (SELECT pid, min(waitstart) AS since FROM pg_locks WHERE NOT granted GROUP BY pid) l ON l.pid = a.pid
            WHERE l.since < now() - interval '1 second'
            ORDER BY l.since LIMIT 20
            """)
    }

    private func sessions(_ sql: SQL) async throws -> [DoctorFindings.Session] {
        var sessions: [DoctorFindings.Session] = []
        for row in try await pool.query(sql) {
            sessions.append(
                DoctorFindings.Session(
                    pid: try row.decode(Int32.self, at: 0), user: try row.decode(String.self, at: 1),
                    application: try row.decode(String.self, at: 2), seconds: try row.decode(Double.self, at: 3),
                    blockers: try row.decode([Int32].self, at: 4)))
        }
        return sessions
    }

    private func disabledWebhooks() async throws -> [DoctorFindings.DisabledWebhook] {
        try await pool.query(
            """
            SELECT w.id, w.jurisdiction || '/' || w.stream, w.reason, s.head - w.seq
            FROM webhook w JOIN stream s ON s.jurisdiction = w.jurisdiction AND s.code = w.stream
            WHERE w.state = 'disabled' AND w.reason <> 'asked' ORDER BY w.disabled_at LIMIT 20
            """
        ).map { row in
            DoctorFindings.DisabledWebhook(
                id: try row.decode(UUID.self, at: 0).text, stream: try row.decode(String.self, at: 1),
                reason: try row.decode(String.self, at: 2), behind: try row.decode(Int64.self, at: 3))
        }
    }

    /// A message is tried a few times within its five minutes, so that a provider may be away for a moment.
    private func lateChats() async throws -> [DoctorFindings.LateChats] {
        let rows = try await pool.query(
            """
            SELECT jurisdiction || '/' || channel, 'chats', count(*), 0::bigint,
                extract(epoch FROM now() - min(due_at))::float8
            FROM chat WHERE due_at < now() - interval '2 minutes' GROUP BY jurisdiction, channel
            UNION ALL
            SELECT jurisdiction || '/' || channel, 'news', count(*), 0::bigint,
                extract(epoch FROM now() - min(due_at))::float8
            FROM chat_report WHERE due_at < now() - interval '2 minutes' GROUP BY jurisdiction, channel
            UNION ALL
            SELECT jurisdiction || '/' || channel, 'messages', count(*), count(*) FILTER (WHERE attempts > 0),
                extract(epoch FROM now() - min(made_at))::float8
            FROM chat_outbox WHERE made_at < now() - interval '5 minutes' GROUP BY jurisdiction, channel
            ORDER BY 1, 2
            """)
        var late: [DoctorFindings.LateChats] = []
        for row in rows {
            guard let kind = DoctorFindings.LateChats.Kind(rawValue: try row.decode(String.self, at: 1)) else {
                continue
            }
            late.append(
                DoctorFindings.LateChats(
                    channel: try row.decode(String.self, at: 0), kind: kind, count: try row.decode(Int64.self, at: 2),
                    tried: try row.decode(Int64.self, at: 3), seconds: try row.decode(Double.self, at: 4)))
        }
        return late
    }

    private func tables() async throws -> [DoctorFindings.Table] {
        let rows = try await pool.query(
            """
            SELECT relname::text, n_live_tup, n_dead_tup FROM pg_stat_user_tables
            WHERE schemaname = 'public' ORDER BY n_dead_tup DESC LIMIT 5
            """)
        var tables: [DoctorFindings.Table] = []
        for row in rows {
            tables.append(
                DoctorFindings.Table(
                    name: try row.decode(String.self, at: 0), liveRows: try row.decode(Int64.self, at: 1),
                    deadRows: try row.decode(Int64.self, at: 2)))
        }
        return tables
    }
}
