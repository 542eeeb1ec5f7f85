package import Domain
package import FoundationEssentials
package import PostgreSQL

/// Streams as the operator looks after them: needs the owner's login.
package struct StreamAdminStore: Sendable {
    /// One stream and how far it, and analytics behind it, have come.
    package struct Summary: Sendable {
        package var stream: String
        package var kind: String
        package var epoch: Int32
        package var head: Int64
        package var firstKept: Int64
        package var folded: Int64?
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func list(in jurisdiction: JurisdictionCode) async throws -> [Summary] {
        let rows = try await pool.query(
            """
            SELECT s.code, s.kind, s.epoch, s.head, s.first_seq, c.seq FROM stream s
            LEFT JOIN analytics_cursor c ON c.jurisdiction = s.jurisdiction AND c.stream = s.code
            WHERE s.jurisdiction = \(jurisdiction) ORDER BY s.code
            """)
        var streams: [Summary] = []
        for row in rows {
            streams.append(
                Summary(
                    stream: try row.decode(String.self, at: 0), kind: try row.decode(String.self, at: 1),
                    epoch: try row.decode(Int32.self, at: 2), head: try row.decode(Int64.self, at: 3),
                    firstKept: try row.decode(Int64.self, at: 4), folded: try row.decode(Int64?.self, at: 5)))
        }
        return streams
    }

    /// Opens a new epoch of every stream of a city, after a restore that lost events.
    ///
    /// Positions beyond the restored head are refused from then on, and those within it go on.
    package func openEpoch(in jurisdiction: JurisdictionCode, reason: String) async throws {
        _ = try await pool.transaction([
            """
            SELECT 1 FROM stream WHERE jurisdiction = \(jurisdiction) ORDER BY jurisdiction, code FOR NO KEY UPDATE
            """,
            "UPDATE stream SET epoch = epoch + 1 WHERE jurisdiction = \(jurisdiction)",
            """
            INSERT INTO stream_epoch (jurisdiction, stream, epoch, first_seq, reason)
            SELECT jurisdiction, code, epoch, head + 1, \(reason) FROM stream WHERE jurisdiction = \(jurisdiction)
            """,
        ])
    }

    /// Lets go of the events before `keepFrom`, a batch at a time; a cursor before them is answered 410.
    ///
    /// What analytics has not counted yet stays, and what a channel's stream has not copied.
    /// - Returns: how many events were deleted.
    package func trim(
        _ stream: StreamCode, in jurisdiction: JurisdictionCode, keepFrom: Int64, batch: Int64 = 5000
    ) async throws -> Int64 {
        let rows = try await pool.query(
            """
            SELECT s.first_seq, least(s.head + 1, \(keepFrom), c.seq + 1, (
                SELECT min(coalesce(k.seq, s.first_seq - 1)) + 1 FROM stream o LEFT JOIN channel_cursor k
                    ON k.jurisdiction = o.jurisdiction AND k.stream = o.code AND k.source = s.code
                WHERE o.jurisdiction = s.jurisdiction AND o.kind = 'channel' AND s.kind <> 'channel'))
            FROM stream s
            LEFT JOIN analytics_cursor c ON c.jurisdiction = s.jurisdiction AND c.stream = s.code
            WHERE s.jurisdiction = \(jurisdiction) AND s.code = \(stream)
            """)
        guard let row = rows.first else { return 0 }
        let first = try row.decode(Int64.self, at: 0)
        let end = try row.decode(Int64.self, at: 1)
        var next = first
        while next < end {
            let stop = min(next + batch, end)
            _ = try await pool.transaction([
                """
                DELETE FROM stream_event
                WHERE jurisdiction = \(jurisdiction) AND stream = \(stream) AND seq < \(stop)
                """,
                // Last: the counter is held no longer than the commit takes.
                """
                UPDATE stream SET first_seq = \(stop)
                WHERE jurisdiction = \(jurisdiction) AND code = \(stream) AND first_seq < \(stop)
                """,
            ])
            next = stop
        }
        return max(0, end - first)
    }

    /// Every event of one report, in every stream, in the order of its versions.
    package func events(
        of report: UUID, in jurisdiction: JurisdictionCode
    ) async throws -> [(stream: String, cursor: Cursor, version: Int32, body: String)] {
        let rows = try await pool.query(
            """
            SELECT stream, epoch, seq, version, body FROM stream_event
            WHERE jurisdiction = \(jurisdiction) AND report_id = \(report) ORDER BY version, occurred_at, stream, seq
            """)
        var events: [(stream: String, cursor: Cursor, version: Int32, body: String)] = []
        for row in rows {
            events.append(
                (
                    try row.decode(String.self, at: 0),
                    Cursor(
                        epoch: Int(try row.decode(Int32.self, at: 1)), seq: try row.decode(Int64.self, at: 2)),
                    try row.decode(Int32.self, at: 3), try row.decode(String.self, at: 4)
                ))
        }
        return events
    }
}
