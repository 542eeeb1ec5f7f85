package import Domain
package import FoundationEssentials
internal import PostgreSQL

/// An endpoint as who owns it reads it.
package struct WebhookRecord: Sendable {
    package var id: UUID
    package var stream: StreamCode
    package var url: String
    package var policy: WebhookPolicy
    /// nil: all.
    package var types: [EventType]?
    package var createdAt: Timestamp
    package var state: WebhookState
    /// Of a disabled one.
    package var reason: String?
    package var disabledAt: Timestamp?
    /// Everything up to it is settled.
    package var cursor: Cursor
    /// The stream's newest event.
    package var head: Int64
    /// For the event after the cursor.
    package var attempts: Int
    package var nextAttemptAt: Timestamp?
    package var lastAttemptAt: Timestamp?
    package var lastStatus: Int?
    /// Why there was no answer.
    package var lastFailure: String?
    /// How many events are set aside.
    package var dead: Int64
    /// Until when the secret before signs too.
    package var previousUntil: Timestamp?

    /// What ``init(_:)`` reads, of `webhook w` and `stream s`.
    static let columns: SQL = """
        w.id, w.stream, w.url, w.policy, w.types, w.created_at, w.state, w.reason, w.disabled_at, w.seq, (
            SELECT e.epoch FROM stream_epoch e
            WHERE e.jurisdiction = w.jurisdiction AND e.stream = w.stream AND e.first_seq <= greatest(w.seq, 1)
            ORDER BY e.epoch DESC LIMIT 1),
        s.head, w.attempts, w.next_attempt_at, w.last_attempt_at, w.last_status, w.last_failure, (
            SELECT count(*) FROM webhook_dead d
            WHERE d.jurisdiction = w.jurisdiction AND d.stream = w.stream AND d.webhook_id = w.id),
        CASE WHEN w.previous_until > now() THEN w.previous_until END
        """

    init(_ row: Row) throws {
        id = try row.decode(UUID.self, at: 0)
        stream = StreamCode(rawValue: try row.decode(String.self, at: 1))
        url = try row.decode(String.self, at: 2)
        policy = WebhookPolicy(rawValue: try row.decode(String.self, at: 3)) ?? .block
        types = try row.decode([String]?.self, at: 4).map { $0.compactMap(EventType.init(rawValue:)) }
        createdAt = try row.decode(Timestamp.self, at: 5)
        state = WebhookState(rawValue: try row.decode(String.self, at: 6)) ?? .disabled
        reason = try row.decode(String?.self, at: 7)
        disabledAt = try row.decode(Timestamp?.self, at: 8)
        cursor = Cursor(
            epoch: Int(try row.decode(Int32?.self, at: 10) ?? 1), seq: try row.decode(Int64.self, at: 9))
        head = try row.decode(Int64.self, at: 11)
        attempts = Int(try row.decode(Int16.self, at: 12))
        nextAttemptAt = try row.decode(Timestamp?.self, at: 13)
        lastAttemptAt = try row.decode(Timestamp?.self, at: 14)
        lastStatus = try row.decode(Int16?.self, at: 15).map(Int.init)
        lastFailure = try row.decode(String?.self, at: 16)
        dead = try row.decode(Int64.self, at: 17)
        previousUntil = try row.decode(Timestamp?.self, at: 18)
    }
}

/// An event that was set aside.
package struct DeadLetter: Sendable {
    package var cursor: Cursor
    package var eventID: UUID
    /// The short type.
    package var type: String
    package var attempts: Int
    package var lastStatus: Int?
    package var lastFailure: String?
    package var deadAt: Timestamp
    /// When it was asked for once more, and has not been sent yet.
    package var replayAt: Timestamp?
}

/// What came of one attempt, as the store keeps it.
package struct WebhookAttempt: Hashable, Sendable {
    /// nil without an answer.
    package var status: Int?
    /// Why there was none; one of a few words of ours.
    package var failure: String?

    package init(status: Int? = nil, failure: String? = nil) {
        self.status = status
        self.failure = failure
    }
}

/// An endpoint, taken by one process for a while.
package struct WebhookLease: Sendable {
    package var id: UUID
    package var fence: Int64
    package var url: String
    package var policy: WebhookPolicy
    package var types: [EventType]?
    /// Everything up to it is settled.
    package var seq: Int64
    /// For the event after it.
    package var attempts: Int
    /// Until the next one; nil: at once.
    package var waitSeconds: Double?
    package var secret: SealedBox
    /// Signs too.
    package var previous: SealedBox?
    /// Whether dead letters are to be sent once more.
    package var hasReplays: Bool

    static let columns: SQL = """
        w.id, w.fence, w.url, w.policy, w.types, w.seq, w.attempts,
        extract(epoch FROM w.next_attempt_at - now())::float8, w.secret, w.secret_key,
        CASE WHEN w.previous_until > now() THEN w.previous_secret END, w.previous_key, EXISTS (
            SELECT FROM webhook_dead d
            WHERE d.jurisdiction = w.jurisdiction AND d.stream = w.stream AND d.webhook_id = w.id
                AND d.replay_at IS NOT NULL)
        """

    init(_ row: Row) throws {
        id = try row.decode(UUID.self, at: 0)
        fence = try row.decode(Int64.self, at: 1)
        url = try row.decode(String.self, at: 2)
        policy = WebhookPolicy(rawValue: try row.decode(String.self, at: 3)) ?? .block
        types = try row.decode([String]?.self, at: 4).map { $0.compactMap(EventType.init(rawValue:)) }
        seq = try row.decode(Int64.self, at: 5)
        attempts = Int(try row.decode(Int16.self, at: 6))
        waitSeconds = try row.decode(Double?.self, at: 7)
        secret = SealedBox(
            box: try row.decode([UInt8].self, at: 8), keyID: try row.decode(Int32.self, at: 9))
        hasReplays = try row.decode(Bool.self, at: 12)
        if let box = try row.decode([UInt8]?.self, at: 10), let key = try row.decode(Int32?.self, at: 11) {
            previous = SealedBox(box: box, keyID: key)
        }
    }
}
