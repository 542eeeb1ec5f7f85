package import Domain
package import FoundationEssentials
package import PostgreSQL
package import Streams

/// The key under which a command's retry finds its answer.
package struct CommandKey: Hashable, Sendable {
    package var text: String
    package var requestHash: [UInt8]

    package init(text: String, requestHash: [UInt8]) {
        self.text = text
        self.requestHash = requestHash
    }
}

/// What became of a command.
package enum CommandResult: Sendable {
    case done(answer: String, version: Int, heads: [StreamHead], trace: TraceContext?)
    /// The same command was carried out before; this was its answer.
    case repeated(answer: String)
    /// The key was used for another command.
    case keyReused
    case refused(Refusal)
    case unknownReport
}

/// Carries out a command in one transaction.
package struct CommandStore: Sendable {
    /// How long the answer to a command is kept for its retry.
    package static let receiptDays = 30

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Locks the report, lets `decide` decide, and files what follows with one last flush.
    ///
    /// - Parameters:
    ///   - agency: whose command it is; nil for a reporter's or a reader's, which intake carries out.
    ///   - original: another report that the command names, which must exist.
    ///   - uploads: photos that become the report's own with it, all or none.
    ///   - decide: pure; gets the report as it stands and the transaction's time, and gives what follows with the
    ///     answer to keep for a retry. Asked twice where photos come: first whether, then with their numbers.
    package func perform(
        on report: UUID, by agency: AgencyCode?, in jurisdiction: JurisdictionCode, key: CommandKey?,
        naming original: CommandRequest.ReportReference? = nil, bringing uploads: Uploads? = nil,
        deciding decide: @Sendable (WorkRecord, Timestamp) throws(Refusal) -> (filed: FiledOutcome, answer: String)
    ) async throws -> CommandResult {
        let (originalID, originalCode) = (original?.id, original?.trackingCode)
        return try await pool.withTransaction { tx in
            // What follows is read once the report is locked: a retry that ran into the first attempt waits for it
            // here, and then finds its receipt; and a text that was redacted meanwhile is not passed on.
            let ofAgency: SQL = agency.map { "AND s.agency = \($0)" } ?? ""
            var lookups: [SQL] = [
                """
                SELECT 1 FROM report_state s WHERE s.jurisdiction = \(jurisdiction) AND s.report_id = \(report)
                    \(ofAgency) FOR NO KEY UPDATE
                """,
                """
                SELECT now(), \(WorkRecord.columns) FROM report_state s
                JOIN report r ON r.jurisdiction = s.jurisdiction AND r.id = s.report_id
                WHERE s.jurisdiction = \(jurisdiction) AND s.report_id = \(report) \(ofAgency)
                """,
                Self.receipt(of: key, on: report, by: agency, in: jurisdiction),
            ]
            if original != nil {
                lookups.append(
                    "SELECT report_exists(\(jurisdiction), \(originalID as UUID?), \(originalCode as String?))")
            }
            let results = try await tx.pipeline(lookups)
            if let row = results[2].first, let key { return try Self.earlier(row, key, report) }
            guard let row = results[1].first else {
                return try await Self.absent(report, by: agency, in: jurisdiction, tx)
            }
            var work = try WorkRecord(row: row, from: 1)
            let now = try row.decode(Timestamp.self, at: 0)
            var decided: (filed: FiledOutcome, answer: String)
            do { decided = try decide(work, now) } catch let refusal as Refusal { return .refused(refusal) }
            if let originalCode, originalCode == work.report.trackingCode { return .refused(.duplicateOfItself) }
            if original != nil, try results[3].first?.decode(Bool.self, at: 0) != true {
                return .refused(.unknownOriginal)
            }
            if let uploads {
                let version = decided.filed.outcome.state.version
                let numbers = try await tx.query(uploads.claim(for: report, at: version, in: jurisdiction)).one()
                    .decode([Int16]?.self, at: 0)
                guard let numbers else { return .refused(.unknownMedia) }
                if numbers.isEmpty { return .refused(.tooManyMedia) }
                work.newPhotos = numbers.map(Int.init)
                decided = try decide(work, now)
            }
            var statements = Filing.changes([decided.filed], in: jurisdiction, byReporter: agency == nil)
            if let key {
                statements.append(Self.keep(decided.answer, of: key, on: report, by: agency, in: jurisdiction))
            }
            statements += Append.statements(decided.filed.events, in: jurisdiction)
            let written = try await tx.commit(after: statements)
            return .done(
                answer: decided.answer, version: decided.filed.outcome.state.version,
                heads: try Append.heads(written[written.count - 1]), trace: work.report.trace)
        }
    }

    /// What became of a command that was sent before under this key; nil when there is none.
    package func receipt(
        of key: CommandKey, on report: UUID, by agency: AgencyCode?, in jurisdiction: JurisdictionCode
    ) async throws -> CommandResult? {
        let ofAgency: SQL = agency.map { "AND s.agency = \($0)" } ?? ""
        return try await pool.withTransaction { tx in
            // As above, a first attempt that is under way is waited for.
            let results = try await tx.pipeline([
                """
                SELECT 1 FROM report_state s WHERE s.jurisdiction = \(jurisdiction) AND s.report_id = \(report)
                    \(ofAgency) FOR NO KEY UPDATE
                """,
                Self.receipt(of: key, on: report, by: agency, in: jurisdiction),
            ])
            return try results[1].first.map { try Self.earlier($0, key, report) }
        }
    }

    /// An agency's keys are its own; a reporter's, and those of readers, are of one report.
    static func receipt(
        of key: CommandKey?, on report: UUID, by agency: AgencyCode?, in jurisdiction: JurisdictionCode
    ) -> SQL {
        if let agency {
            return """
                SELECT request_hash, report_id, answer FROM command_receipt
                WHERE jurisdiction = \(jurisdiction) AND agency = \(agency) AND key = \(key?.text as String?)
                """
        }
        return """
            SELECT request_hash, report_id, answer FROM reporter_receipt
            WHERE jurisdiction = \(jurisdiction) AND report_id = \(report) AND key = \(key?.text as String?)
            """
    }

    static func keep(
        _ answer: String, of key: CommandKey, on report: UUID, by agency: AgencyCode?, in jurisdiction: JurisdictionCode
    ) -> SQL {
        if let agency {
            return """
                INSERT INTO command_receipt (jurisdiction, agency, key, request_hash, report_id, answer)
                VALUES (\(jurisdiction), \(agency), \(key.text), \(key.requestHash), \(report), \(answer))
                """
        }
        return """
            INSERT INTO reporter_receipt (jurisdiction, report_id, key, request_hash, answer)
            VALUES (\(jurisdiction), \(report), \(key.text), \(key.requestHash), \(answer))
            """
    }

    static func earlier(_ row: Row, _ key: CommandKey, _ report: UUID) throws -> CommandResult {
        let isSame =
            try row.decode([UInt8].self, at: 0) == key.requestHash && row.decode(UUID.self, at: 1) == report
        return isSame ? .repeated(answer: try row.decode(String.self, at: 2)) : .keyReused
    }

    /// Lets go of answers that nobody retries any more, at most `limit` of them.
    ///
    /// - Returns: how many were deleted.
    package func forgetReceipts(
        of agency: AgencyCode, in jurisdiction: JurisdictionCode, olderThanDays days: Int, limit: Int
    ) async throws -> Int {
        try await pool.query(
            """
            DELETE FROM command_receipt WHERE (jurisdiction, agency, key) IN (
                SELECT jurisdiction, agency, key FROM command_receipt
                WHERE jurisdiction = \(jurisdiction) AND agency = \(agency)
                    AND made_at < now() - \(Int32(days)) * interval '1 day'
                LIMIT \(literal: limit))
            RETURNING 1
            """
        ).count
    }

    /// The same of reporters' and readers' commands, in every city.
    package func forgetReporterReceipts(olderThanDays days: Int, limit: Int) async throws -> Int {
        try await pool.query(
            """
            DELETE FROM reporter_receipt WHERE (jurisdiction, report_id, key) IN (
                SELECT jurisdiction, report_id, key FROM reporter_receipt
                WHERE made_at < now() - \(Int32(days)) * interval '1 day'
                ORDER BY made_at LIMIT \(literal: limit))
            RETURNING 1
            """
        ).count
    }

    /// Why the agency has no such report: it passed it on, routing has not decided yet, or there is none for it.
    static func absent(
        _ report: UUID, by agency: AgencyCode?, in jurisdiction: JurisdictionCode, _ tx: borrowing Transaction
    ) async throws -> CommandResult {
        let results = try await tx.pipeline([
            "SELECT agency FROM report_state WHERE jurisdiction = \(jurisdiction) AND report_id = \(report)",
            "SELECT awaits_routing(\(jurisdiction), \(report))",
        ])
        if let holder = try results[0].first?.decode(String.self, at: 0), holder != agency?.rawValue {
            return .refused(.notHolder(AgencyCode(rawValue: holder)))
        }
        return try results[1].first?.decode(Bool.self, at: 0) == true ? .refused(.notRouted) : .unknownReport
    }
}
