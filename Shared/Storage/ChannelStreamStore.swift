package import Domain
internal import FoundationEssentials
package import PostgreSQL
internal import Streams

/// The channels' streams, and the agencies' that they are copied from: for the notifier that serves channels.
package struct ChannelStreamStore: Sendable {
    /// Streams of one city's channels; the store's function that makes them bounds them.
    package static let limit = 200
    /// Events that are read of each agency's stream at once.
    package static let batchLimit = 500

    /// What is new for a channel, and how far each agency's stream was read for it.
    package struct Batch: Sendable {
        /// One agency's stream: how far it was copied, and how far it was read now.
        package struct Source: Sendable {
            package var agency: AgencyCode
            package var copied: Int64
            package var read: Int64
            package var head: Int64
        }

        package var sources: [Source] = []
        package var events: [CopiedEvent] = []
        /// The text of each event.
        package var texts: [String] = []

        /// How many of the agencies' events are not looked through yet where so much of each stream is.
        package func left(after reach: [AgencyCode: Int64]) -> Int64 {
            sources.reduce(0) { $0 + $1.head - (reach[$1.agency] ?? $1.copied) }
        }

        /// Whether by now all is copied that the agencies' streams had when an earlier batch was read.
        package func hasCopied(_ earlier: Batch) -> Bool {
            earlier.sources.allSatisfy { before in
                sources.first { $0.agency == before.agency }.map { $0.copied >= before.head } ?? true
            }
        }
    }

    private let jurisdiction: JurisdictionCode
    private let pool: PostgresPool

    package init(jurisdiction: JurisdictionCode, pool: PostgresPool) {
        self.jurisdiction = jurisdiction
        self.pool = pool
    }

    /// The channels that have a stream.
    package func channels() async throws -> [ChannelCode] {
        try await pool.query(
            "SELECT code FROM stream WHERE jurisdiction = \(jurisdiction) AND kind = 'channel' ORDER BY code"
        ).compactMap { StreamCode(rawValue: try $0.decode(String.self, at: 0)).channel }
    }

    /// Makes the channel's stream where there is none yet; false where there can be none.
    package func open(_ channel: ChannelCode) async throws -> Bool {
        try await pool.query("SELECT open_channel_stream(\(jurisdiction), \(channel))").one()
            .decode(String?.self, at: 0) != nil
    }

    /// The next events of the channel in every agency's stream, as of one moment.
    ///
    /// That a report was erased is told to all that had it, and taken from the one that has it.
    package func batch(for channel: ChannelCode) async throws -> Batch {
        let stream = StreamCode.channel(channel)
        let rows = try await pool.query(
            """
            WITH source AS MATERIALIZED (
                SELECT o.*, least(o.head, o.start + \(literal: Self.batchLimit)) AS upto FROM (
                    SELECT s.code, s.head, coalesce(c.seq, s.first_seq - 1) AS copied,
                        greatest(c.seq, s.first_seq - 1) AS start
                    FROM stream s LEFT JOIN channel_cursor c ON c.jurisdiction = s.jurisdiction
                        AND c.stream = \(stream) AND c.source = s.code
                    WHERE s.jurisdiction = \(jurisdiction) AND s.kind <> 'channel') o
                WHERE o.head > o.copied)
            SELECT o.code, o.copied, o.upto, o.head, e.seq, e.report_id, e.version, e.type, e.occurred_at, e.body,
                (SELECT bool_or(p.head > p.upto) FROM source p) AND EXISTS (
                    SELECT FROM stream_event b JOIN source p ON p.code = b.stream AND b.seq > p.upto
                    WHERE b.report_id = e.report_id AND b.jurisdiction = \(jurisdiction) AND b.stream <> o.code
                        AND (b.version < e.version
                            OR b.version = e.version AND e.type = 'assigned' AND b.type <> 'assigned'))
            FROM source o LEFT JOIN LATERAL (
                SELECT * FROM stream_event
                WHERE jurisdiction = \(jurisdiction) AND stream = o.code AND seq > o.start
                ORDER BY seq LIMIT \(literal: Self.batchLimit)
            ) e ON e.seq <= o.upto AND e.channel = \(channel) AND (e.type <> 'redacted' OR e.agency = o.code)
            ORDER BY o.code, e.seq
            """)
        var batch = Batch()
        for row in rows { try batch.add(row) }
        return batch
    }

    /// Copies events in this order, and notes how far the agencies' streams are copied; nothing where another process has
    /// gone on meanwhile.
    ///
    /// - Returns: the number of the newest event; nil where none was copied.
    package func copy(
        _ events: [(event: CopiedEvent, body: EventBody)], reach: [AgencyCode: Int64], of batch: Batch,
        to channel: ChannelCode
    ) async throws -> Int64? {
        let moved = batch.sources.filter { (reach[$0.agency] ?? $0.copied) > $0.copied }
        guard !moved.isEmpty else { return nil }
        let copying: SQL = """
            SELECT copy_to_channel(\(jurisdiction), \(StreamCode.channel(channel)),
                \(moved.map(\.agency)), \(moved.map(\.copied)), \(moved.map { reach[$0.agency] ?? $0.copied }),
                \(events.map(\.event.source)), \(events.map(\.event.seq)), \(events.map(\.body.prefix)),
                \(events.map(\.body.suffix)))
            """
        let results: [Rows]
        do { results = try await pool.transaction([copying]) } catch {
            if error.sqlState == .serializationFailure { return nil }
            throw error
        }
        return try results[0].one().decode(Int64?.self, at: 0)
    }
}

extension ChannelStreamStore.Batch {
    fileprivate mutating func add(_ row: Row) throws {
        let agency = AgencyCode(rawValue: try row.decode(String.self, at: 0))
        if sources.last?.agency != agency {
            sources.append(
                Source(
                    agency: agency, copied: try row.decode(Int64.self, at: 1), read: try row.decode(Int64.self, at: 2),
                    head: try row.decode(Int64.self, at: 3)))
        }
        guard let seq = try row.decode(Int64?.self, at: 4) else { return }
        events.append(
            CopiedEvent(
                source: agency, seq: seq, report: try row.decode(UUID.self, at: 5),
                version: Int(try row.decode(Int32.self, at: 6)), type: try row.decode(String.self, at: 7),
                occurredAt: try row.decode(Timestamp.self, at: 8), comesTooSoon: try row.decode(Bool.self, at: 10)))
        texts.append(try row.decode(String.self, at: 9))
    }
}
