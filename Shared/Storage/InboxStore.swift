package import Domain
internal import FoundationEssentials
package import PostgreSQL
package import Streams

/// A report as routing needs it: what it decides by, and what the event says.
package struct InboxItem: Sendable {
    package var urgency: Int16
    package var inboxID: Int64
    package var report: ReportRecord
}

/// A place in the inbox's order.
package struct InboxPosition: Sendable, Hashable {
    package var urgency: Int16
    package var id: Int64

    package static let start = InboxPosition(urgency: -1, id: 0)
}

/// What one claim came to.
package struct Claim: Sendable {
    /// How many reports were read, how many of them were filed, and how many set aside for streams that are held.
    package var read = 0
    package var filed = 0
    package var setAside = 0
    /// The last that was read.
    package var last: InboxPosition?
    /// The streams that grew.
    package var heads: [StreamHead] = []
}

/// How many of the parts that wait one claim may lock.
package enum ClaimReach: Sendable {
    /// All of them: whoever claims is through soon.
    case whole
    /// Half of all parts, those that wait longest first: much waits, and another claim is to find something too.
    case half

    var parts: Int {
        switch self {
        case .whole: InboxPart.count
        case .half: InboxPart.count / 2
        }
    }
}

/// The inbox from routing's side: claim, read, and file what was decided.
package struct InboxStore: Sendable {
    /// How many reports one claim takes, as the store's function `claim_inbox` has it.
    package static let claimLimit = 500

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Claims what waits after `position`, lets `decide` decide, and files it, in one transaction with one last flush.
    ///
    /// The locks on the parts die with the transaction: there are no leases and no orphans.
    /// - Parameters:
    ///   - held: streams that cannot be appended to now: their reports are set aside, and no claim reads them until
    ///     ``giveBack(_:in:)``.
    ///   - patience: the longest wait for one lock; nil: as long as the connection waits.
    ///   - decide: pure; may leave reports out, which then stay in the inbox.
    package func claim(
        in jurisdiction: JurisdictionCode, after position: InboxPosition = .start, reach: ClaimReach = .whole,
        settingAsideFor held: Set<AgencyCode> = [], patience: Duration? = nil,
        deciding decide: @Sendable ([InboxItem], Timestamp) -> [(item: InboxItem, filed: FiledOutcome)]
    ) async throws -> Claim {
        try await pool.withTransaction { tx in
            if let patience {
                let time = "\(Int(patience / .milliseconds(1))) ms"
                _ = try await tx.query("SELECT set_config('lock_timeout', \(time), true)")
            }
            let rows = try await tx.query(
                """
                SELECT claimed_at, urgency, inbox_id, \(ReportRecord.claimedColumns) FROM (
                    SELECT \(jurisdiction) AS jurisdiction, c.* FROM claim_inbox(
                        \(jurisdiction), \(position.urgency), \(position.id), \(Int32(reach.parts))) c) r
                """)
            guard let first = rows.first else { return Claim() }
            let now = try first.decode(Timestamp.self, at: 0)
            let items = try Self.items(rows)
            var claim = Claim(
                read: items.count, last: items.last.map { InboxPosition(urgency: $0.urgency, id: $0.inboxID) })
            let all = decide(items, now)
            guard !all.isEmpty else { return claim }
            let waiting = held.isEmpty ? [] : all.filter { held.contains($0.filed.outcome.state.agency) }
            let decided = held.isEmpty ? all : all.filter { !held.contains($0.filed.outcome.state.agency) }
            let aside = waiting.isEmpty ? [] : [Self.settingAside(waiting, in: jurisdiction)]
            let results = try await tx.commit(after: aside + Self.filing(decided, in: jurisdiction))
            claim.setAside = waiting.count
            claim.filed = decided.count
            claim.heads = decided.isEmpty ? [] : try Append.heads(results[results.count - 1])
            return claim
        }
    }

    private static func items(_ rows: Rows) throws -> [InboxItem] {
        var items: [InboxItem] = []
        items.reserveCapacity(rows.count)
        for row in rows {
            items.append(
                InboxItem(
                    urgency: try row.decode(Int16.self, at: 1), inboxID: try row.decode(Int64.self, at: 2),
                    report: try ReportRecord(claimed: row, from: 3)))
        }
        return items
    }

    /// The streams for which reports are set aside.
    package func heldStreams(in jurisdiction: JurisdictionCode) async throws -> Set<AgencyCode> {
        let rows = try await pool.query(
            """
            SELECT s.code FROM stream s WHERE s.jurisdiction = \(jurisdiction) AND EXISTS (
                SELECT FROM inbox i WHERE i.jurisdiction = s.jurisdiction AND i.held_for = s.code)
            """)
        return Set(try rows.map { try $0.decode(AgencyCode.self, at: 0) })
    }

    /// Whether a stream can be appended to; whoever appends to it at this moment is waited for.
    package func isFree(_ stream: AgencyCode, in jurisdiction: JurisdictionCode) async throws -> Bool {
        try await pool.query("SELECT stream_is_free(\(jurisdiction), \(stream))").one().decode(Bool.self, at: 0)
    }

    /// Gives what was set aside for a stream back to the claims, the oldest first.
    /// - Returns: whether that was all of it.
    package func giveBack(_ stream: AgencyCode, in jurisdiction: JurisdictionCode) async throws -> Bool {
        let limit = Int64(10 * Self.claimLimit)
        let rows = try await pool.query(
            """
            WITH oldest AS (
                SELECT i.urgency, i.id FROM inbox i
                WHERE i.jurisdiction = \(jurisdiction) AND i.held_for = \(stream) ORDER BY i.id LIMIT \(limit)
            ), given AS (
                UPDATE inbox i SET urgency = i.urgency - 10, held_for = NULL FROM oldest o
                WHERE i.jurisdiction = \(jurisdiction) AND i.urgency = o.urgency AND i.id = o.id
                RETURNING 1
            )
            SELECT count(*) FROM given
            """)
        return try rows.one().decode(Int64.self, at: 0) < limit
    }

    private static func settingAside(
        _ waiting: [(item: InboxItem, filed: FiledOutcome)], in jurisdiction: JurisdictionCode
    ) -> SQL {
        """
        UPDATE inbox i SET urgency = i.urgency + 10, held_for = t.agency
        FROM unnest(\(waiting.map(\.item.urgency)), \(waiting.map(\.item.inboxID)),
            \(waiting.map(\.filed.outcome.state.agency))) AS t (urgency, id, agency)
        WHERE i.jurisdiction = \(jurisdiction) AND i.urgency = t.urgency AND i.id = t.id
        """
    }

    /// Everything that a decided batch writes, the append last; nothing for none.
    private static func filing(
        _ decided: [(item: InboxItem, filed: FiledOutcome)], in jurisdiction: JurisdictionCode
    ) -> [SQL] {
        guard !decided.isEmpty else { return [] }
        let filed = decided.map(\.filed)
        let deletion: SQL = """
            DELETE FROM inbox i USING unnest(\(decided.map(\.item.urgency)), \(decided.map(\.item.inboxID)))
                AS t (urgency, id)
            WHERE i.jurisdiction = \(jurisdiction) AND i.urgency = t.urgency AND i.id = t.id
            """
        return [deletion] + Filing.firsts(filed, in: jurisdiction)
            + Append.statements(filed.flatMap(\.events), in: jurisdiction)
    }
}
