package import Domain
package import FoundationEssentials
package import PostgreSQL

/// Recounts from the tables what must hold whatever was killed; each check gives what it found wrong, in words.
package struct StoreAudit: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The store's faults, all of them.
    package func faults() async throws -> [String] {
        var faults: [String] = []
        faults += try await streams()
        faults += try await firsts()
        faults += try await replay()
        faults += try await transitions()
        faults += try await states() + closings()
        faults += try await rollups() + copies()
        return faults
    }

    /// What a query finds, a line for each of its rows, the first ten.
    private func lines(_ what: String, _ sql: SQL) async throws -> [String] {
        let rows = try await pool.query("SELECT q::text, count(*) OVER () FROM (\(sql)) q LIMIT 10")
        var found: [String] = []
        for row in rows {
            found.append("\(what): \(try row.decode(String.self, at: 0)) (of \(try row.decode(Int64.self, at: 1)))")
        }
        return found
    }

    /// A channel's stream has copies of them.
    private static let agencyEvents: SQL = "(SELECT * FROM stream_event WHERE stream NOT LIKE 'channel/%')"

    /// Every stream is gapless: its numbers are 1, 2 … head.
    package func streams() async throws -> [String] {
        try await lines(
            "a stream with a gap",
            """
            SELECT s.code, s.head, count(e.seq), min(e.seq), max(e.seq)
            FROM stream s LEFT JOIN stream_event e ON e.jurisdiction = s.jurisdiction AND e.stream = s.code
            GROUP BY s.jurisdiction, s.code, s.head
            HAVING s.head <> count(e.seq) OR s.head <> coalesce(max(e.seq), 0) OR coalesce(min(e.seq), 1) <> 1
            """)
    }

    /// Every report that routing has taken stands in exactly one stream as version 1.
    package func firsts() async throws -> [String] {
        try await lines(
            "a report not in exactly one stream",
            """
            SELECT r.id, count(e.seq) FROM report r
            LEFT JOIN \(Self.agencyEvents) e ON e.report_id = r.id AND e.type = 'assigned' AND e.version = 1
            WHERE NOT EXISTS (SELECT FROM inbox i WHERE i.report_id = r.id)
            GROUP BY r.id HAVING count(e.seq) <> 1
            """)
    }

    /// Every report's events, one after the other, lead to the state that it is in: versions without a gap, each
    /// beginning where the one before ended, a transfer as two events of one version.
    package func replay() async throws -> [String] {
        try await lines(
            "events that do not follow each other",
            """
            SELECT * FROM (
                SELECT report_id, version, type, stream, agency, previous_status, status,
                    lag(version) OVER w AS before, lag(type) OVER w AS type_before, lag(status) OVER w AS status_before,
                    lag(agency) OVER w AS agency_before
                FROM \(Self.agencyEvents) events
                WINDOW w AS (PARTITION BY report_id ORDER BY version, type <> 'transferred_out')) e
            WHERE NOT coalesce(CASE
                WHEN before IS NULL THEN version = 1 AND type = 'assigned' AND previous_status = 'received'
                    AND stream = agency
                WHEN type = 'transferred_out' THEN version = before + 1 AND previous_status = status_before
                    AND stream = agency_before AND agency <> agency_before
                WHEN type = 'assigned' THEN version = before AND type_before = 'transferred_out' AND stream = agency
                    AND status = status_before AND agency = agency_before
                ELSE version = before + 1 AND previous_status = status_before AND stream = agency
                    AND agency = agency_before
                END, false)
            """)
            + lines(
                "a state that its events do not lead to",
                """
                SELECT s.report_id, s.agency, s.status, s.version, e.agency, e.status, e.version
                FROM report_state s LEFT JOIN LATERAL (
                    SELECT * FROM \(Self.agencyEvents) e
                    WHERE e.jurisdiction = s.jurisdiction AND e.report_id = s.report_id
                    ORDER BY version DESC, type = 'transferred_out' LIMIT 1) e ON true
                WHERE (s.agency, s.status, s.version, s.category, s.subtype, s.area)
                    IS DISTINCT FROM (e.agency, e.status, e.version, e.category, e.subtype, e.area)
                """)
            + lines(
                "versions of a report out of order within a stream",
                """
                SELECT * FROM (
                    SELECT stream, report_id, seq, version, type, lag(version) OVER w AS before,
                        lag(type) OVER w AS type_before
                    FROM stream_event WINDOW w AS (PARTITION BY stream, report_id ORDER BY seq)) e
                WHERE version <= before AND NOT (stream LIKE 'channel/%' AND version = before
                    AND type = 'assigned' AND type_before = 'transferred_out')
                """)
    }

    /// Every step is a row of the status machine.
    package func transitions() async throws -> [String] {
        let rows = try await pool.query(
            """
            SELECT previous_status, type, status, count(*), min(report_id::text)
            FROM \(Self.agencyEvents) events WHERE version > 1 AND type <> 'assigned' GROUP BY 1, 2, 3
            """)
        var faults: [String] = []
        for row in rows {
            let (from, type, to, n, example) = try row.decode((String, String, String, Int64, String).self)
            let isRow = Transition.table.contains { step in
                step.from.rawValue == from && Self.types(of: step).contains(type)
                    && Self.targets(of: step).contains(to)
            }
            if !isRow {
                faults.append("no row of the machine leads from \(from) by \(type) to \(to): \(n), as \(example)")
            }
        }
        return faults
    }

    private static func types(of step: Transition) -> Set<String> {
        switch step.to {
        case .receiver: ["transferred_out"]
        case .ending: ["rejected", "marked_duplicate"]
        default: [step.event.rawValue]
        }
    }

    private static func targets(of step: Transition) -> Set<String> {
        switch step.to {
        case .status(let status): [status.rawValue]
        case .same: [step.from.rawValue]
        case .receiver: ["assigned", "triage"]
        case .ending: ["rejected", "duplicate"]
        case .again: ["reopened", "triage"]
        }
    }

    /// States, histories and timers agree.
    package func states() async throws -> [String] {
        try await lines(
            "a report both waiting and decided, or neither",
            """
            SELECT r.id FROM report r
            LEFT JOIN report_state s ON s.jurisdiction = r.jurisdiction AND s.report_id = r.id
            LEFT JOIN inbox i ON i.jurisdiction = r.jurisdiction AND i.report_id = r.id
            WHERE (s.report_id IS NULL) = (i.report_id IS NULL)
            """)
            + lines(
                "a history that is not one line a version",
                """
                SELECT s.report_id, s.version, count(h.version), max(h.version) FROM report_state s
                LEFT JOIN report_history h ON h.jurisdiction = s.jurisdiction AND h.report_id = s.report_id
                GROUP BY s.report_id, s.version HAVING count(h.version) <> s.version OR max(h.version) <> s.version
                """)
            + lines(
                "a timer of a report that is done",
                """
                SELECT d.* FROM deadline d JOIN report_state s USING (jurisdiction, report_id)
                WHERE s.next_due_at IS NULL AND NOT (d.kind = 'close' AND s.status = 'resolved')
                """)
    }

    /// Every resolved report has the timer that closes it.
    package func closings() async throws -> [String] {
        try await lines(
            "a resolved report that nothing will close",
            """
            SELECT s.jurisdiction, s.report_id FROM report_state s
            WHERE s.status = 'resolved' AND NOT EXISTS (
                SELECT FROM deadline d
                WHERE d.jurisdiction = s.jurisdiction AND d.report_id = s.report_id AND d.kind = 'close')
            """)
    }

    /// The rollups are what a count of the tables gives.
    package func rollups() async throws -> [String] {
        try await lines(
            "a count of reports that is wrong (tables, rollup)",
            """
            SELECT day, agency, category, area, status, x.n, y.n FROM (
                SELECT (r.received_at AT TIME ZONE 'Asia/Makassar')::date AS day, s.agency,
                    coalesce(s.category, '') AS category, coalesce(s.area, '') AS area, s.status, count(*) AS n
                FROM report_state s JOIN report r ON r.jurisdiction = s.jurisdiction AND r.id = s.report_id
                GROUP BY 1, 2, 3, 4, 5) x
            FULL JOIN (SELECT day, agency, category, area, status, n FROM rollup_state WHERE n <> 0) y
                USING (day, agency, category, area, status)
            WHERE x.n IS DISTINCT FROM y.n
            """)
            + lines(
                "a sum of a day that is not that of its cells (cells, sum)",
                """
                SELECT jurisdiction, day, dimension, code, status, x.n, y.n FROM (
                    SELECT r.jurisdiction, r.day, d.dimension, d.code, r.status, sum(r.n) AS n
                    FROM rollup_state r CROSS JOIN LATERAL (
                        VALUES ('agency', r.agency), ('area', r.area), ('category', r.category)) AS d (dimension, code)
                    GROUP BY 1, 2, 3, 4, 5) x
                FULL JOIN rollup_day y USING (jurisdiction, day, dimension, code, status)
                WHERE x.n IS DISTINCT FROM y.n
                """)
            + lines(
                "a sum over all days that is not that of its days (days, sum)",
                """
                SELECT jurisdiction, dimension, code, status, x.n, y.n FROM (
                    SELECT jurisdiction, dimension, code, status, sum(n) AS n FROM rollup_day GROUP BY 1, 2, 3, 4) x
                FULL JOIN rollup_standing y USING (jurisdiction, dimension, code, status)
                WHERE x.n IS DISTINCT FROM y.n
                """)
            + lines(
                "a count of resolutions that is wrong (events, rollup)",
                """
                SELECT agency, x.n, x.on_time, y.n, y.on_time FROM (
                    SELECT stream AS agency, sum(sign) AS n, sum(CASE WHEN on_time THEN sign ELSE 0 END) AS on_time
                    FROM (SELECT *, CASE type WHEN 'resolved' THEN 1 WHEN 'reopened' THEN -1 END AS sign
                        FROM \(Self.agencyEvents) events WHERE resolve_seconds IS NOT NULL) e
                    GROUP BY 1) x
                FULL JOIN (SELECT agency, sum(n) AS n, sum(on_time) AS on_time FROM rollup_time GROUP BY 1) y
                    USING (agency)
                WHERE coalesce(x.n, 0) <> coalesce(y.n, 0) OR coalesce(x.on_time, 0) <> coalesce(y.on_time, 0)
                """)
            + lines(
                "a sum of times by agency that is not that of its parts (parts, sum)",
                """
                SELECT jurisdiction, day, agency, bucket, x.n, x.on_time, y.n, y.on_time FROM (
                    SELECT jurisdiction, day, agency, bucket, sum(n) AS n, sum(on_time) AS on_time FROM rollup_time
                    GROUP BY 1, 2, 3, 4) x
                FULL JOIN rollup_pace y USING (jurisdiction, day, agency, bucket)
                WHERE (x.n, x.on_time) IS DISTINCT FROM (y.n, y.on_time)
                """)
            + lines(
                "a count of what came in and was done that is wrong (events, rollup)",
                """
                SELECT day, agency, x.opened, x.finished, y.opened, y.finished FROM (
                    SELECT (occurred_at AT TIME ZONE 'Asia/Makassar')::date AS day, stream AS agency,
                        count(*) FILTER (WHERE version = 1 OR NOT was AND is_now) AS opened,
                        count(*) FILTER (WHERE was AND NOT is_now) AS finished
                    FROM (SELECT *, previous_status = ANY(\(Self.open)) AS was, status = ANY(\(Self.open)) AS is_now
                        FROM \(Self.agencyEvents) events WHERE version = 1 OR type NOT IN ('assigned', 'transferred_out')) e
                    GROUP BY 1, 2) x
                FULL JOIN rollup_flow y USING (day, agency)
                WHERE coalesce(x.opened, 0) <> coalesce(y.opened, 0)
                    OR coalesce(x.finished, 0) <> coalesce(y.finished, 0)
                """)
            + publicSums()
    }

    /// The sums that anyone reads are those of the rollups that they are made from.
    private func publicSums() async throws -> [String] {
        try await lines(
            "a public sum that is not that of its cells (cells, sum)",
            """
            SELECT jurisdiction, day, agency, category, x.n, y.n FROM (
                SELECT jurisdiction, day, agency, category, sum(n) AS n FROM rollup_state GROUP BY 1, 2, 3, 4) x
            FULL JOIN rollup_received y USING (jurisdiction, day, agency, category)
            WHERE x.n IS DISTINCT FROM y.n
            """)
            + lines(
                "a public sum of times that is not that of its parts (parts, sum)",
                """
                SELECT jurisdiction, day, agency, category, bucket, x.n, x.on_time, y.n, y.on_time FROM (
                    SELECT jurisdiction, day, agency, category, bucket, sum(n) AS n, sum(on_time) AS on_time
                    FROM rollup_time GROUP BY 1, 2, 3, 4, 5) x
                FULL JOIN rollup_speed y USING (jurisdiction, day, agency, category, bucket)
                WHERE (x.n, x.on_time) IS DISTINCT FROM (y.n, y.on_time)
                """)
    }

    package static let open = ReportStatus.allCases.filter(\.isOpen).map(\.rawValue)

    /// Whether analytics has folded every stream to its head.
    package func isFolded() async throws -> Bool {
        try await pool.query(
            """
            SELECT count(*) FROM stream s JOIN analytics_cursor c ON c.jurisdiction = s.jurisdiction AND c.stream = s.code
            WHERE c.seq <> s.head
            """
        ).one().decode(Int64.self, at: 0) == 0
    }

    /// How many events no channel's stream has been copied to yet that should have them.
    package var uncopied: Int64 {
        get async throws {
            try await count(
                """
                SELECT coalesce(sum(o.head - coalesce(k.seq, 0)), 0)::bigint FROM stream c
                JOIN stream o ON o.jurisdiction = c.jurisdiction AND o.kind <> 'channel'
                LEFT JOIN channel_cursor k
                    ON k.jurisdiction = c.jurisdiction AND k.stream = c.code AND k.source = o.code
                WHERE c.kind = 'channel'
                """)
        }
    }

    /// Every event stands once in the stream of its report's channel, where there is one.
    package func copies() async throws -> [String] {
        try await lines(
            "an event not once in its channel's stream",
            """
            SELECT e.stream, e.seq, e.type, count(o.seq) FROM \(Self.agencyEvents) e
            JOIN stream c ON c.jurisdiction = e.jurisdiction AND c.code = 'channel/' || e.channel
            LEFT JOIN stream_event o ON o.stream = c.code AND o.event_id = e.event_id
            WHERE e.type NOT IN ('commented', 'redacted')
            GROUP BY e.stream, e.seq, e.type HAVING count(o.seq) <> 1
            """)
    }

    /// How many of an integrator's acknowledged reports are not stored under their key and id.
    package func missing(keys: [String], ids: [UUID]) async throws -> Int64 {
        try await count(
            """
            SELECT count(*) FROM unnest(\(keys), \(ids)) AS t (key, id) LEFT JOIN report r
                ON r.jurisdiction = 'kupang' AND r.channel = 'integrator' AND r.id = t.id
                AND r.idempotency_key = \(Self.stored("t.key"))
            WHERE r.id IS NULL
            """)
    }

    /// How many reports are stored under one key, such as `k:replay-1`.
    package func reports(under key: String) async throws -> Int64 {
        try await count("SELECT count(*) FROM report WHERE idempotency_key = \(Self.stored("\(key)::text"))")
    }

    /// How many are stored under the keys `prefix-0` to `prefix-last`.
    package func reports(underPrefix prefix: String, to last: Int) async throws -> Int64 {
        try await count(
            """
            SELECT count(*) FROM generate_series(0, \(Int32(last))) AS n JOIN report r
                ON r.jurisdiction = 'kupang' AND r.channel = 'integrator'
                AND r.idempotency_key = \(Self.stored("('k:' || \(prefix) || '-' || n)"))
            """)
    }

    /// A key as the store has it: its digest, or itself where it is a UUID.
    private static func stored(_ key: SQL) -> SQL {
        """
        CASE WHEN substr(\(key), 3) ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN \(key)
            ELSE left(\(key), 2) || encode(sha256(convert_to(substr(\(key), 3), 'UTF8')), 'hex') END
        """
    }

    package func count(_ sql: SQL) async throws -> Int64 { try await pool.query(sql).one().decode(Int64.self, at: 0) }

    package var waiting: Int64 { get async throws { try await count("SELECT count(*) FROM inbox") } }

    /// A stream's events as they are stored, from the one after `position`.
    package func bodies(of stream: String, after position: Int64 = 0) async throws -> [[UInt8]] {
        let rows = try await pool.query(
            "SELECT body FROM stream_event WHERE stream = \(stream) AND seq > \(position) ORDER BY seq")
        var bodies: [[UInt8]] = []
        bodies.reserveCapacity(rows.count)
        for row in rows { bodies.append(Array(try row.decode(String.self, at: 0).utf8)) }
        return bodies
    }

    /// What of the summary's totals differs from a count of the tables.
    package func faults(ofSummary summary: JSONValue) async throws -> [String] {
        var faults: [String] = []
        let rows = try await pool.query(
            """
            SELECT s.code, count(r.report_id), count(r.report_id) FILTER (WHERE r.status = ANY(\(Self.open))),
                (SELECT count(*) FILTER (WHERE type = 'resolved') - count(*) FILTER (WHERE type = 'reopened')
                    FROM stream_event e WHERE e.stream = s.code AND e.resolve_seconds IS NOT NULL)
            FROM stream s LEFT JOIN report_state r ON r.jurisdiction = s.jurisdiction AND r.agency = s.code
            WHERE s.kind <> 'channel' GROUP BY s.jurisdiction, s.code ORDER BY s.code
            """)
        let counted = Dictionary(
            (summary["agencies"]?.elements ?? []).map { ($0["code"]?.text ?? "", $0) }, uniquingKeysWith: { a, _ in a })
        for row in rows {
            let (code, received, open, resolved) = try row.decode((String, Int64, Int64, Int64).self)
            let told = ["received", "open", "resolved"].map { counted[code]?[$0]?.number ?? -1 }
            if told != [Double(received), Double(open), Double(resolved)] {
                faults.append("\(code): the summary says \(told), the tables \([received, open, resolved])")
            }
        }
        let total = try await count("SELECT count(*) FROM report_state")
        if summary["totals"]?["received"]?.number != Double(total) {
            faults.append("the summary has \(summary["totals"]?.json ?? "no totals"), the tables \(total) reports")
        }
        return faults
    }
}
