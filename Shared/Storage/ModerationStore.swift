package import Domain
package import FoundationEssentials
package import PostgreSQL
package import Streams

/// What became of a command of the operator.
package enum ModerationResult: Sendable {
    case done(ModerationState, heads: [StreamHead])
    /// It stood like that before.
    case unchanged(ModerationState)
    /// Nobody has the report yet, so nothing can be redacted in one go; in a moment it can.
    case notRouted
    case unknownReport
}

/// Hides, shows and redacts reports, each with a line that says who did it and why.
package struct ModerationStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Carries a command out in one transaction with its line in the log.
    ///
    /// - Parameter keyID: of the operator's key.
    package func perform(
        _ request: ModerationRequest, on report: UUID, by keyID: String, in loaded: LoadedCity
    ) async throws -> ModerationResult {
        let jurisdiction = loaded.city.code
        return try await pool.withTransaction { tx in
            let found = try await tx.pipeline([
                """
                SELECT 1 FROM report_state s WHERE s.jurisdiction = \(jurisdiction) AND s.report_id = \(report)
                FOR NO KEY UPDATE
                """,
                """
                INSERT INTO report_moderation (jurisdiction, report_id)
                SELECT r.jurisdiction, r.id FROM report r WHERE r.jurisdiction = \(jurisdiction) AND r.id = \(report)
                ON CONFLICT DO NOTHING
                """,
                """
                SELECT \(ModerationState.columns), now() FROM report_moderation m
                WHERE m.jurisdiction = \(jurisdiction) AND m.report_id = \(report) FOR UPDATE
                """,
            ])
            guard let row = found[2].first else { return .unknownReport }
            let before = try ModerationState(row: row, from: 0)
            let now = try row.decode(Timestamp.self, at: ModerationState.columnCount)
            guard before.isChanged(by: request.command) else { return .unchanged(before) }
            if request.command == .redact, found[0].isEmpty { return .notRouted }
            let after = before.after(request.command, at: now)
            var statements: [SQL] = [
                Self.line(request, on: report, by: keyID, in: jurisdiction, at: now),
                """
                UPDATE report_moderation SET open_flags = \(Int32(after.openFlags)),
                    hidden_at = \(after.hiddenAt as Timestamp?), redacted_at = \(after.redactedAt as Timestamp?)
                WHERE jurisdiction = \(jurisdiction) AND report_id = \(report)
                """,
            ]
            if after.openFlags == 0, before.openFlags > 0 { statements.append(Self.answer(report, in: jurisdiction)) }
            guard request.command == .redact else {
                try await tx.commit(after: statements)
                return .done(after, heads: [])
            }
            statements.append(Self.work(on: report, in: jurisdiction))
            statements.append("SELECT unnest(redact_report(\(jurisdiction), \(report)))")
            let redacted = try await tx.pipeline(statements)
            guard let row = redacted[redacted.count - 2].first else { preconditionFailure("the state is locked") }
            let work = try WorkRecord(row: row)
            let streams = try redacted[redacted.count - 1].map { try $0.decode(AgencyCode.self, at: 0) }
            let filed = EventMaker(loaded).redacted(
                Outcome.redaction(of: work.state, at: now), of: work, tell: streams)
            let written = try await tx.commit(
                after: Filing.changes([filed], in: jurisdiction, byReporter: true)
                    + Append.statements(filed.events, in: jurisdiction))
            return .done(after, heads: try Append.heads(written[written.count - 1]))
        }
    }

    private static func work(on report: UUID, in jurisdiction: JurisdictionCode) -> SQL {
        """
        SELECT \(WorkRecord.columns) FROM report_state s
        JOIN report r ON r.jurisdiction = s.jurisdiction AND r.id = s.report_id
        WHERE s.jurisdiction = \(jurisdiction) AND s.report_id = \(report)
        """
    }

    private static func line(
        _ request: ModerationRequest, on report: UUID, by keyID: String, in jurisdiction: JurisdictionCode,
        at now: Timestamp
    ) -> SQL {
        var generator = SystemRandomNumberGenerator()
        let id = UUID.version7(at: now, random: (generator.next(), generator.next()))
        return """
            INSERT INTO moderation_log (jurisdiction, id, report_id, key_id, actor, action, reason)
            VALUES (\(jurisdiction), \(id), \(report), \(keyID), \(request.actor as String?),
                \(request.command.rawValue), \(request.reason))
            """
    }

    private static func answer(_ report: UUID, in jurisdiction: JurisdictionCode) -> SQL {
        """
        UPDATE report_flag SET answered = true
        WHERE jurisdiction = \(jurisdiction) AND report_id = \(report) AND NOT answered
        """
    }
}

extension ModerationState {
    /// The columns of `report_moderation m` that a state is read from, in order.
    static let columns: SQL = "m.open_flags, m.hidden_at, m.redacted_at"
    static let columnCount = 3

    init(row: Row, from base: Int) throws {
        self.init(
            openFlags: Int(try row.decode(Int32.self, at: base)),
            hiddenAt: try row.decode(Timestamp?.self, at: base + 1),
            redactedAt: try row.decode(Timestamp?.self, at: base + 2))
    }
}
