package import Domain
package import FoundationEssentials
package import PostgreSQL

/// What became of a wish to be told.
package enum PushEnrolment: Hashable, Sendable {
    case made
    /// It was there before; its keys and its language are the new ones now.
    case renewed
    /// So many others are told of this report that no further one is.
    case full
}

/// News of a report, taken for one browser: to be sent, and its end told under the fence.
package struct DuePush: Sendable {
    package var reportID: UUID
    package var endpointHash: [UInt8]
    package var fence: Int64
    package var news: Int32
    /// This attempt included.
    package var attempts: Int
    package var subscription: PushSubscription
    package var language: Language
    /// What the person knew.
    package var told: String
    package var trackingCode: String
    package var status: ReportStatus
    /// As it was sent, and as it is now.
    package var categories: [CategoryCode?]
    package var subtype: SubtypeCode?
    package var visibility: Visibility
}

/// The end of one attempt.
package enum PushSettlement: Sendable {
    case told(ReportStatus)
    case again(afterSeconds: Int)
    case forgotten
}

/// Browsers that are told of reports' news, and what waits to be told.
package struct PushStore: Sendable {
    /// Browsers that follow one report; the reporter's own come on top.
    package static let followerLimit = 200
    package static let ownLimit = 10
    /// Reports that one browser is told of.
    package static let reportLimit = 50

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }
}

// MARK: - Subscriptions

extension PushStore {
    /// Tells `subscription` of a report's news from now on. The bounds may be overshot by as many as come at once.
    package func enrol(
        _ subscription: PushSubscription, for report: UUID, isOwn: Bool, language: Language,
        in jurisdiction: JurisdictionCode
    ) async throws -> PushEnrolment {
        let hash = subscription.endpointHash
        let bound = isOwn ? Self.ownLimit : Self.followerLimit
        let results = try await pool.transaction([
            """
            INSERT INTO push_subscription AS p (jurisdiction, report_id, endpoint_hash, endpoint, public_key, secret,
                language, is_own, told)
            SELECT \(jurisdiction), \(report), \(hash), \(subscription.endpoint.text), \(subscription.publicKey),
                \(subscription.secret), \(language.rawValue), \(isOwn), coalesce((
                    SELECT s.status FROM report_state s
                    WHERE s.jurisdiction = \(jurisdiction) AND s.report_id = \(report)), 'received')
            WHERE (
                SELECT count(*) FROM push_subscription o
                WHERE o.jurisdiction = \(jurisdiction) AND o.report_id = \(report) AND o.is_own = \(isOwn)
                    AND o.endpoint_hash <> \(hash)) < \(Int64(bound))
            ON CONFLICT (jurisdiction, report_id, endpoint_hash) DO UPDATE SET endpoint = excluded.endpoint,
                public_key = excluded.public_key, secret = excluded.secret, language = excluded.language,
                is_own = p.is_own OR excluded.is_own
            RETURNING made_at = now()
            """,
            Self.letOldestGo(of: hash, in: jurisdiction),
        ])
        guard let isNew = try results[0].first?.decode(Bool.self, at: 0) else { return .full }
        // A change that was committed while the row was not yet to be seen has told nobody.
        _ = try await pool.query(
            """
            UPDATE push_subscription p SET due_at = now(), news = p.news + 1 FROM report_state s
            WHERE p.jurisdiction = \(jurisdiction) AND p.report_id = \(report) AND p.endpoint_hash = \(hash)
                AND p.due_at IS NULL AND s.jurisdiction = p.jurisdiction AND s.report_id = p.report_id
                AND s.status <> p.told
            """)
        return isNew ? .made : .renewed
    }

    /// Where a browser is told of more than it may be, the oldest go.
    private static func letOldestGo(of hash: [UInt8], in jurisdiction: JurisdictionCode) -> SQL {
        """
        DELETE FROM push_subscription WHERE jurisdiction = \(jurisdiction) AND endpoint_hash = \(hash)
            AND report_id IN (
                SELECT report_id FROM push_subscription
                WHERE jurisdiction = \(jurisdiction) AND endpoint_hash = \(hash)
                ORDER BY made_at DESC, report_id DESC OFFSET \(literal: reportLimit))
        """
    }

    /// The browser has another endpoint: all that was told at the old one is told at the new.
    ///
    /// - Returns: how many reports it is told of now.
    package func replace(
        _ old: PushSubscription, by subscription: PushSubscription, in jurisdiction: JurisdictionCode
    ) async throws -> Int {
        let (hash, new) = (old.endpointHash, subscription.endpointHash)
        let ofOld: SQL = """
            jurisdiction = \(jurisdiction) AND endpoint_hash = \(hash) AND secret = \(old.secret)
            """
        guard new != hash else {
            return try await pool.query(
                """
                UPDATE push_subscription SET public_key = \(subscription.publicKey), secret = \(subscription.secret)
                WHERE \(ofOld) RETURNING 1
                """
            ).count
        }
        let results = try await pool.transaction([
            """
            INSERT INTO push_subscription (jurisdiction, report_id, endpoint_hash, endpoint, public_key, secret,
                language, is_own, told, made_at, due_at, news)
            SELECT jurisdiction, report_id, \(new), \(subscription.endpoint.text), \(subscription.publicKey),
                \(subscription.secret), language, is_own, told, made_at,
                CASE WHEN due_at IS NOT NULL THEN now() END, news
            FROM push_subscription WHERE \(ofOld)
            ON CONFLICT DO NOTHING RETURNING 1
            """,
            "DELETE FROM push_subscription WHERE \(ofOld)",
        ])
        return results[0].count
    }

    /// Ends what a browser is told: of one report, or of all.
    package func end(_ hash: [UInt8], for report: UUID?, in jurisdiction: JurisdictionCode) async throws -> Int {
        try await pool.query(
            """
            DELETE FROM push_subscription WHERE jurisdiction = \(jurisdiction) AND endpoint_hash = \(hash)
                AND (\(report as UUID?) IS NULL OR report_id = \(report as UUID?)) RETURNING 1
            """
        ).count
    }

    /// Tells a report's reporter of it no more: for who erases it in the same transaction. Who follows it goes on.
    package static func forgettingReporter(of report: UUID, in jurisdiction: JurisdictionCode) -> SQL {
        "DELETE FROM push_subscription WHERE jurisdiction = \(jurisdiction) AND report_id = \(report) AND is_own"
    }

    /// Lets go of what belongs to reports that ended `seconds` ago or more, at most `limit` at once.
    ///
    /// - Returns: how many.
    package func forgetEnded(
        in jurisdiction: JurisdictionCode, endedBefore seconds: Int, limit: Int
    ) async throws -> Int {
        try await pool.query(
            """
            DELETE FROM push_subscription p USING (
                SELECT o.report_id, o.endpoint_hash FROM push_subscription o
                JOIN report_state s ON s.jurisdiction = o.jurisdiction AND s.report_id = o.report_id
                WHERE o.jurisdiction = \(jurisdiction) AND s.next_due_at IS NULL AND s.status <> 'resolved'
                    AND s.changed_at < now() - \(Int32(seconds)) * interval '1 second'
                LIMIT \(literal: limit)) gone
            WHERE p.jurisdiction = \(jurisdiction) AND p.report_id = gone.report_id
                AND p.endpoint_hash = gone.endpoint_hash
            RETURNING 1
            """
        ).count
    }
}

// MARK: - News

extension PushStore {
    /// How far a stream reaches, and how far it has been looked through.
    package struct Position: Hashable, Sendable {
        package var stream: AgencyCode
        package var head: Int64
        package var seen: Int64

        package var isBehind: Bool { seen < head }
    }

    /// Every stream of the city. Where nobody is to be told anything, what is new is passed over at once.
    package func positions(in jurisdiction: JurisdictionCode) async throws -> [Position] {
        let results = try await pool.pipeline([
            """
            UPDATE push_cursor c SET seq = s.head FROM stream s
            WHERE c.jurisdiction = \(jurisdiction) AND s.jurisdiction = c.jurisdiction AND s.code = c.stream
                AND c.seq < s.head
                AND NOT EXISTS (SELECT FROM push_subscription p WHERE p.jurisdiction = \(jurisdiction))
                AND NOT EXISTS (SELECT FROM chat_report c WHERE c.jurisdiction = \(jurisdiction))
            """,
            """
            SELECT s.code, s.head, c.seq FROM stream s
            JOIN push_cursor c ON c.jurisdiction = s.jurisdiction AND c.stream = s.code
            WHERE s.jurisdiction = \(jurisdiction) ORDER BY s.code
            """,
        ])
        return try results[1].map { row in
            Position(
                stream: AgencyCode(rawValue: try row.decode(String.self, at: 0)),
                head: try row.decode(Int64.self, at: 1), seen: try row.decode(Int64.self, at: 2))
        }
    }

    /// Looks through a stream's next events, at most `limit`: whoever is to be told of a report whose status changed, by
    /// a browser or in a chat, has something due.
    ///
    /// - Returns: for how many there is news; nil where another replica was first.
    package func look(_ position: Position, limit: Int, in jurisdiction: JurisdictionCode) async throws -> Int? {
        let end = min(position.head, position.seen + Int64(limit))
        return try await pool.withTransaction { tx in
            let moved = try await tx.query(
                """
                UPDATE push_cursor SET seq = \(end)
                WHERE jurisdiction = \(jurisdiction) AND stream = \(position.stream) AND seq = \(position.seen)
                RETURNING 1
                """)
            guard moved.count == 1 else { return nil }
            let told = try await tx.commit(after: [
                """
                UPDATE push_subscription p SET due_at = coalesce(p.due_at, now()), news = p.news + 1 FROM (
                    SELECT DISTINCT e.report_id FROM stream_event e
                    WHERE e.jurisdiction = \(jurisdiction) AND e.stream = \(position.stream)
                        AND e.seq > \(position.seen) AND e.seq <= \(end)
                        AND e.status IS DISTINCT FROM e.previous_status) changed
                WHERE p.jurisdiction = \(jurisdiction) AND p.report_id = changed.report_id
                RETURNING 1
                """,
                ChatStore.marking(position.stream, after: position.seen, upTo: end, in: jurisdiction),
            ])
            return told[0].count + told[1].count
        }
    }

    /// Takes what is due, the longest due first, for `seconds`: whoever takes it is its one owner until then.
    ///
    /// What the report's status was when it was told already, because it changed and changed back, is not sent again.
    package func take(_ limit: Int, for seconds: Int, in jurisdiction: JurisdictionCode) async throws -> [DuePush] {
        let results = try await pool.pipeline([
            """
            UPDATE push_subscription p SET due_at = NULL, attempts = 0 FROM report_state s
            WHERE p.jurisdiction = \(jurisdiction) AND p.due_at <= now() AND s.jurisdiction = p.jurisdiction
                AND s.report_id = p.report_id AND s.status = p.told
            """,
            """
            UPDATE push_subscription p SET due_at = now() + \(Int32(seconds)) * interval '1 second',
                attempts = p.attempts + 1, fence = p.fence + 1
            FROM (
                SELECT d.report_id, d.endpoint_hash FROM push_subscription d
                WHERE d.jurisdiction = \(jurisdiction) AND d.due_at <= now()
                ORDER BY d.due_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED) due,
                report r, report_state s
            WHERE p.jurisdiction = \(jurisdiction) AND p.report_id = due.report_id
                AND p.endpoint_hash = due.endpoint_hash
                AND r.jurisdiction = p.jurisdiction AND r.id = p.report_id
                AND s.jurisdiction = p.jurisdiction AND s.report_id = p.report_id
            RETURNING p.report_id, p.endpoint_hash, p.fence, p.news, p.attempts, p.endpoint, p.public_key, p.secret,
                p.language, p.told, r.tracking_code, s.status, r.category, s.category, s.subtype,
                CASE WHEN \(PublicReportStore.notHidden) THEN r.visibility ELSE 'private' END
            """,
        ])
        return try results[1].compactMap { try DuePush(row: $0) }
    }

    /// Says what became of it; nothing happens where another has taken it meanwhile.
    package func settle(_ push: DuePush, _ end: PushSettlement, in jurisdiction: JurisdictionCode) async throws {
        let one: SQL = """
            jurisdiction = \(jurisdiction) AND report_id = \(push.reportID) AND endpoint_hash = \(push.endpointHash)
                AND fence = \(push.fence)
            """
        switch end {
        case .told(let status):
            _ = try await pool.query(
                """
                UPDATE push_subscription SET told = \(status), attempts = 0,
                    due_at = CASE WHEN news = \(push.news) THEN NULL ELSE now() END
                WHERE \(one)
                """)
        case .again(let seconds):
            _ = try await pool.query(
                """
                UPDATE push_subscription SET due_at = now() + \(Int32(seconds)) * interval '1 second' WHERE \(one)
                """)
        case .forgotten:
            _ = try await pool.query("DELETE FROM push_subscription WHERE \(one)")
        }
    }
}

extension DuePush {
    /// Nil for a row that cannot be read any more; it is left to age.
    fileprivate init?(row: Row) throws {
        guard let endpoint = WebAddress(try row.decode(String.self, at: 5)),
            let subscription = PushSubscription(
                endpoint: endpoint, publicKey: try row.decode([UInt8].self, at: 6),
                secret: try row.decode([UInt8].self, at: 7)),
            let status = ReportStatus(rawValue: try row.decode(String.self, at: 11))
        else { return nil }
        self.subscription = subscription
        self.status = status
        reportID = try row.decode(UUID.self, at: 0)
        endpointHash = try row.decode([UInt8].self, at: 1)
        fence = try row.decode(Int64.self, at: 2)
        news = try row.decode(Int32.self, at: 3)
        attempts = Int(try row.decode(Int16.self, at: 4))
        language = Language(rawValue: try row.decode(String.self, at: 8)) ?? .indonesian
        told = try row.decode(String.self, at: 9)
        trackingCode = try row.decode(String.self, at: 10)
        categories = [
            try row.decode(String?.self, at: 12).map(CategoryCode.init(rawValue:)),
            try row.decode(String?.self, at: 13).map(CategoryCode.init(rawValue:)),
        ]
        subtype = try row.decode(String?.self, at: 14).map(SubtypeCode.init(rawValue:))
        visibility = Visibility(rawValue: try row.decode(String.self, at: 15)) ?? .private
    }
}
