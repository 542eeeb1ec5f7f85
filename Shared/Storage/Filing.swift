package import Domain
internal import FoundationEssentials
internal import PostgreSQL
package import Streams

/// What follows from a decision, ready to be written: the outcome, and its events but for their numbers.
package struct FiledOutcome: Sendable {
    package var outcome: Outcome
    package var events: [PendingEvent]

    package init(outcome: Outcome, events: [PendingEvent]) {
        self.outcome = outcome
        self.events = events
    }
}

/// The statements that write outcomes. They keep the lock order: state, deadlines, then the streams' counters.
enum Filing {
    /// For reports that had a state before.
    ///
    /// - Parameter byReporter: written by intake, which may not change who has a report or what kind it is.
    static func changes(
        _ filed: [FiledOutcome], in jurisdiction: JurisdictionCode, byReporter: Bool = false
    ) -> [SQL] {
        let outcomes = filed.map(\.outcome)
        return [update(outcomes, in: jurisdiction, byReporter: byReporter)] + removals(outcomes, in: jurisdiction)
            + deadlines(outcomes, in: jurisdiction) + [history(outcomes, in: jurisdiction)]
    }

    /// For reports that are routed now.
    static func firsts(_ filed: [FiledOutcome], in jurisdiction: JurisdictionCode) -> [SQL] {
        let outcomes = filed.map(\.outcome)
        return [insertion(outcomes, in: jurisdiction)] + deadlines(outcomes, in: jurisdiction)
            + [history(outcomes, in: jurisdiction)]
    }

    private static func insertion(_ outcomes: [Outcome], in jurisdiction: JurisdictionCode) -> SQL {
        let states = outcomes.map(\.state)
        return """
            INSERT INTO report_state (jurisdiction, report_id, agency, status, version, priority, category, subtype,
                area, why, acknowledge_by, arrive_by, resolve_by, changed_at, next_due_at)
            SELECT \(jurisdiction), report_id, agency, status, 1, priority, category, subtype, area, why,
                acknowledge_by, arrive_by, resolve_by, changed_at, next_due_at
            FROM unnest(\(states.map(\.id)), \(states.map(\.agency)), \(states.map(\.status.rawValue)),
                \(states.map { Int16($0.priority.rank) }), \(states.map(\.category)), \(states.map(\.subtype)),
                \(states.map(\.area)), \(outcomes.map { $0.why ?? "" }),
                \(states.map(\.deadlines.acknowledgeBy)),
                \(states.map(\.deadlines.arriveBy)), \(states.map(\.deadlines.resolveBy)), \(outcomes.map(\.at)),
                \(states.map { $0.nextDue?.at }))
                AS t (report_id, agency, status, priority, category, subtype, area, why, acknowledge_by, arrive_by,
                    resolve_by, changed_at, next_due_at)
            """
    }

    /// The rows are locked already, and their versions are the ones that were decided by.
    private static func update(
        _ outcomes: [Outcome], in jurisdiction: JurisdictionCode, byReporter: Bool
    ) -> SQL {
        let states = outcomes.map(\.state)
        let handOver: SQL = """
            agency = t.agency, priority = t.priority, transfers = t.transfers, category = t.category,
                subtype = t.subtype, why = coalesce(t.why, s.why),
                handed_over_by = CASE WHEN s.agency <> t.agency THEN s.agency ELSE s.handed_over_by END,
            """
        return """
            UPDATE report_state s SET
                \(byReporter ? "" : handOver)
                status = t.status, version = t.version, acknowledge_by = t.acknowledge_by, arrive_by = t.arrive_by,
                resolve_by = t.resolve_by, acknowledged_at = t.acknowledged_at, started_at = t.started_at,
                resolved_at = t.resolved_at, held_until = t.held_until, rating = t.rating, appealed = t.appealed,
                changed_at = t.changed_at, next_due_at = t.next_due_at
            FROM unnest(\(states.map(\.id)), \(states.map(\.agency)), \(states.map(\.status.rawValue)),
                \(states.map { Int32($0.version) }), \(states.map { Int16($0.priority.rank) }),
                \(states.map { Int16($0.transfers) }), \(states.map(\.category)), \(states.map(\.subtype)),
                \(outcomes.map(\.why)), \(states.map(\.deadlines.acknowledgeBy)), \(states.map(\.deadlines.arriveBy)),
                \(states.map(\.deadlines.resolveBy)), \(states.map(\.acknowledgedAt)), \(states.map(\.startedAt)),
                \(states.map(\.resolvedAt)), \(states.map(\.heldUntil)), \(outcomes.map(\.at)),
                \(states.map { $0.nextDue?.at }), \(states.map { $0.rating.map(Int16.init) }),
                \(states.map(\.isAppealed)))
                AS t (report_id, agency, status, version, priority, transfers, category, subtype, why,
                    acknowledge_by, arrive_by, resolve_by, acknowledged_at, started_at, resolved_at, held_until,
                    changed_at, next_due_at, rating, appealed)
            WHERE s.jurisdiction = \(jurisdiction) AND s.report_id = t.report_id AND s.version = t.version - 1
            """
    }

    private static func removals(_ outcomes: [Outcome], in jurisdiction: JurisdictionCode) -> [SQL] {
        let removed = outcomes.flatMap { outcome in
            outcome.deadlinesToRemove.map { (report: outcome.state.id, kind: $0.rawValue) }
        }
        guard !removed.isEmpty else { return [] }
        return [
            """
            DELETE FROM deadline d USING unnest(\(removed.map(\.report)), \(removed.map(\.kind))) AS t (report_id, kind)
            WHERE d.jurisdiction = \(jurisdiction) AND d.report_id = t.report_id AND d.kind = t.kind
            """
        ]
    }

    private static func deadlines(_ outcomes: [Outcome], in jurisdiction: JurisdictionCode) -> [SQL] {
        deadlines(
            outcomes.flatMap { outcome in outcome.deadlinesToPut.map { (outcome.state.id, $0) } }, in: jurisdiction)
    }

    /// Sets timers, or moves them; there is no statement for none.
    static func deadlines(
        _ put: [(report: UUID, change: DeadlineChange)], in jurisdiction: JurisdictionCode
    ) -> [SQL] {
        guard !put.isEmpty else { return [] }
        return [
            """
            INSERT INTO deadline AS d (jurisdiction, report_id, kind, due_at)
            SELECT \(jurisdiction), report_id, kind, due_at
            FROM unnest(\(put.map(\.report)), \(put.map(\.change.kind.rawValue)), \(put.map(\.change.dueAt)))
                AS t (report_id, kind, due_at)
            ON CONFLICT (jurisdiction, report_id, kind) DO UPDATE SET due_at = excluded.due_at
            """
        ]
    }

    private static func history(_ outcomes: [Outcome], in jurisdiction: JurisdictionCode) -> SQL {
        let details = outcomes.map(\.details)
        return """
            INSERT INTO report_history (jurisdiction, report_id, version, at, type, status, agency, note,
                internal_note, actor, reason, original, refer_to, until, author, rating, command)
            SELECT \(jurisdiction), report_id, version, at, type, status, agency, note, internal_note, actor, reason,
                original, refer_to, until, author, rating, command
            FROM unnest(\(outcomes.map(\.state.id)), \(outcomes.map { Int32($0.state.version) }),
                \(outcomes.map(\.at)), \(outcomes.map(\.event.rawValue)), \(outcomes.map(\.state.status.rawValue)),
                \(outcomes.map(\.state.agency)), \(details.map(\.note)), \(details.map(\.internalNote)),
                \(details.map(\.actor)), \(details.map(\.reason)), \(details.map { $0.of?.text }),
                \(details.map(\.referTo)), \(details.map(\.until)), \(outcomes.map(\.by.name)),
                \(details.map { $0.rating.map(Int16.init) }), \(details.map { $0.command?.rawValue }))
                AS t (report_id, version, at, type, status, agency, note, internal_note, actor, reason, original,
                    refer_to, until, author, rating, command)
            """
    }
}
