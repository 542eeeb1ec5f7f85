package import Domain
package import FoundationEssentials
package import PostgreSQL
internal import Streams

/// Identities as they are read: each reading leaves a line that the reporter sees.
package struct IdentityStore: Sendable {
    package static let readingLimit = 50

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// What is held of a report's reporter, for that reporter: nothing is opened, so nothing is written down.
    package func held(of report: UUID, in jurisdiction: JurisdictionCode) async throws -> HeldIdentity {
        let results = try await pool.pipeline([
            """
            SELECT consent_version, consent_at FROM reporter_identity
            WHERE jurisdiction = \(jurisdiction) AND report_id = \(report)
            """,
            """
            SELECT at, reader, purpose FROM identity_reading
            WHERE jurisdiction = \(jurisdiction) AND report_id = \(report)
            ORDER BY at DESC, id LIMIT \(literal: Self.readingLimit)
            """,
        ])
        let consent = try results[0].first.map { row in
            HeldIdentity.Agreed(
                version: try row.decode(String.self, at: 0), at: try row.decode(Timestamp.self, at: 1))
        }
        var readings: [IdentityReading] = []
        for row in results[1] {
            readings.append(
                IdentityReading(
                    at: try row.decode(Timestamp.self, at: 0), reader: try row.decode(String.self, at: 1),
                    purpose: try row.decode(String?.self, at: 2)))
        }
        return HeldIdentity(consent: consent, readings: readings)
    }

    /// The statement that reads an identity and writes down who did; it gives a row of `sealed` and `key_id`, or none.
    static func reading(
        of report: UUID, by reader: IdentityReader, in jurisdiction: JurisdictionCode
    ) -> SQL {
        """
        SELECT sealed, key_id FROM read_identity(
            \(jurisdiction), \(report), \(reader.name), \(reader.actor as String?), \(reader.purpose))
        """
    }

    static func box(_ row: Row) throws -> SealedBox {
        SealedBox(box: try row.decode([UInt8].self, at: 0), keyID: try row.decode(Int32.self, at: 1))
    }
}

/// Shows an agency whom it may call about a report, in one transaction with what tells of it.
package struct ContactStore: Sendable {
    /// What was disclosed.
    package struct Disclosure<Person: Sendable>: Sendable {
        package var result: CommandResult
        /// nil where the command was not carried out.
        package var person: Person?

        package init(result: CommandResult, person: Person?) {
            self.result = result
            self.person = person
        }
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Locks the report, lets `decide` decide, reads the identity, and files that it was read.
    ///
    /// A retry under the same key files nothing anew; but it shows the person again, and that is a reading again.
    /// - Parameters:
    ///   - decide: pure; as in ``CommandStore``. The answer that it gives is kept, so it names nobody.
    ///   - open: unseals an identity; what it throws undoes everything.
    package func disclose<Person: Sendable>(
        _ report: UUID, to reader: IdentityReader, in jurisdiction: JurisdictionCode, key: CommandKey,
        deciding decide: @Sendable (WorkRecord, Timestamp) throws(Refusal) -> (filed: FiledOutcome, answer: String),
        opening open: @Sendable (SealedBox) throws -> Person
    ) async throws -> Disclosure<Person> {
        // Beside the reporter's own keys, and never one of them.
        let key = CommandKey(text: "\(reader.name)/\(key.text)", requestHash: key.requestHash)
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
            guard let row = results[0].first else {
                return Disclosure(
                    result: try await CommandStore.absent(report, by: nil, in: jurisdiction, tx), person: nil)
            }
            let work = try WorkRecord(row: row, from: 1)
            guard work.state.agency.rawValue == reader.name else {
                return Disclosure(result: .refused(.notHolder(work.state.agency)), person: nil)
            }
            if let earlier = try results[1].first.map({ try CommandStore.earlier($0, key, report) }) {
                guard case .repeated = earlier else { return Disclosure(result: earlier, person: nil) }
                guard work.state.mayContact else {
                    return Disclosure(result: .refused(.contactNotAllowed), person: nil)
                }
                let person = try await Self.read(report, by: reader, in: jurisdiction, tx).map { try open($0) }
                _ = try await tx.commit(after: [])
                return Disclosure(result: person == nil ? .refused(.contactNotAllowed) : earlier, person: person)
            }
            let decided: (filed: FiledOutcome, answer: String)
            do { decided = try decide(work, try row.decode(Timestamp.self, at: 0)) } catch let refusal as Refusal {
                return Disclosure(result: .refused(refusal), person: nil)
            }
            guard let person = try await Self.read(report, by: reader, in: jurisdiction, tx).map({ try open($0) })
            else { return Disclosure(result: .refused(.contactNotAllowed), person: nil) }
            let written = try await tx.commit(
                after: Filing.changes([decided.filed], in: jurisdiction, byReporter: true)
                    + [CommandStore.keep(decided.answer, of: key, on: report, by: nil, in: jurisdiction)]
                    + Append.statements(decided.filed.events, in: jurisdiction))
            let done = CommandResult.done(
                answer: decided.answer, version: decided.filed.outcome.state.version,
                heads: try Append.heads(written[written.count - 1]), trace: work.report.trace)
            return Disclosure(result: done, person: person)
        }
    }

    private static func read(
        _ report: UUID, by reader: IdentityReader, in jurisdiction: JurisdictionCode, _ tx: borrowing Transaction
    ) async throws -> SealedBox? {
        try await tx.query(IdentityStore.reading(of: report, by: reader, in: jurisdiction)).first
            .map { try IdentityStore.box($0) }
    }
}
