import PostgreSQL

/// What the fold figure needs of the store.
extension Store {
    /// Appends the lives of reports to seven agencies' streams: assigned, acknowledged, started and resolved, four
    /// events each, received over the last thirty days all over the city.
    func appendLifeCycles(reports: Int) async throws {
        _ = try await pool.transaction([
            """
            SELECT 1 FROM stream WHERE kind = 'agency' ORDER BY jurisdiction, code FOR NO KEY UPDATE
            """,
            """
            INSERT INTO stream_event (jurisdiction, stream, seq, epoch, event_id, type, report_id, version, status,
                previous_status, agency, category, area, channel, received_at, occurred_at, resolve_seconds, on_time,
                body)
            SELECT s.jurisdiction, s.code, s.head + row_number() OVER (PARTITION BY s.code ORDER BY step.version, r.n),
                s.epoch, gen_random_uuid(), step.type, r.id, step.version, step.status, step.previous, s.code,
                r.category, r.area, 'integrator', r.received_at, r.received_at + step.version * interval '1 hour',
                CASE step.version WHEN 4 THEN 3600 + r.n % 90000 END, CASE step.version WHEN 4 THEN r.n % 5 > 0 END,
                repeat(md5(r.id::text), 40)
            FROM (
                SELECT n, gen_random_uuid() AS id, now() - n % 43200 * interval '1 minute' AS received_at,
                    (ARRAY['sampah', 'kemacetan', 'pkl_liar', 'parkir_liar'])[1 + n % 4] AS category,
                    (SELECT array_agg(code ORDER BY code) FROM area)[1 + n % (SELECT count(*) FROM area)] AS area
                FROM generate_series(1, \(Int64(reports))) AS numbers (n)) r
            JOIN (SELECT *, row_number() OVER (ORDER BY code) AS place, count(*) OVER () AS streams
                FROM stream WHERE kind = 'agency') s ON s.place = 1 + r.n % s.streams
            CROSS JOIN (VALUES (1, 'assigned', 'assigned', NULL), (2, 'acknowledged', 'acknowledged', 'assigned'),
                (3, 'started', 'in_progress', 'acknowledged'), (4, 'resolved', 'resolved', 'in_progress'))
                AS step (version, type, status, previous)
            """,
            """
            UPDATE stream s SET head = e.head
            FROM (SELECT jurisdiction, stream, max(seq) AS head FROM stream_event GROUP BY 1, 2) e
            WHERE s.jurisdiction = e.jurisdiction AND s.code = e.stream
            """,
        ])
    }
}
