package import Domain
package import FoundationEssentials
package import PostgreSQL
package import Streams

/// A report with a timer that is due, and who has it.
package struct DueReport: Hashable, Sendable {
    package var id: UUID
    package var agency: AgencyCode
}

/// What firing timers came to.
package struct Firing: Sendable {
    /// One timer that was removed.
    package struct Timer: Sendable {
        package var report: UUID
        package var trace: TraceContext?
        /// Who had the report.
        package var agency: AgencyCode
        package var kind: DeadlineKind
        /// Whether it had something left to do: a promise was broken, or a hold has ended.
        package var hadEffect: Bool
    }

    package var timers: [Timer] = []
    /// The streams that grew.
    package var heads: [StreamHead] = []
}

/// The durable timers: each fires once, however many replicas look.
package struct DeadlineStore: Sendable {
    /// How many one transaction fires.
    package static let batchLimit = 100

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Reports with a timer that is due, the longest overdue first.
    ///
    /// - Parameters:
    ///   - streams: agencies whose reports are passed over.
    ///   - reports: reports that are passed over.
    package func due(
        in jurisdiction: JurisdictionCode, exceptOf streams: Set<AgencyCode> = [], except reports: Set<UUID> = []
    ) async throws -> [DueReport] {
        let rows = try await pool.query(
            """
            SELECT d.report_id, s.agency FROM deadline d
            JOIN report_state s ON s.jurisdiction = d.jurisdiction AND s.report_id = d.report_id
            WHERE d.jurisdiction = \(jurisdiction) AND d.due_at <= now()
                AND s.agency <> ALL(\(Array(streams))) AND d.report_id <> ALL(\(Array(reports)))
            ORDER BY d.due_at LIMIT \(literal: Self.batchLimit)
            """)
        var due: [DueReport] = []
        for row in rows {
            let report = DueReport(
                id: try row.decode(UUID.self, at: 0), agency: AgencyCode(rawValue: try row.decode(String.self, at: 1)))
            if !due.contains(report) { due.append(report) }
        }
        return due
    }

    /// Fires what is due of these reports: effect and removal in one transaction.
    ///
    /// - Parameter decide: pure; nil where nothing is left to do, and then only the timer goes.
    package func fire(
        _ reports: [UUID], in jurisdiction: JurisdictionCode,
        deciding decide: @Sendable (WorkRecord, DeadlineKind, Timestamp) -> FiledOutcome?
    ) async throws -> Firing {
        guard !reports.isEmpty else { return Firing() }
        return try await pool.withTransaction { tx in
            let locked = try await tx.query(
                """
                SELECT now(), \(WorkRecord.columns) FROM report_state s
                JOIN report r ON r.jurisdiction = s.jurisdiction AND r.id = s.report_id
                WHERE s.jurisdiction = \(jurisdiction) AND s.report_id = ANY(\(reports))
                ORDER BY s.report_id FOR NO KEY UPDATE OF s SKIP LOCKED
                """)
            guard let now = try locked.first?.decode(Timestamp.self, at: 0) else { return Firing() }
            var works: [UUID: WorkRecord] = [:]
            for row in locked {
                let work = try WorkRecord(row: row, from: 1)
                works[work.report.id] = work
            }
            // Another replica may have fired some since: no row, nothing to do. One a report, the
            // earliest; a second timer of the same report is found in the next round.
            let removed = try await tx.query(
                """
                DELETE FROM deadline d USING (
                    SELECT DISTINCT ON (report_id) report_id, kind FROM deadline
                    WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(Array(works.keys))) AND due_at <= now()
                    ORDER BY report_id, due_at, kind) due
                WHERE d.jurisdiction = \(jurisdiction) AND d.report_id = due.report_id AND d.kind = due.kind
                RETURNING d.report_id, d.kind
                """)
            var filed: [FiledOutcome] = []
            var firing = Firing()
            var forgotten: [UUID] = []
            for row in removed {
                guard let work = works[try row.decode(UUID.self, at: 0)],
                    let kind = DeadlineKind(rawValue: try row.decode(String.self, at: 1))
                else { continue }
                if kind == .forget {
                    let isDue = work.state.isPending(kind)
                    if isDue { forgotten.append(work.report.id) }
                    firing.timers.append(
                        Firing.Timer(
                            report: work.report.id, trace: work.report.trace, agency: work.state.agency, kind: kind,
                            hadEffect: isDue))
                    continue
                }
                let effect = decide(work, kind, now)
                firing.timers.append(
                    Firing.Timer(
                        report: work.report.id, trace: work.report.trace, agency: work.state.agency, kind: kind,
                        hadEffect: effect != nil))
                if let effect { filed.append(effect) }
            }
            // No event tells of it: nothing that anybody was told has changed.
            if !forgotten.isEmpty { _ = try await tx.query("SELECT forget_identities(\(jurisdiction), \(forgotten))") }
            guard !filed.isEmpty else { return firing }
            filed.sort { $0.outcome.state.id.text < $1.outcome.state.id.text }
            let written = try await tx.commit(
                after: Filing.changes(filed, in: jurisdiction)
                    + Append.statements(filed.flatMap(\.events), in: jurisdiction))
            firing.heads = try Append.heads(written[written.count - 1])
            return firing
        }
    }

    /// The timers that are due and have not fired yet.
    package struct Backlog: Sendable {
        /// Counted up to `Backlog.limit`.
        package var count: Int
        /// How long the oldest has been due, in seconds; 0 for none.
        package var oldestSeconds: Double

        package static let limit = 10_000
    }

    package func backlog(in jurisdiction: JurisdictionCode) async throws -> Backlog {
        let rows = try await pool.query(
            """
            SELECT count(*), coalesce(extract(epoch FROM now() - min(due_at)), 0)::float8 FROM (
                SELECT due_at FROM deadline WHERE jurisdiction = \(jurisdiction) AND due_at <= now()
                ORDER BY due_at LIMIT \(literal: Backlog.limit)) due
            """)
        let row = try rows.one()
        return Backlog(count: Int(try row.decode(Int64.self, at: 0)), oldestSeconds: try row.decode(Double.self, at: 1))
    }
}
