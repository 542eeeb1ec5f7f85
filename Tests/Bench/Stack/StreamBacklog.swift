import Domain
import PostgreSQL

/// What the figure of the stream needs of the store.
extension Store {
    /// Appends so many events of about 1.3 kB to an agency's stream, and gives the position before them.
    func appendBacklog(events: Int, to agency: String) async throws -> Cursor {
        let results = try await pool.transaction([
            """
            SELECT epoch, head FROM stream
            WHERE jurisdiction = \(Stack.jurisdiction) AND code = \(agency) FOR NO KEY UPDATE
            """,
            """
            INSERT INTO stream_event (jurisdiction, stream, seq, epoch, event_id, type, report_id, version, status,
                agency, category, channel, received_at, occurred_at, body)
            SELECT s.jurisdiction, s.code, s.head + n, s.epoch, gen_random_uuid(), 'assigned', gen_random_uuid(), 1,
                'assigned', s.code, 'sampah', 'integrator', now(), now(), repeat(md5(n::text), 40)
            FROM stream s, generate_series(1, \(Int64(events))) AS numbers (n)
            WHERE s.jurisdiction = \(Stack.jurisdiction) AND s.code = \(agency)
            """,
            """
            UPDATE stream SET head = head + \(Int64(events))
            WHERE jurisdiction = \(Stack.jurisdiction) AND code = \(agency)
            """,
        ])
        let row = try results[0].one()
        return Cursor(epoch: Int(try row.decode(Int32.self, at: 0)), seq: try row.decode(Int64.self, at: 1))
    }

    /// Reads a stream to its end, 1,000 rows at a time, and gives how many there were.
    func readStream(of agency: String, after start: Cursor) async throws -> Int {
        var (position, count) = (start.seq, 0)
        while true {
            let rows = try await pool.query(
                """
                SELECT epoch, seq, body FROM stream_event
                WHERE jurisdiction = \(Stack.jurisdiction) AND stream = \(agency) AND seq > \(position)
                ORDER BY seq LIMIT 1000
                """)
            if rows.isEmpty { return count }
            for row in rows {
                _ = try row.decode(Int32.self, at: 0)
                position = try row.decode(Int64.self, at: 1)
                guard try !row.decode(String.self, at: 2).isEmpty else { throw BenchFailure("an event without a text") }
                count += 1
            }
        }
    }
}
