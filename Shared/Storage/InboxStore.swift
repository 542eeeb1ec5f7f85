package import Domain
package import FoundationEssentials
package import PostgreSQL
package import Streams

/// A report as routing needs it: what it decides by, and what the event says.
package struct InboxItem: Sendable {
    package var urgency: Int16
    package var inboxID: Int64
    package var report: ReportRecord
}

/// What routing decided about one report, with its event ready.
package struct RoutedDecision: Sendable {
    package var item: InboxItem
    package var decision: Decision
    package var event: PendingEvent

    package init(item: InboxItem, decision: Decision, event: PendingEvent) {
        self.item = item
        self.decision = decision
        self.event = event
    }
}

/// The inbox from routing's side: claim, read, and file what was decided.
package struct InboxStore: Sendable {
    /// How many reports one claim takes.
    package static let claimLimit = 500

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Claims what waits, lets `decide` decide, and files it, in one transaction with one last flush.
    ///
    /// The locks on the parts die with the transaction: there are no leases and no orphans.
    /// - Returns: how many reports were filed, and the heads of the streams that grew.
    package func claim(
        in jurisdiction: JurisdictionCode,
        deciding decide: @Sendable ([InboxItem], Timestamp) -> [RoutedDecision]
    ) async throws -> (filed: Int, heads: [StreamHead]) {
        try await pool.withTransaction { tx in
            let locked = try await tx.query(
                """
                SELECT part, now() FROM inbox_part
                WHERE jurisdiction = \(jurisdiction) AND part IN (
                    SELECT part FROM (
                        SELECT part FROM inbox WHERE jurisdiction = \(jurisdiction)
                        ORDER BY urgency, id LIMIT \(literal: Self.claimLimit)) waiting)
                ORDER BY part LIMIT \(literal: InboxPart.count) FOR UPDATE SKIP LOCKED
                """)
            guard let first = locked.first else { return (0, []) }
            let now = try first.decode(Timestamp.self, at: 1)
            var parts: [Int16] = []
            for row in locked { parts.append(try row.decode(Int16.self, at: 0)) }
            // A second statement, so a fresh snapshot: what the previous holder filed is gone from it.
            let items = try Self.items(try await tx.query(Self.selection(parts: parts, in: jurisdiction)))
            guard !items.isEmpty else { return (0, []) }
            let decisions = decide(items, now)
            let results = try await tx.commit(after: Self.filing(decisions, at: now, in: jurisdiction))
            return (decisions.count, try Append.heads(results[results.count - 1]))
        }
    }

    private static func selection(parts: [Int16], in jurisdiction: JurisdictionCode) -> SQL {
        """
        SELECT i.urgency, i.id, \(ReportRecord.columns)
        FROM (
            SELECT urgency, id, report_id FROM inbox
            WHERE jurisdiction = \(jurisdiction) AND part = ANY(\(parts))
            ORDER BY urgency, id LIMIT \(literal: claimLimit)) i
        JOIN report r ON r.jurisdiction = \(jurisdiction) AND r.id = i.report_id
        ORDER BY i.urgency, i.id
        """
    }

    private static func items(_ rows: Rows) throws -> [InboxItem] {
        var items: [InboxItem] = []
        items.reserveCapacity(rows.count)
        for row in rows {
            items.append(
                InboxItem(
                    urgency: try row.decode(Int16.self, at: 0), inboxID: try row.decode(Int64.self, at: 1),
                    report: try ReportRecord(row: row, from: 2)))
        }
        return items
    }

    /// Everything that a decided batch writes, the append last.
    private static func filing(
        _ decisions: [RoutedDecision], at now: Timestamp, in jurisdiction: JurisdictionCode
    ) -> [SQL] {
        let ids = decisions.map(\.item.report.id)
        let choices = decisions.map(\.decision)
        let deletion: SQL = """
            DELETE FROM inbox i USING unnest(\(decisions.map(\.item.urgency)), \(decisions.map(\.item.inboxID)))
                AS t (urgency, id)
            WHERE i.jurisdiction = \(jurisdiction) AND i.urgency = t.urgency AND i.id = t.id
            """
        let states: SQL = """
            INSERT INTO report_state (jurisdiction, report_id, agency, status, version, priority, category, subtype,
                why, acknowledge_by, arrive_by, resolve_by, changed_at, next_due_at)
            SELECT \(jurisdiction), report_id, agency, status, 1, priority, category, subtype, why, acknowledge_by,
                arrive_by, resolve_by, \(now), acknowledge_by
            FROM unnest(\(ids), \(choices.map(\.agency)), \(choices.map(\.status.rawValue)),
                \(choices.map { Int16($0.priority.rank) }), \(decisions.map(\.item.report.category)),
                \(decisions.map(\.item.report.subtype)), \(choices.map(\.why)),
                \(choices.map(\.deadlines.acknowledgeBy)), \(choices.map(\.deadlines.arriveBy)),
                \(choices.map(\.deadlines.resolveBy)))
                AS t (report_id, agency, status, priority, category, subtype, why, acknowledge_by, arrive_by,
                    resolve_by)
            """
        let history: SQL = """
            INSERT INTO report_history (jurisdiction, report_id, version, at, type, status, agency)
            SELECT \(jurisdiction), report_id, 1, \(now), 'assigned', status, agency
            FROM unnest(\(ids), \(choices.map(\.status.rawValue)), \(choices.map(\.agency)))
                AS t (report_id, status, agency)
            """
        return [deletion, states, history, deadlines(decisions, in: jurisdiction)]
            + Append.statements(decisions.map(\.event), in: jurisdiction)
    }

    private static func deadlines(_ decisions: [RoutedDecision], in jurisdiction: JurisdictionCode) -> SQL {
        var reports: [UUID] = []
        var kinds: [String] = []
        var times: [Timestamp] = []
        for decided in decisions {
            for (kind, time) in decided.decision.deadlines.timers {
                reports.append(decided.item.report.id)
                kinds.append(kind.rawValue)
                times.append(time)
            }
        }
        return """
            INSERT INTO deadline (jurisdiction, report_id, kind, due_at)
            SELECT \(jurisdiction), report_id, kind, due_at FROM unnest(\(reports), \(kinds), \(times))
                AS t (report_id, kind, due_at)
            """
    }
}
