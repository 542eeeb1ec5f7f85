package import Domain
package import FoundationEssentials
internal import PostgreSQL

/// A message taken to be sent, under its fence.
package struct DueChatDelivery: Sendable {
    package var id: UUID
    package var person: ChatPerson
    package var sealed: SealedBox
    /// Of the report whose status it tells; nil for an answer.
    package var report: UUID?
    /// This attempt included.
    package var attempts: Int
    package var fence: Int64
    /// When the person last wrote; nil where that is forgotten.
    package var heardAt: Timestamp?
    package var now: Timestamp
}

/// The end of one attempt.
package enum ChatSettlement: Hashable, Sendable {
    /// It was sent, or never will be.
    case gone
    case again(afterSeconds: Int)
    /// Nothing reaches the person any more.
    case unreachable
}

/// News of a report for the person who reported it in a chat.
package struct ChatNews: Sendable {
    package var report: UUID
    package var person: ChatPerson
    /// Where the person is written to.
    package var address: SealedBox
    package var trackingCode: String
    package var status: ReportStatus
    /// As it was sent, and as it is now.
    package var categories: [CategoryCode?]
    package var subtype: SubtypeCode?
    package var visibility: Visibility
}

extension ChatStore {
    // MARK: News

    /// Notes, in the transaction that moves the cursor past a stream's events, which reports' people have news.
    static func marking(
        _ stream: AgencyCode, after seen: Int64, upTo end: Int64, in jurisdiction: JurisdictionCode
    ) -> SQL {
        """
        UPDATE chat_report c SET due_at = coalesce(c.due_at, now()) FROM (
            SELECT DISTINCT e.report_id FROM stream_event e
            WHERE e.jurisdiction = \(jurisdiction) AND e.stream = \(stream) AND e.seq > \(seen) AND e.seq <= \(end)
                AND e.status IS DISTINCT FROM e.previous_status) changed
        WHERE c.jurisdiction = \(jurisdiction) AND c.report_id = changed.report_id
        RETURNING 1
        """
    }

    /// Puts what is due into words and into the outbox, at most `limit` at once. Of a report whose earlier news is not
    /// sent yet the newest replaces it; what changed and changed back is not told.
    ///
    /// - Parameter word: pure; gives nothing for what cannot be told.
    /// - Returns: how many reports were looked at.
    package func tell(
        _ limit: Int, in jurisdiction: JurisdictionCode,
        wording word: @Sendable (ChatNews) throws -> NewChatDelivery?
    ) async throws -> Int {
        try await pool.withTransaction { tx in
            let rows = try await tx.query(
                """
                SELECT c.report_id, c.channel, c.sender, c.sealed, c.key_id, c.told, r.tracking_code, s.status,
                    r.category, s.category, s.subtype,
                    CASE WHEN \(PublicReportStore.notHidden) THEN r.visibility ELSE 'private' END
                FROM chat_report c
                JOIN report r ON r.jurisdiction = c.jurisdiction AND r.id = c.report_id
                LEFT JOIN report_state s ON s.jurisdiction = c.jurisdiction AND s.report_id = c.report_id
                WHERE c.jurisdiction = \(jurisdiction) AND c.due_at <= now()
                ORDER BY c.due_at LIMIT \(literal: limit) FOR UPDATE OF c SKIP LOCKED
                """)
            guard !rows.isEmpty else { return 0 }
            var statements: [SQL] = []
            for row in rows {
                let report = try row.decode(UUID.self, at: 0)
                let told = try row.decode(String.self, at: 5)
                let now = try row.decode(String?.self, at: 7)
                statements.append(
                    """
                    UPDATE chat_report SET due_at = NULL, told = \(now ?? told)
                    WHERE jurisdiction = \(jurisdiction) AND report_id = \(report)
                    """)
                guard let now, now != told, let news = try ChatNews(row, report, status: now),
                    let delivery = try word(news)
                else { continue }
                statements.append(
                    """
                    DELETE FROM chat_outbox WHERE jurisdiction = \(jurisdiction) AND report_id = \(report)
                        AND attempts = 0
                    """)
                statements.append(Self.inserting(delivery, of: report, to: news.person, in: jurisdiction))
            }
            _ = try await tx.commit(after: statements)
            return rows.count
        }
    }

    // MARK: Going out

    /// Takes messages that are due, for `seconds`; to one person the oldest alone.
    package func outgoing(
        _ limit: Int, for seconds: Int, through channels: [ChannelCode], in jurisdiction: JurisdictionCode
    ) async throws -> [DueChatDelivery] {
        try await pool.query(
            """
            UPDATE chat_outbox o SET due_at = now() + \(Int32(seconds)) * interval '1 second',
                attempts = o.attempts + 1, fence = o.fence + 1
            FROM (
                SELECT d.id FROM chat_outbox d
                WHERE d.jurisdiction = \(jurisdiction) AND d.channel = ANY(\(channels)) AND d.due_at <= now()
                    AND NOT EXISTS (
                        SELECT FROM chat_outbox e WHERE e.jurisdiction = d.jurisdiction AND e.channel = d.channel
                            AND e.sender = d.sender AND e.seq < d.seq)
                ORDER BY d.due_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED) due
            WHERE o.jurisdiction = \(jurisdiction) AND o.id = due.id
            RETURNING o.id, o.channel, o.sender, o.sealed, o.key_id, o.report_id, o.attempts, o.fence, (
                SELECT c.heard_at FROM chat c WHERE c.jurisdiction = o.jurisdiction AND c.channel = o.channel
                    AND c.sender = o.sender), now()
            """
        ).map { row in
            DueChatDelivery(
                id: try row.decode(UUID.self, at: 0),
                person: ChatPerson(
                    channel: try row.decode(ChannelCode.self, at: 1), sender: try row.decode([UInt8].self, at: 2)),
                sealed: SealedBox(box: try row.decode([UInt8].self, at: 3), keyID: try row.decode(Int32.self, at: 4)),
                report: try row.decode(UUID?.self, at: 5), attempts: Int(try row.decode(Int16.self, at: 6)),
                fence: try row.decode(Int64.self, at: 7), heardAt: try row.decode(Timestamp?.self, at: 8),
                now: try row.decode(Timestamp.self, at: 9))
        }
    }

    /// Says what became of it; nothing happens where another has taken it meanwhile.
    package func settle(
        _ delivery: DueChatDelivery, _ end: ChatSettlement, in jurisdiction: JurisdictionCode
    ) async throws {
        let (channel, sender) = (delivery.person.channel, delivery.person.sender)
        let one: SQL = "jurisdiction = \(jurisdiction) AND id = \(delivery.id) AND fence = \(delivery.fence)"
        switch end {
        case .gone: _ = try await pool.query("DELETE FROM chat_outbox WHERE \(one)")
        case .again(let seconds):
            _ = try await pool.query(
                "UPDATE chat_outbox SET due_at = now() + \(Int32(seconds)) * interval '1 second' WHERE \(one)")
        case .unreachable:
            _ = try await pool.query(
                """
                WITH gone AS (DELETE FROM chat_outbox WHERE \(one) RETURNING 1),
                    rest AS (
                        DELETE FROM chat_outbox WHERE jurisdiction = \(jurisdiction) AND channel = \(channel)
                            AND sender = \(sender) AND id <> \(delivery.id) AND EXISTS (SELECT FROM gone))
                DELETE FROM chat_report WHERE jurisdiction = \(jurisdiction) AND channel = \(channel)
                    AND sender = \(sender) AND EXISTS (SELECT FROM gone)
                """)
        }
    }
}

extension ChatNews {
    /// Nil for a row that cannot be read any more.
    fileprivate init?(_ row: Row, _ report: UUID, status: String) throws {
        guard let status = ReportStatus(rawValue: status) else { return nil }
        self.report = report
        self.status = status
        person = ChatPerson(
            channel: try row.decode(ChannelCode.self, at: 1), sender: try row.decode([UInt8].self, at: 2))
        address = SealedBox(box: try row.decode([UInt8].self, at: 3), keyID: try row.decode(Int32.self, at: 4))
        trackingCode = try row.decode(String.self, at: 6)
        categories = [try row.decode(CategoryCode?.self, at: 8), try row.decode(CategoryCode?.self, at: 9)]
        subtype = try row.decode(SubtypeCode?.self, at: 10)
        visibility = Visibility(rawValue: try row.decode(String.self, at: 11)) ?? .private
    }
}
