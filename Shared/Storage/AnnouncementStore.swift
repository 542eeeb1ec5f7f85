package import Domain
package import FoundationEssentials
package import PostgreSQL

/// An announcement with its audit lines.
package struct AuditedAnnouncement: Sendable {
    package var announcement: Announcement
    package var madeAt: Timestamp
    /// The id of the key that was signed in with.
    package var madeBy: String
    package var endedBy: String?
}

/// What the city says it knows: written by the operator's page, read by the citizens'.
package struct AnnouncementStore: Sendable {
    /// The most that the operator's page looks back at.
    package static let listLimit = 50

    package enum Outcome: Sendable, Equatable {
        case done
        /// The same one was made before under this id.
        case repeated
        /// Another one has this id.
        case keyReused
        /// As many as may be shown or planned at once are.
        case full
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    private static let columns: SQL = """
        a.id, a.category, a.areas, a.begins_at, a.ends_at, a.text_id, a.text_en, a.ended_at
        """

    /// What is shown at this moment, the first to end first.
    package func shown(in jurisdiction: JurisdictionCode, at now: Timestamp) async throws -> [Announcement] {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM announcement a
            WHERE a.jurisdiction = \(jurisdiction) AND a.ends_at > \(now) AND a.begins_at <= \(now)
                AND a.ended_at IS NULL
            ORDER BY a.ends_at, a.id LIMIT \(literal: Announcement.mostAtOnce)
            """
        ).map { try Announcement(row: $0) }
    }

    /// All of them, with who made and who ended them, the last to end first.
    package func all(in jurisdiction: JurisdictionCode) async throws -> [AuditedAnnouncement] {
        try await pool.query(
            """
            SELECT \(Self.columns), made.at, made.by_key, ended.by_key FROM (
                SELECT * FROM announcement WHERE jurisdiction = \(jurisdiction)
                ORDER BY ends_at DESC LIMIT \(literal: Self.listLimit)) a
            JOIN announcement_audit made ON made.jurisdiction = a.jurisdiction AND made.announcement_id = a.id
                AND made.act = 'made'
            LEFT JOIN announcement_audit ended ON ended.jurisdiction = a.jurisdiction AND ended.announcement_id = a.id
                AND ended.act = 'ended'
            ORDER BY a.ends_at DESC, a.id
            """
        ).map { row in
            AuditedAnnouncement(
                announcement: try Announcement(row: row), madeAt: try row.decode(Timestamp.self, at: 8),
                madeBy: try row.decode(String.self, at: 9), endedBy: try row.decode(String?.self, at: 10))
        }
    }

    /// Makes one, with its audit line, in one statement.
    ///
    /// - Parameter key: the id of the operator's key.
    package func make(
        _ new: Announcement, in jurisdiction: JurisdictionCode, by key: String, at now: Timestamp
    ) async throws -> Outcome {
        let made = try await pool.query(
            """
            WITH made AS (
                INSERT INTO announcement (jurisdiction, id, category, areas, begins_at, ends_at, text_id, text_en)
                SELECT \(jurisdiction), \(new.id), \(new.category as CategoryCode?), \(new.areas.map(\.rawValue)), \(new.from),
                    \(new.until), \(new.indonesian), \(new.english as String?)
                WHERE (
                    SELECT count(*) FROM announcement a
                    WHERE a.jurisdiction = \(jurisdiction) AND a.ends_at > \(now) AND a.ended_at IS NULL
                ) < \(Int64(Announcement.mostAtOnce))
                ON CONFLICT (jurisdiction, id) DO NOTHING RETURNING id
            )
            INSERT INTO announcement_audit (jurisdiction, announcement_id, act, at, by_key)
            SELECT \(jurisdiction), id, 'made', \(now), \(key) FROM made RETURNING 1
            """)
        if !made.isEmpty { return .done }
        let known = try await pool.query(
            "SELECT \(Self.columns) FROM announcement a WHERE a.jurisdiction = \(jurisdiction) AND a.id = \(new.id)")
        guard let row = known.first else { return .full }
        var earlier = try Announcement(row: row)
        // One that begins at once begins when it was first sent.
        (earlier.from, earlier.endedAt) = (new.from, nil)
        return earlier == new ? .repeated : .keyReused
    }

    /// Ends one before its time, with its audit line.
    ///
    /// - Returns: false where there is none that could end.
    package func end(
        _ id: UUID, in jurisdiction: JurisdictionCode, by key: String, at now: Timestamp
    ) async throws -> Bool {
        let ended = try await pool.query(
            """
            WITH ended AS (
                UPDATE announcement SET ended_at = \(now)
                WHERE jurisdiction = \(jurisdiction) AND id = \(id) AND ended_at IS NULL AND ends_at > \(now)
                RETURNING id
            )
            INSERT INTO announcement_audit (jurisdiction, announcement_id, act, at, by_key)
            SELECT \(jurisdiction), id, 'ended', \(now), \(key) FROM ended RETURNING 1
            """)
        return !ended.isEmpty
    }
}

extension Announcement {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row.decode(UUID.self, at: 0),
            category: try row.decode(String?.self, at: 1).map(CategoryCode.init(rawValue:)),
            areas: try row.decode([String].self, at: 2).map(AreaCode.init(rawValue:)),
            from: try row.decode(Timestamp.self, at: 3), until: try row.decode(Timestamp.self, at: 4),
            indonesian: try row.decode(String.self, at: 5), english: try row.decode(String?.self, at: 6),
            endedAt: try row.decode(Timestamp?.self, at: 7))
    }
}
