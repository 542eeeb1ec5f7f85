package import Domain
package import FoundationEssentials
internal import PostgreSQL
package import Streams

/// How many endpoints a stream has; of the disabled ones those that somebody should look at, and not those that somebody
/// disabled.
package struct WebhookCount: Hashable, Sendable {
    package var active: Int64
    package var disabled: Int64

    package init(active: Int64, disabled: Int64) {
        self.active = active
        self.disabled = disabled
    }
}

/// What became of an event that was to be set aside.
package enum SettingAside: Sendable {
    case done
    /// As many are set aside as may be.
    case full
    /// Somebody else has the lease.
    case lost
}

/// The one owner of each endpoint, by a lease with a fence: who lost it can write nothing.
extension WebhookStore {
    /// Takes every active endpoint that nobody has, for ``WebhookPace/leaseSeconds``.
    package func take(for holder: UUID) async throws -> (leases: [WebhookLease], count: WebhookCount) {
        let results = try await pool.pipeline([
            """
            UPDATE webhook w SET fence = w.fence + 1, lease_holder = \(holder),
                lease_until = now() + \(Int32(WebhookPace.leaseSeconds)) * interval '1 second'
            FROM (
                SELECT id FROM webhook
                WHERE jurisdiction = \(jurisdiction) AND stream = \(stream) AND state = 'active' AND lease_until < now()
                LIMIT \(literal: Self.limit) FOR UPDATE SKIP LOCKED) due
            WHERE w.jurisdiction = \(jurisdiction) AND w.stream = \(stream) AND w.id = due.id
            RETURNING \(WebhookLease.columns)
            """,
            """
            SELECT count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE state = 'disabled' AND reason <> 'asked')
            FROM webhook
            WHERE jurisdiction = \(jurisdiction) AND stream = \(stream)
            """,
        ])
        let counts = try results[1].one()
        return (
            try results[0].map { try WebhookLease($0) },
            WebhookCount(active: try counts.decode(Int64.self, at: 0), disabled: try counts.decode(Int64.self, at: 1))
        )
    }

    /// Holds the lease for another while, and reads what was changed about the endpoint.
    ///
    /// - Returns: nil where the lease is lost, or the endpoint is to be sent nothing more.
    package func renew(_ lease: WebhookLease) async throws -> WebhookLease? {
        try await pool.query(
            """
            UPDATE webhook w SET \(Self.held) WHERE \(owned(lease)) AND state = 'active'
            RETURNING \(WebhookLease.columns)
            """
        ).first.map { try WebhookLease($0) }
    }

    /// Writes down how far the endpoint came. `false`, here and below: the lease is lost, and nothing was written.
    ///
    /// - Parameter attempt: the last one; nil where events were only passed over.
    package func record(_ lease: WebhookLease, seq: Int64, _ attempt: WebhookAttempt?) async throws -> Bool {
        try await write(lease, "seq = \(seq), attempts = 0, next_attempt_at = NULL", attempt)
    }

    /// Writes down that an event was not taken, and when it is tried again.
    package func postpone(
        _ lease: WebhookLease, seq: Int64, attempts: Int, seconds: Int, _ attempt: WebhookAttempt
    ) async throws -> Bool {
        try await write(
            lease,
            """
            seq = \(seq), attempts = \(Int16(clamping: attempts)),
            next_attempt_at = now() + \(Int32(clamping: seconds)) * interval '1 second'
            """, attempt)
    }

    /// Sends nothing more until somebody has looked.
    package func disable(
        _ lease: WebhookLease, seq: Int64, attempts: Int, _ reason: WebhookReason, _ attempt: WebhookAttempt?
    ) async throws -> Bool {
        try await write(
            lease,
            """
            seq = \(seq), attempts = \(Int16(clamping: attempts)), next_attempt_at = NULL, state = 'disabled',
            reason = coalesce(reason, \(reason.rawValue)), disabled_at = coalesce(disabled_at, now()),
            lease_holder = NULL
            """, attempt)
    }

    /// Gives the lease back, for whoever comes next.
    package func release(_ lease: WebhookLease) async throws {
        try await pool.query(
            """
            UPDATE webhook w SET lease_holder = NULL, lease_until = now() WHERE \(owned(lease))
            """)
    }

    private func write(_ lease: WebhookLease, _ sets: SQL, _ attempt: WebhookAttempt?) async throws -> Bool {
        let told: SQL =
            if let attempt {
                """
                , last_attempt_at = now(), last_status = \(attempt.status.map { Int16(clamping: $0) } as Int16?),
                last_failure = \(attempt.failure as String?)
                """
            } else { "" }
        return try await pool.query(
            "UPDATE webhook w SET \(sets), \(Self.held) \(told) WHERE \(owned(lease)) RETURNING 1"
        ).count == 1
    }

    private static var held: SQL {
        "lease_until = now() + \(Int32(WebhookPace.leaseSeconds)) * interval '1 second'"
    }

    private func owned(_ lease: WebhookLease) -> SQL {
        """
        w.jurisdiction = \(jurisdiction) AND w.stream = \(stream) AND w.id = \(lease.id) AND w.fence = \(lease.fence)
        """
    }

    // MARK: Dead letters

    /// Sets an event aside, and goes on behind it.
    package func setAside(
        _ lease: WebhookLease, _ event: StoredEvent, attempts: Int, _ attempt: WebhookAttempt
    ) async throws -> SettingAside {
        let status = attempt.status.map { Int16(clamping: $0) }
        let results = try await pool.pipeline([
            """
            WITH moved AS (
                UPDATE webhook w SET seq = \(event.cursor.seq), attempts = 0, next_attempt_at = NULL, \(Self.held),
                    last_attempt_at = now(), last_status = \(status as Int16?), last_failure = \(attempt.failure as String?)
                WHERE \(owned(lease)) AND (
                    SELECT count(*) FROM webhook_dead d
                    WHERE d.jurisdiction = \(jurisdiction) AND d.stream = \(stream) AND d.webhook_id = \(lease.id))
                    < \(literal: Self.deadLimit)
                RETURNING 1)
            INSERT INTO webhook_dead (jurisdiction, stream, webhook_id, seq, epoch, event_id, type, attempts,
                last_status, last_failure)
            SELECT \(jurisdiction), \(stream), \(lease.id), \(event.cursor.seq), \(Int32(event.cursor.epoch)),
                \(event.id), \(event.type), \(Int16(clamping: attempts)), \(status as Int16?),
                \(attempt.failure as String?)
            FROM moved
            ON CONFLICT (jurisdiction, stream, webhook_id, seq) DO UPDATE SET dead_at = now()
            RETURNING 1
            """,
            "SELECT 1 FROM webhook w WHERE \(owned(lease))",
        ])
        if results[0].count == 1 { return .done }
        return results[1].isEmpty ? .lost : .full
    }

    /// The dead letters that are to be sent once more, the oldest first, as they stand in the stream.
    package func replays(_ lease: WebhookLease, limit: Int) async throws -> [StoredEvent] {
        try await pool.query(
            """
            SELECT d.epoch, d.seq, d.event_id, d.type, e.body FROM webhook_dead d
            JOIN stream_event e ON e.jurisdiction = d.jurisdiction AND e.stream = d.stream AND e.seq = d.seq
            WHERE d.jurisdiction = \(jurisdiction) AND d.stream = \(stream) AND d.webhook_id = \(lease.id)
                AND d.replay_at IS NOT NULL
            ORDER BY d.seq LIMIT \(literal: limit)
            """
        ).map { row in
            StoredEvent(
                cursor: Cursor(
                    epoch: Int(try row.decode(Int32.self, at: 0)), seq: try row.decode(Int64.self, at: 1)),
                id: try row.decode(UUID.self, at: 2), type: try row.decode(String.self, at: 3),
                body: try row.decode(String.self, at: 4))
        }
    }

    /// A dead letter was taken.
    package func settleReplay(_ lease: WebhookLease, seq: Int64) async throws -> Bool {
        try await pool.query(
            """
            DELETE FROM webhook_dead d USING webhook w
            WHERE \(owned(lease)) AND d.jurisdiction = w.jurisdiction AND d.stream = w.stream AND d.webhook_id = w.id
                AND d.seq = \(seq)
            RETURNING 1
            """
        ).count == 1
    }

    /// Nothing more is sent once more until it is asked for again; what the last attempt came to is kept with its event.
    package func endReplays(_ lease: WebhookLease, failed seq: Int64?, _ attempt: WebhookAttempt?) async throws {
        let status = attempt?.status.map { Int16(clamping: $0) }
        try await pool.query(
            """
            UPDATE webhook_dead d SET replay_at = NULL,
                attempts = CASE WHEN d.seq = \(seq as Int64?) THEN least(d.attempts + 1, 32000) ELSE d.attempts END,
                last_status = CASE WHEN d.seq = \(seq as Int64?) THEN \(status as Int16?) ELSE d.last_status END,
                last_failure = CASE WHEN d.seq = \(seq as Int64?) THEN \(attempt?.failure as String?) ELSE d.last_failure END
            FROM webhook w
            WHERE \(owned(lease)) AND d.jurisdiction = w.jurisdiction AND d.stream = w.stream AND d.webhook_id = w.id
                AND d.replay_at IS NOT NULL
            """)
    }
}
