package import Domain
package import FoundationEssentials
package import PostgreSQL

/// What became of a wish for a new endpoint.
package enum WebhookCreation: Sendable {
    case made
    /// The request came before, under the same key: the endpoint of then, with its secret for a while.
    case repeated(UUID, SealedBox?)
    /// The key came before with another request.
    case keyReused
    /// There are as many as there may be.
    case full
}

/// What became of a wish for another secret.
package enum WebhookRotation: Sendable {
    case rotated
    /// The request came before, under the same key: the secret of then.
    case repeated(SealedBox)
}

/// One stream's endpoints, as who owns them changes and reads them.
package struct WebhookStore: Sendable {
    /// Endpoints of one stream; the table's slots bound them.
    package static let limit = 20
    /// Events that are set aside for one endpoint.
    package static let deadLimit = 1_000

    package let jurisdiction: JurisdictionCode
    package let stream: StreamCode
    let pool: PostgresPool

    package init(jurisdiction: JurisdictionCode, stream: StreamCode, pool: PostgresPool) {
        self.jurisdiction = jurisdiction
        self.stream = stream
        self.pool = pool
    }

    /// Whose endpoint it is; nil for none of this city. For the operator: an agency's login sees its own alone.
    package static func stream(
        of id: UUID, in jurisdiction: JurisdictionCode, pool: PostgresPool
    ) async throws -> StreamCode? {
        let rows = try await pool.query(
            "SELECT stream FROM webhook WHERE jurisdiction = \(jurisdiction) AND id = \(id)")
        return try rows.first.map { StreamCode(rawValue: try $0.decode(String.self, at: 0)) }
    }

    /// Every endpoint of the city, by stream. For the operator.
    package static func list(in jurisdiction: JurisdictionCode, pool: PostgresPool) async throws -> [WebhookRecord] {
        try await pool.query(
            """
            SELECT \(WebhookRecord.columns) FROM webhook w
            JOIN stream s ON s.jurisdiction = w.jurisdiction AND s.code = w.stream
            WHERE w.jurisdiction = \(jurisdiction) ORDER BY w.stream, w.created_at, w.id
            """
        ).map { try WebhookRecord($0) }
    }

    package func list() async throws -> [WebhookRecord] { try await records() }

    package func one(_ id: UUID) async throws -> WebhookRecord? { try await records(id).first }

    private func records(_ id: UUID? = nil) async throws -> [WebhookRecord] {
        let which: SQL = if let id { "AND w.id = \(id)" } else { "" }
        return try await pool.query(
            """
            SELECT \(WebhookRecord.columns) FROM webhook w
            JOIN stream s ON s.jurisdiction = w.jurisdiction AND s.code = w.stream
            WHERE w.jurisdiction = \(jurisdiction) AND w.stream = \(stream) \(which) ORDER BY w.created_at, w.id
            """
        ).map { try WebhookRecord($0) }
    }

    /// One endpoint's row, in any statement about `webhook`.
    func row(_ id: UUID) -> SQL { "jurisdiction = \(jurisdiction) AND stream = \(stream) AND id = \(id)" }

    // MARK: Changes

    /// - Parameters:
    ///   - position: everything up to it is not sent.
    ///   - key: of the request, with the digest of what it asks for.
    package func create(
        _ id: UUID, _ address: WebAddress, policy: WebhookPolicy, types: [EventType]?, after position: Int64,
        secret: SealedBox, key: (text: String, hash: [UInt8])?
    ) async throws -> WebhookCreation {
        // Of two who come at once one finds the slot or the key taken, and looks again.
        for _ in 0...Self.limit {
            if let key, let known = try await repeated(key) { return known }
            let made = try await pool.query(
                """
                INSERT INTO webhook (jurisdiction, stream, id, slot, url, policy, types, seq, secret, secret_key,
                    create_key, create_hash)
                SELECT \(jurisdiction), \(stream), \(id), f.slot, \(address.text), \(policy.rawValue),
                    \(types.map { $0.map(\.rawValue) } as [String]?), \(position), \(secret.box), \(secret.keyID),
                    \(key?.text as String?), \(key?.hash as [UInt8]?)
                FROM (
                    SELECT min(n)::smallint AS slot FROM generate_series(1, \(literal: Self.limit)) n
                    WHERE NOT EXISTS (
                        SELECT FROM webhook o
                        WHERE o.jurisdiction = \(jurisdiction) AND o.stream = \(stream) AND o.slot = n)) f
                WHERE f.slot IS NOT NULL
                ON CONFLICT DO NOTHING RETURNING 1
                """)
            if !made.isEmpty { return .made }
            let count = try await pool.query(
                "SELECT count(*) FROM webhook WHERE jurisdiction = \(jurisdiction) AND stream = \(stream)"
            ).one().decode(Int64.self, at: 0)
            if count >= Int64(Self.limit), key == nil { return .full }
            if count >= Int64(Self.limit), let key { return try await repeated(key) ?? .full }
        }
        return .full
    }

    private func repeated(_ key: (text: String, hash: [UInt8])) async throws -> WebhookCreation? {
        let rows = try await pool.query(
            """
            SELECT id, create_hash = \(key.hash), secret, secret_key,
                rotated_at IS NULL AND created_at > now() - \(Int32(WebhookPace.repeatSeconds)) * interval '1 second'
            FROM webhook
            WHERE jurisdiction = \(jurisdiction) AND stream = \(stream) AND create_key = \(key.text)
            """)
        guard let row = rows.first else { return nil }
        guard try row.decode(Bool.self, at: 1) else { return .keyReused }
        let sealed = SealedBox(box: try row.decode([UInt8].self, at: 2), keyID: try row.decode(Int32.self, at: 3))
        return .repeated(try row.decode(UUID.self, at: 0), try row.decode(Bool.self, at: 4) ? sealed : nil)
    }

    /// Changes what is not nil. To make an endpoint active begins its attempts anew, also where it was so already; what
    /// it lacked and is no longer kept is passed over.
    ///
    /// - Returns: false where there is no such endpoint.
    package func change(_ id: UUID, _ wish: WebhookWish) async throws -> Bool {
        let types = wish.types.map { $0.isEmpty ? [String]?.none : $0.map(\.rawValue) }
        var sets: [SQL] = ["url = coalesce(\(wish.address?.text as String?), url)"]
        sets.append("policy = coalesce(\(wish.policy?.rawValue as String?), policy)")
        if let types { sets.append("types = \(types as [String]?)") }
        switch wish.state {
        case nil: break
        case .active?:
            sets.append(
                """
                state = 'active', reason = NULL, disabled_at = NULL, attempts = 0, next_attempt_at = NULL,
                seq = greatest(seq, (
                    SELECT s.first_seq - 1 FROM stream s
                    WHERE s.jurisdiction = \(jurisdiction) AND s.code = \(stream)))
                """)
        case .disabled?:
            sets.append(
                """
                state = 'disabled', reason = coalesce(reason, \(WebhookReason.asked.rawValue)),
                disabled_at = coalesce(disabled_at, now())
                """)
        }
        let rows = try await pool.query(
            "UPDATE webhook SET \(SQL.joined(sets, separator: ", ")) WHERE \(row(id)) RETURNING 1")
        return !rows.isEmpty
    }

    /// - Returns: nil where there is no such endpoint.
    package func rotate(_ id: UUID, to secret: SealedBox, key: String?) async throws -> WebhookRotation? {
        let rows = try await pool.query(
            """
            UPDATE webhook SET previous_secret = secret, previous_key = secret_key,
                previous_until = now() + \(Int32(WebhookPace.previousSecretSeconds)) * interval '1 second',
                secret = \(secret.box), secret_key = \(secret.keyID), rotate_key = \(key as String?), rotated_at = now()
            WHERE \(row(id)) AND (
                \(key as String?) IS NULL OR rotate_key IS DISTINCT FROM \(key as String?)
                OR rotated_at < now() - \(Int32(WebhookPace.repeatSeconds)) * interval '1 second')
            RETURNING 1
            """)
        if !rows.isEmpty { return .rotated }
        let found = try await pool.query("SELECT secret, secret_key FROM webhook WHERE \(row(id))")
        return try found.first.map { row in
            .repeated(SealedBox(box: try row.decode([UInt8].self, at: 0), keyID: try row.decode(Int32.self, at: 1)))
        }
    }

    /// - Returns: false where there is no such endpoint.
    package func remove(_ id: UUID) async throws -> Bool {
        try await pool.query("DELETE FROM webhook WHERE \(row(id)) RETURNING 1").count == 1
    }

    // MARK: Dead letters

    /// Those after a position, the oldest first.
    package func dead(_ id: UUID, after position: Int64, limit: Int) async throws -> [DeadLetter] {
        try await pool.query(
            """
            SELECT epoch, seq, event_id, type, attempts, last_status, last_failure, dead_at, replay_at FROM webhook_dead
            WHERE jurisdiction = \(jurisdiction) AND stream = \(stream) AND webhook_id = \(id) AND seq > \(position)
            ORDER BY seq LIMIT \(literal: limit)
            """
        ).map { row in
            DeadLetter(
                cursor: Cursor(
                    epoch: Int(try row.decode(Int32.self, at: 0)), seq: try row.decode(Int64.self, at: 1)),
                eventID: try row.decode(UUID.self, at: 2), type: try row.decode(String.self, at: 3),
                attempts: Int(try row.decode(Int16.self, at: 4)),
                lastStatus: try row.decode(Int16?.self, at: 5).map(Int.init),
                lastFailure: try row.decode(String?.self, at: 6), deadAt: try row.decode(Timestamp.self, at: 7),
                replayAt: try row.decode(Timestamp?.self, at: 8))
        }
    }

    /// Has dead letters sent once more: these, or all.
    ///
    /// - Returns: how many.
    package func replay(_ id: UUID, _ seqs: [Int64]?) async throws -> Int {
        let which: SQL = if let seqs { "AND seq = ANY (\(seqs))" } else { "" }
        return try await pool.query(
            """
            UPDATE webhook_dead SET replay_at = coalesce(replay_at, now())
            WHERE jurisdiction = \(jurisdiction) AND stream = \(stream) AND webhook_id = \(id) \(which) RETURNING 1
            """
        ).count
    }
}
