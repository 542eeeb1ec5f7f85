package import Domain
package import FoundationEssentials
package import PostgreSQL
internal import Streams

/// Takes out of the store what a reporter wrote and who that is. The report stays, with its place, its kind and all that
/// is counted: what is broken is still broken.
package struct ErasureStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Erases in one transaction: texts and identity go, stored events are redacted, and every stream that ever had the
    /// report gets a `redacted` event, on which consumers delete their copy.
    ///
    /// Once more does no harm: what was written since goes too.
    /// - Parameters:
    ///   - key: of the reporter's retries; nil for an operator's.
    ///   - act: what an operator's erasure leaves in the record of such acts; nil for the reporter's own.
    ///   - actor: who the history says it was.
    ///   - answer: what is kept for a retry, of the report as it then stands.
    package func erase(
        _ report: UUID, key: CommandKey?, recording act: PrivacyAct? = nil,
        by actor: Actor = .reporter, of loaded: LoadedCity, answering answer: @Sendable (WorkRecord) -> String
    ) async throws -> CommandResult {
        let (jurisdiction, city) = (loaded.city.code, loaded.city)
        let events = EventMaker(loaded)
        return try await pool.withTransaction { tx in
            let results = try await tx.pipeline([
                """
                SELECT now(), \(WorkRecord.columns) FROM report_state s
                JOIN report r ON r.jurisdiction = s.jurisdiction AND r.id = s.report_id
                WHERE s.jurisdiction = \(jurisdiction) AND s.report_id = \(report)
                FOR NO KEY UPDATE OF s
                """,
                CommandStore.receipt(of: key, on: report, by: nil, in: jurisdiction),
            ])
            if let row = results[1].first, let key { return try Self.earlier(row, key, report) }
            guard let row = results[0].first else {
                return try await CommandStore.absent(report, by: nil, in: jurisdiction, tx)
            }
            let work = try WorkRecord(row: row, from: 1)
            let streams = try await tx.query("SELECT unnest(erase_report(\(jurisdiction), \(report)))")
                .map { try $0.decode(AgencyCode.self, at: 0) }
            // A report that is routed may be erased whatever its status, so nothing is refused here.
            var outcome = try StatusMachine.decide(
                state: work.state, command: CommandRequest(.erase), by: .reporter,
                at: try row.decode(Timestamp.self, at: 0), city: city)
            outcome.by = actor
            var after = work
            after.state = outcome.state
            let (filed, answer) = (events.redacted(outcome, of: work, tell: streams), answer(after))
            var statements = Filing.changes([filed], in: jurisdiction, byReporter: true)
            // Where the reporter's browser is told of news says who it is.
            statements.append(PushStore.forgettingReporter(of: report, in: jurisdiction))
            // And so does the chat that it came by.
            statements.append(ChatStore.forgettingReporter(of: report, in: jurisdiction))
            if let key {
                // The digest of an erasure's request says nothing of what was written.
                statements.append(
                    CommandStore.keep(answer, of: key, on: report, by: nil, in: jurisdiction))
            }
            if let act { statements.append(act.insertion(reports: 1, in: jurisdiction)) }
            statements += Append.statements(filed.events, in: jurisdiction)
            let written = try await tx.commit(after: statements)
            return .done(
                answer: answer, version: filed.outcome.state.version,
                heads: try Append.heads(written[written.count - 1]), trace: work.report.trace)
        }
    }

    /// A second erasure blanked the first one's digest: its retry is known by the key alone.
    private static func earlier(_ row: Row, _ key: CommandKey, _ report: UUID) throws -> CommandResult {
        if try row.decode([UInt8].self, at: 0).isEmpty { return .repeated(answer: try row.decode(String.self, at: 2)) }
        return try CommandStore.earlier(row, key, report)
    }
}

/// What an operator does with personal data, as it is recorded.
package struct PrivacyAct: Sendable, Hashable {
    package enum Kind: String, Sendable { case search, export, erase, rotate }

    package var kind: Kind
    /// Who, as the operating system knows them.
    package var actor: String
    package var purpose: String

    package init(_ kind: Kind, actor: String, purpose: String) {
        self.kind = kind
        self.actor = actor
        self.purpose = purpose
    }

    /// - Parameter reports: how many it touched.
    func insertion(reports: Int, in jurisdiction: JurisdictionCode) -> SQL {
        """
        INSERT INTO privacy_act (jurisdiction, act, actor, purpose, reports)
        VALUES (\(jurisdiction), \(kind.rawValue), \(actor), \(purpose), \(Int32(reports)))
        """
    }
}
