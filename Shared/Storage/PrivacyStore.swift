package import Domain
package import FoundationEssentials
package import PostgreSQL

/// Personal data as an operator has to handle them: found, exported, sealed anew. Needs the owner's login.
package struct PrivacyStore: Sendable {
    /// So many identities are sealed anew in one transaction.
    package static let resealLimit = 200
    /// The most reports that a search gives.
    package static let searchLimit = 1_000

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    // MARK: Finding and reading

    /// The reports whose reporter has one of these digests, the oldest first; nobody's identity is opened for it.
    package func reports(withAnyOf digests: [[UInt8]], in jurisdiction: JurisdictionCode) async throws -> [UUID] {
        try await pool.query(
            """
            SELECT report_id FROM reporter_identity
            WHERE jurisdiction = \(jurisdiction) AND lookup && \(digests)
            ORDER BY report_id LIMIT \(literal: Self.searchLimit)
            """
        ).map { try $0.decode(UUID.self, at: 0) }
    }

    /// How many identities no search can find, since they were sealed before there were digests.
    package func unsearchable(in jurisdiction: JurisdictionCode) async throws -> Int {
        let rows = try await pool.query(
            "SELECT count(*) FROM reporter_identity WHERE jurisdiction = \(jurisdiction) AND lookup IS NULL")
        return Int(try rows.one().decode(Int64.self, at: 0))
    }

    /// An identity as it is stored. That it was read is written down in the same statement.
    package func identity(
        of report: UUID, for reader: IdentityReader, in jurisdiction: JurisdictionCode
    ) async throws -> SealedBox? {
        try await pool.query(IdentityStore.reading(of: report, by: reader, in: jurisdiction)).first
            .map { try IdentityStore.box($0) }
    }

    /// Writes down what an operator did.
    package func record(_ act: PrivacyAct, reports: Int, in jurisdiction: JurisdictionCode) async throws {
        _ = try await pool.query(act.insertion(reports: reports, in: jurisdiction))
    }

    // MARK: Exporting

    /// All that is stored of a report but who reported it, as one JSON object; nil for an unknown one.
    package func document(of report: UUID, in jurisdiction: JurisdictionCode) async throws -> String? {
        func list(_ rows: SQL) -> SQL { "(SELECT coalesce(jsonb_agg(to_jsonb(x)), '[]') FROM (\(rows)) x)" }
        let (state, history, readings, events, answers, own): (SQL, SQL, SQL, SQL, SQL, SQL) = (
            "SELECT * FROM report_state WHERE jurisdiction = \(jurisdiction) AND report_id = \(report)",
            """
            SELECT * FROM report_history WHERE jurisdiction = \(jurisdiction) AND report_id = \(report) ORDER BY version
            """,
            """
            SELECT at, reader, actor, purpose FROM identity_reading
            WHERE jurisdiction = \(jurisdiction) AND report_id = \(report) ORDER BY at
            """,
            """
            SELECT stream, epoch, seq, body::jsonb AS event FROM stream_event
            WHERE jurisdiction = \(jurisdiction) AND report_id = \(report) AND stream NOT LIKE 'channel/%'
            ORDER BY occurred_at, stream, seq
            """,
            """
            SELECT agency, key, answer, made_at FROM command_receipt
            WHERE jurisdiction = \(jurisdiction) AND report_id = \(report) ORDER BY made_at
            """,
            """
            SELECT key, answer, made_at FROM reporter_receipt
            WHERE jurisdiction = \(jurisdiction) AND report_id = \(report) ORDER BY made_at
            """
        )
        let rows = try await pool.query(
            """
            SELECT jsonb_build_object(
                'report', to_jsonb(r) - 'request_hash' - 'reporter_key_hash' - 'idempotency_key',
                'consent', (SELECT to_jsonb(c) FROM (
                    SELECT consent_version AS version, consent_at AS at FROM reporter_identity
                    WHERE jurisdiction = \(jurisdiction) AND report_id = \(report)) c),
                'state', \(list(state)) -> 0, 'history', \(list(history)), 'readings', \(list(readings)),
                'events', \(list(events)), 'agency_answers', \(list(answers)), 'own_answers', \(list(own)))::text
            FROM report r WHERE r.jurisdiction = \(jurisdiction) AND r.id = \(report)
            """)
        return try rows.first?.decode(String.self, at: 0)
    }

    // MARK: Sealing anew

    /// How many identities each key has sealed, and chats with people beside them.
    package func keyCounts(in jurisdiction: JurisdictionCode) async throws -> [Int32: Int] {
        var counts: [Int32: Int] = [:]
        let rows = try await pool.query(
            """
            SELECT key_id, count(*) FROM (
                SELECT key_id FROM reporter_identity WHERE jurisdiction = \(jurisdiction)
                UNION ALL SELECT key_id FROM chat WHERE jurisdiction = \(jurisdiction) AND key_id IS NOT NULL
                UNION ALL SELECT key_id FROM chat_message WHERE jurisdiction = \(jurisdiction) AND key_id IS NOT NULL
                UNION ALL SELECT key_id FROM chat_report WHERE jurisdiction = \(jurisdiction)
                UNION ALL SELECT key_id FROM chat_outbox WHERE jurisdiction = \(jurisdiction)) sealed
            GROUP BY key_id
            """)
        for row in rows { counts[try row.decode(Int32.self, at: 0)] = Int(try row.decode(Int64.self, at: 1)) }
        return counts
    }

    /// Seals a portion of the identities anew that another key than `newest` has sealed, or that no search finds.
    ///
    /// Nobody sees them: what `reseal` opens it gives back sealed. A reader meets the old box or the new one.
    /// - Parameter last: the last report of the portion before.
    /// - Returns: how many there were, and the last report; nil where none is left.
    package func reseal(
        to newest: Int32, after last: UUID?, in jurisdiction: JurisdictionCode,
        by reseal: @Sendable (UUID, SealedBox) throws -> SealedBox
    ) async throws -> (count: Int, last: UUID)? {
        let after: SQL = last.map { "AND report_id > \($0)" } ?? ""
        return try await pool.withTransaction { tx in
            let rows = try await tx.query(
                """
                SELECT sealed, key_id, report_id FROM reporter_identity
                WHERE jurisdiction = \(jurisdiction) AND (key_id <> \(newest) OR lookup IS NULL) \(after)
                ORDER BY report_id LIMIT \(literal: Self.resealLimit) FOR UPDATE
                """)
            var (ids, boxes): ([UUID], [SealedBox]) = ([], [])
            for row in rows {
                let id = try row.decode(UUID.self, at: 2)
                ids.append(id)
                boxes.append(try reseal(id, try IdentityStore.box(row)))
            }
            guard let end = ids.last else { return nil }
            _ = try await tx.commit(after: [
                """
                UPDATE reporter_identity i SET sealed = t.sealed, key_id = t.key_id,
                    lookup = array_remove(ARRAY[t.lookup_1, t.lookup_2], NULL)
                FROM unnest(\(ids), \(boxes.map(\.box)), \(boxes.map(\.keyID)), \(boxes.map(\.lookup.first)),
                    \(boxes.map { $0.lookup.count > 1 ? $0.lookup[1] : nil }))
                    AS t (report_id, sealed, key_id, lookup_1, lookup_2)
                WHERE i.jurisdiction = \(jurisdiction) AND i.report_id = t.report_id
                """
            ])
            return (ids.count, end)
        }
    }
}
