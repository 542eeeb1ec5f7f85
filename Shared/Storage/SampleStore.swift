package import Domain
internal import FoundationEssentials
package import PostgreSQL
package import Streams

/// Sample reports and simulated ones, which came by a channel of their own, taken out again: needs the owner's login.
package struct SampleStore: Sendable {
    /// The channel that marks a report as a sample.
    package static let channel: ChannelCode = "contoh"
    private static let batchLimit = 200

    private let pool: PostgresPool
    private let channel: ChannelCode

    /// - Parameter channel: what came by it is taken out.
    package init(pool: PostgresPool, channel: ChannelCode = channel) {
        self.pool = pool
        self.channel = channel
    }

    /// Deletes every routed report of the channel and lets the figures be counted anew without them.
    ///
    /// Streams stay gapless: their events keep their places, redacted and uncounted, and a `redacted` event
    /// tells consumers to delete their copies.
    /// - Returns: how many reports were removed, and the streams' new heads.
    package func remove(in jurisdiction: JurisdictionCode) async throws -> (removed: Int, heads: [StreamHead]) {
        guard let loaded = try await CityStore(pool: pool).city(jurisdiction) else { return (0, []) }
        var removed = 0
        var heads: [AgencyCode: StreamHead] = [:]
        while true {
            let batch = try await removeBatch(EventMaker(loaded), in: jurisdiction)
            if batch.removed == 0 { break }
            removed += batch.removed
            for head in batch.heads { heads[head.stream] = head }
        }
        if removed > 0 {
            try await AnalyticsStore(pool: pool).reset(jurisdiction)
            // Published with what nobody had reported: months are published anew.
            _ = try await pool.query("DELETE FROM published_count WHERE jurisdiction = \(jurisdiction)")
        }
        return (removed, heads.values.sorted { $0.stream < $1.stream })
    }

    private func removeBatch(
        _ events: EventMaker, in jurisdiction: JurisdictionCode
    ) async throws -> (removed: Int, heads: [StreamHead]) {
        try await pool.withTransaction { tx in
            let locked = try await tx.query(
                """
                SELECT now(), \(WorkRecord.columns) FROM report_state s
                JOIN report r ON r.jurisdiction = s.jurisdiction AND r.id = s.report_id
                WHERE s.jurisdiction = \(jurisdiction) AND r.channel = \(channel)
                ORDER BY s.report_id LIMIT \(literal: Self.batchLimit) FOR UPDATE OF s
                """)
            guard let now = try locked.first?.decode(Timestamp.self, at: 0) else { return (0, []) }
            var works: [UUID: WorkRecord] = [:]
            for row in locked {
                let work = try WorkRecord(row: row, from: 1)
                works[work.report.id] = work
            }
            let ids = Array(works.keys)
            let written = try await tx.query(
                """
                SELECT DISTINCT report_id, stream FROM stream_event
                WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids)) AND stream NOT LIKE 'channel/%'
                """)
            var told: [UUID: Set<AgencyCode>] = [:]
            for row in written {
                let stream = AgencyCode(rawValue: try row.decode(String.self, at: 1))
                told[try row.decode(UUID.self, at: 0), default: []].insert(stream)
            }
            let pending = told.sorted { $0.key.text < $1.key.text }.flatMap { id, streams in
                works[id].map {
                    events.redacted(Outcome.redaction(of: $0.state, at: now), of: $0, tell: streams.sorted()).events
                } ?? []
            }
            let results = try await tx.commit(
                after: [Self.redaction(of: ids, in: jurisdiction)] + Self.deletions(of: ids, in: jurisdiction)
                    + Append.statements(pending, in: jurisdiction) + [Self.uncounting(ids, in: jurisdiction)])
            return (ids.count, try Append.heads(results[results.count - 2]))
        }
    }

    private static func redaction(of ids: [UUID], in jurisdiction: JurisdictionCode) -> SQL {
        """
        UPDATE stream_event SET body = redacted_event(body)
        WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids))
        """
    }

    private static func deletions(of ids: [UUID], in jurisdiction: JurisdictionCode) -> [SQL] {
        [
            "DELETE FROM deadline WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids))",
            "DELETE FROM report_history WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids))",
            "DELETE FROM command_receipt WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids))",
            "DELETE FROM reporter_receipt WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids))",
            MediaStore.erasure(of: ids, in: jurisdiction),
            "DELETE FROM report_state WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids))",
            "DELETE FROM identity_reading WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids))",
            "DELETE FROM reporter_identity WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids))",
            "DELETE FROM report_flag WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids))",
            "DELETE FROM report_moderation WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids))",
            "DELETE FROM report WHERE jurisdiction = \(jurisdiction) AND id = ANY(\(ids))",
        ]
    }

    /// After the append, so that the new events are uncounted too.
    private static func uncounting(_ ids: [UUID], in jurisdiction: JurisdictionCode) -> SQL {
        """
        UPDATE stream_event SET uncounted = true
        WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(ids)) AND NOT uncounted
        """
    }
}
