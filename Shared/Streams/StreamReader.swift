package import Domain
package import FoundationEssentials
package import PostgreSQL

/// An event as it is stored.
package struct StoredEvent: Sendable {
    package var cursor: Cursor
    /// As the CloudEvent has it; a redaction keeps it.
    package var id: UUID
    /// The short type, such as `assigned`.
    package var type: String
    /// The CloudEvent's exact text.
    package var body: String

    package init(cursor: Cursor, id: UUID, type: String, body: String) {
        self.cursor = cursor
        self.id = id
        self.type = type
        self.body = body
    }
}

/// A run of events, and how far the stream reached at the same moment.
package struct StreamPage: Sendable {
    package var epoch: Int
    package var head: Int64
    package var firstKept: Int64
    package var events: [StoredEvent]
}

/// Reads one stream from the store.
package struct StreamReader: Sendable {
    /// A page's bounds: events, and bytes of their texts (at least one event comes in any case).
    package static let maximumPage = 1000
    package static let maximumPageBytes = 4 << 20

    package let jurisdiction: JurisdictionCode
    package let stream: StreamCode
    private let pool: PostgresPool

    /// The store's, for tasks that read large pages.
    package var executor: any TaskExecutor { pool.executor }

    package init(jurisdiction: JurisdictionCode, stream: StreamCode, pool: PostgresPool) {
        self.jurisdiction = jurisdiction
        self.stream = stream
        self.pool = pool
    }

    /// The events after `position`, at most `limit` and about `bytes`, with the stream's extent as of the same snapshot.
    ///
    /// - Returns: nil where there is no such stream.
    package func page(
        after position: Int64, limit: Int, bytes: Int = maximumPageBytes
    ) async throws -> StreamPage? {
        // In order as the inner query gives them: a sort at the end would copy every text, a fifth of the whole cost.
        let rows = try await pool.query(
            """
            SELECT s.epoch, s.head, s.first_seq, e.epoch, e.seq, e.type, e.body, e.event_id
            FROM stream s LEFT JOIN LATERAL (
                SELECT *, sum(octet_length(body)) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) - octet_length(body)
                    AS before FROM (
                    SELECT epoch, seq, type, body, event_id FROM stream_event
                    WHERE jurisdiction = \(jurisdiction) AND stream = \(stream) AND seq > \(position)
                    ORDER BY seq LIMIT \(literal: min(limit, Self.maximumPage))) run
            ) e ON e.before < \(Int64(bytes))
            WHERE s.jurisdiction = \(jurisdiction) AND s.code = \(stream)
            """)
        guard let first = rows.first else { return nil }
        var page = StreamPage(
            epoch: Int(try first.decode(Int32.self, at: 0)), head: try first.decode(Int64.self, at: 1),
            firstKept: try first.decode(Int64.self, at: 2), events: [])
        if try first.decode(Int64?.self, at: 4) == nil { return page }
        page.events.reserveCapacity(rows.count)
        var isSorted = true
        for row in rows {
            let seq = try row.decode(Int64.self, at: 4)
            if let last = page.events.last, last.cursor.seq > seq { isSorted = false }
            page.events.append(
                StoredEvent(
                    cursor: Cursor(epoch: Int(try row.decode(Int32.self, at: 3)), seq: seq),
                    id: try row.decode(UUID.self, at: 7),
                    type: try row.decode(String.self, at: 5), body: try row.decode(String.self, at: 6)))
        }
        // The store promises no order where none is asked for.
        if !isSorted { page.events.sort { $0.cursor.seq < $1.cursor.seq } }
        return page
    }

    /// The stream's epochs, head and what is kept; nil where there is no such stream.
    package func extent() async throws -> StreamExtent? {
        let rows = try await pool.query(
            """
            SELECT s.head, s.first_seq, e.epoch, e.first_seq
            FROM stream s JOIN stream_epoch e ON e.jurisdiction = s.jurisdiction AND e.stream = s.code
            WHERE s.jurisdiction = \(jurisdiction) AND s.code = \(stream)
            ORDER BY e.epoch
            """)
        guard let first = rows.first else { return nil }
        var epochs: [StreamExtent.Epoch] = []
        for row in rows {
            epochs.append(
                StreamExtent.Epoch(
                    epoch: Int(try row.decode(Int32.self, at: 2)), firstSeq: try row.decode(Int64.self, at: 3)))
        }
        return StreamExtent(
            epochs: epochs, head: try first.decode(Int64.self, at: 0), firstKept: try first.decode(Int64.self, at: 1))
    }
}
