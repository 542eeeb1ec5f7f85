package import Domain
package import FoundationEssentials
package import PostgreSQL

/// A person by the provider that brings the messages and what stands for who it is.
package struct ChatPerson: Hashable, Sendable {
    package var channel: ChannelCode
    /// An HMAC of what the provider tells people apart by.
    package var sender: [UInt8]

    package init(channel: ChannelCode, sender: [UInt8]) {
        self.channel = channel
        self.sender = sender
    }
}

/// A message as it is stored.
package struct NewChatMessage: Sendable {
    /// An HMAC of the provider's name for it.
    package var id: [UInt8]
    package var sender: [UInt8]
    package var sentAt: Timestamp
    package var sealed: SealedBox

    package init(id: [UInt8], sender: [UInt8], sentAt: Timestamp, sealed: SealedBox) {
        self.id = id
        self.sender = sender
        self.sentAt = sentAt
        self.sealed = sealed
    }
}

/// A chat that somebody has to look at: by one, under its fence.
package struct DueChat: Sendable {
    package var person: ChatPerson
    /// nil for somebody new.
    package var sealed: SealedBox?
    package var news: Int32
    package var fence: Int64
}

/// A message that nobody has looked at yet.
package struct WaitingChatMessage: Sendable {
    package var id: [UInt8]
    package var sealed: SealedBox
}

/// A message to a person, to be stored.
package struct NewChatDelivery: Sendable {
    package var id: UUID
    package var sealed: SealedBox

    package init(id: UUID, sealed: SealedBox) {
        self.id = id
        self.sealed = sealed
    }
}

/// What follows from one look at a chat, stored at once.
package struct ChatProgress: Sendable {
    /// What to do with the chat afterwards.
    package enum Next: Hashable, Sendable {
        /// It goes on at once, by the same owner.
        case goOn
        /// Nothing until the next message.
        case rest
        case again(afterSeconds: Int)
    }

    package var state: SealedBox
    /// The messages that were looked at.
    package var seen: [[UInt8]] = []
    package var deliveries: [NewChatDelivery] = []
    /// A report whose news the person is to be told, with where.
    package var follows: (report: UUID, address: SealedBox)?
    /// The person wants no news any more.
    package var endsNews = false
    package var next: Next

    package init(state: SealedBox, next: Next) {
        self.state = state
        self.next = next
    }
}

/// Chats with people, from the webhook's messages to what is filed from them.
package struct ChatStore: Sendable {
    /// Messages of one person that may wait; what comes beyond that is passed over.
    package static let waitingLimit = 100
    /// Messages that are looked at together.
    package static let lookLimit = 50
    /// How long after the last message a chat is forgotten.
    package static let idleSeconds = 48 * 3_600
    /// For how long a repeated delivery is known; providers give up before.
    package static let knownSeconds = 8 * 86_400

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    // MARK: Coming in

    /// Stores what a webhook brought; each message once, however often it is delivered.
    ///
    /// - Parameter gather: after so many seconds somebody looks at it, together with what comes meanwhile.
    /// - Returns: for how many people there is something new.
    package func take(
        _ messages: [NewChatMessage], from channel: ChannelCode, gather: Int, in jurisdiction: JurisdictionCode
    ) async throws -> Int {
        // In one order, so that two deliveries of the same do not wait for each other. Each keeps its place: WhatsApp's
        // times are whole seconds.
        let placed = messages.enumerated().sorted { $0.element.id.lexicographicallyPrecedes($1.element.id) }
        let sorted = placed.map(\.element)
        return try await pool.query(
            """
            WITH new AS (
                INSERT INTO chat_message (jurisdiction, channel, id, sender, sent_at, place, sealed, key_id)
                SELECT \(jurisdiction), \(channel), t.id, t.sender, t.sent_at, t.place, t.sealed, t.key_id
                FROM unnest(\(sorted.map(\.id)), \(sorted.map(\.sender)), \(sorted.map(\.sentAt)),
                    \(placed.map { Int32($0.offset) }), \(sorted.map(\.sealed.box)), \(sorted.map(\.sealed.keyID)))
                    AS t (id, sender, sent_at, place, sealed, key_id)
                WHERE (
                    SELECT count(*) FROM chat_message w WHERE w.jurisdiction = \(jurisdiction)
                        AND w.channel = \(channel) AND w.sender = t.sender AND w.sealed IS NOT NULL
                    ) < \(literal: Self.waitingLimit)
                ON CONFLICT DO NOTHING RETURNING sender
            )
            INSERT INTO chat AS c (jurisdiction, channel, sender, due_at, news)
            SELECT \(jurisdiction), \(channel), s.sender, now() + \(Int32(gather)) * interval '1 second', 1
            FROM (SELECT DISTINCT sender FROM new ORDER BY sender) s
            ON CONFLICT (jurisdiction, channel, sender) DO UPDATE SET heard_at = now(), news = c.news + 1,
                due_at = least(c.due_at, excluded.due_at)
            RETURNING 1
            """
        ).count
    }

    // MARK: Looking

    /// Takes chats that have something to be looked at, for `seconds`: whoever takes one is its one owner until then.
    package func due(_ limit: Int, for seconds: Int, in jurisdiction: JurisdictionCode) async throws -> [DueChat] {
        try await pool.query(
            """
            UPDATE chat c SET lease_until = now() + \(Int32(seconds)) * interval '1 second', fence = c.fence + 1
            FROM (
                SELECT d.channel, d.sender FROM chat d
                WHERE d.jurisdiction = \(jurisdiction) AND d.due_at <= now()
                    AND (d.lease_until IS NULL OR d.lease_until < now())
                ORDER BY d.due_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED) due
            WHERE c.jurisdiction = \(jurisdiction) AND c.channel = due.channel AND c.sender = due.sender
            RETURNING c.channel, c.sender, c.sealed, c.key_id, c.news, c.fence
            """
        ).map { row in
            var sealed: SealedBox?
            if let box = try row.decode([UInt8]?.self, at: 2) {
                sealed = SealedBox(box: box, keyID: try row.decode(Int32.self, at: 3))
            }
            return DueChat(
                person: ChatPerson(
                    channel: try row.decode(ChannelCode.self, at: 0), sender: try row.decode([UInt8].self, at: 1)),
                sealed: sealed, news: try row.decode(Int32.self, at: 4), fence: try row.decode(Int64.self, at: 5))
        }
    }

    /// What a person has sent that nobody looked at yet, in the order of sending; within a second, in that of coming.
    package func waiting(
        of person: ChatPerson, in jurisdiction: JurisdictionCode
    ) async throws -> [WaitingChatMessage] {
        try await pool.query(
            """
            SELECT id, sealed, key_id FROM chat_message
            WHERE jurisdiction = \(jurisdiction) AND channel = \(person.channel) AND sender = \(person.sender)
                AND sealed IS NOT NULL
            ORDER BY sent_at, received_at, place, seq LIMIT \(literal: Self.lookLimit)
            """
        ).map { row in
            WaitingChatMessage(
                id: try row.decode([UInt8].self, at: 0),
                sealed: SealedBox(box: try row.decode([UInt8].self, at: 1), keyID: try row.decode(Int32.self, at: 2)))
        }
    }

    /// Stores what followed from a look.
    ///
    /// - Parameter seconds: how long it stays its owner's where it goes on.
    /// - Returns: false, and nothing is stored, where another has taken the chat meanwhile.
    package func settle(
        _ chat: DueChat, _ progress: ChatProgress, holding seconds: Int, in jurisdiction: JurisdictionCode
    ) async throws -> Bool {
        let (channel, sender) = (chat.person.channel, chat.person.sender)
        let goesOn = progress.next == .goOn
        let pause: Int32? = if case .again(let after) = progress.next { Int32(after) } else { nil }
        return try await pool.withTransaction { tx in
            let own = try await tx.query(
                """
                UPDATE chat SET sealed = \(progress.state.box), key_id = \(progress.state.keyID),
                    lease_until = CASE WHEN \(goesOn) THEN now() + \(Int32(seconds)) * interval '1 second' END,
                    due_at = CASE WHEN \(goesOn) THEN due_at WHEN news <> \(chat.news) THEN now()
                        ELSE now() + \(pause as Int32?) * interval '1 second' END
                WHERE jurisdiction = \(jurisdiction) AND channel = \(channel) AND sender = \(sender)
                    AND fence = \(chat.fence)
                RETURNING 1
                """)
            guard own.count == 1 else { return false }
            var statements: [SQL] = []
            if !progress.seen.isEmpty {
                statements.append(
                    """
                    UPDATE chat_message SET sealed = NULL, key_id = NULL
                    WHERE jurisdiction = \(jurisdiction) AND channel = \(channel) AND id = ANY(\(progress.seen))
                    """)
            }
            if progress.endsNews { statements += Self.endingNews(of: chat.person, in: jurisdiction) }
            statements += progress.deliveries.map { Self.inserting($0, to: chat.person, in: jurisdiction) }
            if let (report, address) = progress.follows {
                statements.append(Self.following(report, chat.person, address, in: jurisdiction))
            }
            _ = try await tx.commit(after: statements)
            return true
        }
    }

    private static func endingNews(of person: ChatPerson, in jurisdiction: JurisdictionCode) -> [SQL] {
        [
            """
            DELETE FROM chat_report WHERE jurisdiction = \(jurisdiction) AND channel = \(person.channel)
                AND sender = \(person.sender)
            """,
            """
            DELETE FROM chat_outbox WHERE jurisdiction = \(jurisdiction) AND channel = \(person.channel)
                AND sender = \(person.sender) AND report_id IS NOT NULL
            """,
        ]
    }

    /// What became of the report meanwhile is told at the next look.
    private static func following(
        _ report: UUID, _ person: ChatPerson, _ address: SealedBox, in jurisdiction: JurisdictionCode
    ) -> SQL {
        """
        INSERT INTO chat_report (jurisdiction, report_id, channel, sender, sealed, key_id, due_at)
        SELECT \(jurisdiction), \(report), \(person.channel), \(person.sender), \(address.box), \(address.keyID), now()
        WHERE EXISTS (SELECT FROM report WHERE jurisdiction = \(jurisdiction) AND id = \(report) AND erased_at IS NULL)
        ON CONFLICT DO NOTHING
        """
    }

    static func inserting(
        _ delivery: NewChatDelivery, of report: UUID? = nil, to person: ChatPerson, in jurisdiction: JurisdictionCode
    ) -> SQL {
        """
        INSERT INTO chat_outbox (jurisdiction, id, channel, sender, report_id, sealed, key_id)
        VALUES (\(jurisdiction), \(delivery.id), \(person.channel), \(person.sender), \(report as UUID?),
            \(delivery.sealed.box), \(delivery.sealed.keyID))
        """
    }

    // MARK: Letting go

    /// Whom a report's news goes to, with the chat itself: for who erases it in the same transaction.
    package static func forgettingReporter(of report: UUID, in jurisdiction: JurisdictionCode) -> SQL {
        """
        WITH gone AS (
            DELETE FROM chat_report WHERE jurisdiction = \(jurisdiction) AND report_id = \(report)
            RETURNING channel, sender
        ), unsent AS (
            DELETE FROM chat_outbox o USING gone WHERE o.jurisdiction = \(jurisdiction) AND o.channel = gone.channel
                AND o.sender = gone.sender
        ), unread AS (
            DELETE FROM chat_message m USING gone WHERE m.jurisdiction = \(jurisdiction) AND m.channel = gone.channel
                AND m.sender = gone.sender
        )
        DELETE FROM chat c USING gone WHERE c.jurisdiction = \(jurisdiction) AND c.channel = gone.channel
            AND c.sender = gone.sender
        """
    }

    /// Lets go of chats, messages and reports' people that nobody needs any more, at most `limit` of each.
    ///
    /// - Parameter seconds: how long after a report's end nobody can open it again.
    /// - Returns: the most that went of one kind.
    package func forget(
        in jurisdiction: JurisdictionCode, endedBefore seconds: Int, limit: Int
    ) async throws -> Int {
        let results = try await pool.pipeline([
            """
            DELETE FROM chat WHERE (jurisdiction, channel, sender) IN (
                SELECT jurisdiction, channel, sender FROM chat
                WHERE jurisdiction = \(jurisdiction) AND due_at IS NULL
                    AND heard_at < now() - \(literal: Self.idleSeconds) * interval '1 second'
                LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED)
            RETURNING 1
            """,
            """
            DELETE FROM chat_message WHERE (jurisdiction, channel, id) IN (
                SELECT jurisdiction, channel, id FROM chat_message
                WHERE jurisdiction = \(jurisdiction)
                    AND received_at < now() - \(literal: Self.knownSeconds) * interval '1 second'
                LIMIT \(literal: limit))
            RETURNING 1
            """,
            """
            DELETE FROM chat_report c USING (
                SELECT o.report_id FROM chat_report o
                JOIN report_state s ON s.jurisdiction = o.jurisdiction AND s.report_id = o.report_id
                WHERE o.jurisdiction = \(jurisdiction) AND s.next_due_at IS NULL AND s.status <> 'resolved'
                    AND o.due_at IS NULL AND s.changed_at < now() - \(Int32(seconds)) * interval '1 second'
                LIMIT \(literal: limit)) gone
            WHERE c.jurisdiction = \(jurisdiction) AND c.report_id = gone.report_id
            RETURNING 1
            """,
            """
            DELETE FROM chat_outbox WHERE (jurisdiction, id) IN (
                SELECT jurisdiction, id FROM chat_outbox
                WHERE jurisdiction = \(jurisdiction)
                    AND made_at < now() - \(literal: Self.idleSeconds) * interval '1 second'
                LIMIT \(literal: limit))
            RETURNING 1
            """,
        ])
        return results.map(\.count).max() ?? 0
    }
}
