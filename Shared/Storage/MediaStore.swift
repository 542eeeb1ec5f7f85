package import Domain
package import FoundationEssentials
package import PostgreSQL

/// Whose an upload is until a report takes it.
package enum Uploader: Hashable, Sendable {
    /// Who shows the report's key.
    case report(UUID)
    /// Who posts a form with its photos in it; the id is of that form alone.
    case form(UUID)
    case channel(ChannelCode)
    case agency(AgencyCode)

    var text: String {
        switch self {
        case .report(let id): "report:\(id.text)"
        case .form(let id): "form:\(id.text)"
        case .channel(let code): "channel:\(code)"
        case .agency(let code): "agency:\(code)"
        }
    }
}

/// Uploads that a report or a command brings.
package struct Uploads: Hashable, Sendable {
    package let ids: [UUID]
    package let uploader: Uploader
    let isPublic: Bool

    /// Nil for none.
    ///
    /// - Parameter isPublic: whether everybody sees them who sees the report.
    package init?(_ ids: [UUID], by uploader: Uploader, isPublic: Bool) {
        if ids.isEmpty { return nil }
        (self.ids, self.uploader, self.isPublic) = (ids, uploader, isPublic)
    }

    /// Gives the photos' numbers; NULL where one of them cannot be had, and none where the report has too many.
    func claim(for report: UUID, at version: Int, in jurisdiction: JurisdictionCode) -> SQL {
        """
        SELECT claim_media(\(jurisdiction), \(report), \(uploader.text), \(ids), \(Int32(version)), \(isPublic))
        """
    }
}

/// A photo in both its sizes, by the hashes of their bytes.
package struct StoredPhoto: Hashable, Sendable {
    package var web: [UInt8]
    package var thumb: [UInt8]
    /// Of the web size.
    package var width: Int
    package var height: Int

    package init(web: [UInt8], thumb: [UInt8], width: Int, height: Int) {
        self.web = web
        self.thumb = thumb
        self.width = width
        self.height = height
    }
}

/// One of a report's photos, as who shows it needs it.
package struct ReportPhoto: Hashable, Sendable {
    package var web: [UInt8]
    package var thumb: [UInt8]
    /// Who sent it; nil: the reporter did.
    package var agency: AgencyCode?
    /// Whether everybody sees it who sees the report.
    package var isPublic: Bool
}

/// Whose photos there are. Their bytes lie elsewhere.
package struct MediaStore: Sendable {
    /// How long an upload waits for a report to take it.
    package static let uploadSeconds = 86_400

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Keeps an upload whose bytes are kept already.
    ///
    /// - Returns: its id, which is random.
    package func add(
        _ photo: StoredPhoto, by uploader: Uploader, in jurisdiction: JurisdictionCode
    ) async throws -> UUID {
        let id = UUID()
        _ = try await pool.query(
            """
            INSERT INTO media_upload (jurisdiction, id, uploader, web, thumb, width, height)
            VALUES (\(jurisdiction), \(id), \(uploader.text), \(photo.web), \(photo.thumb), \(Int32(photo.width)),
                \(Int32(photo.height)))
            """)
        return id
    }

    /// Which of these wait for their uploader. Another request may still be faster than who asks.
    package func waiting(for uploads: Uploads, in jurisdiction: JurisdictionCode) async throws -> Set<UUID> {
        let rows = try await pool.query(
            """
            SELECT id FROM media_upload
            WHERE jurisdiction = \(jurisdiction) AND uploader = \(uploads.uploader.text) AND id = ANY(\(uploads.ids))
            """)
        return Set(try rows.map { try $0.decode(UUID.self, at: 0) })
    }

    /// One of a report's photos; nil for one that there is not.
    package func photo(_ n: Int, of report: UUID, in jurisdiction: JurisdictionCode) async throws -> ReportPhoto? {
        try await pool.query(
            """
            SELECT web, thumb, agency, is_public FROM report_media
            WHERE jurisdiction = \(jurisdiction) AND report_id = \(report) AND n = \(Int16(clamping: n))
            """
        ).first.map { row in
            ReportPhoto(
                web: try row.decode([UInt8].self, at: 0), thumb: try row.decode([UInt8].self, at: 1),
                agency: try row.decode(String?.self, at: 2).map(AgencyCode.init(rawValue:)),
                isPublic: try row.decode(Bool.self, at: 3))
        }
    }

    /// Takes all of a report's photos away, for who erases or redacts it in the same transaction: their files go within
    /// a minute, by intake's upkeep.
    package static func erasure(of reports: [UUID], in jurisdiction: JurisdictionCode) -> SQL {
        "DELETE FROM report_media WHERE jurisdiction = \(jurisdiction) AND report_id = ANY(\(reports))"
    }

    // MARK: What is nobody's any more

    /// Lets go of uploads that no report took; their bytes go as those of removed photos.
    package func dropUploads(olderThan seconds: Int, limit: Int, in jurisdiction: JurisdictionCode) async throws -> Int
    {
        let rows = try await pool.query(
            """
            WITH dropped AS (
                DELETE FROM media_upload WHERE jurisdiction = \(jurisdiction) AND id IN (
                    SELECT id FROM media_upload
                    WHERE jurisdiction = \(jurisdiction) AND made_at < now() - \(Int32(seconds)) * interval '1 s'
                    ORDER BY made_at LIMIT \(literal: limit))
                RETURNING web, thumb
            ), noted AS (
                INSERT INTO media_removed (jurisdiction, hash)
                SELECT \(jurisdiction), web FROM dropped UNION SELECT \(jurisdiction), thumb FROM dropped
                ON CONFLICT DO NOTHING
            )
            SELECT count(*) FROM dropped
            """)
        return Int(try rows.one().decode(Int64.self, at: 0))
    }

    /// Hashes of photos whose rows went, the oldest first.
    package func removed(limit: Int, in jurisdiction: JurisdictionCode) async throws -> [[UInt8]] {
        let rows = try await pool.query(
            """
            SELECT hash FROM media_removed WHERE jurisdiction = \(jurisdiction)
            ORDER BY removed_at LIMIT \(literal: limit)
            """)
        return try rows.map { try $0.decode([UInt8].self, at: 0) }
    }

    /// Forgets hashes whose files are gone or are somebody else's too.
    package func settle(_ hashes: [[UInt8]], in jurisdiction: JurisdictionCode) async throws {
        _ = try await pool.query(
            "DELETE FROM media_removed WHERE jurisdiction = \(jurisdiction) AND hash = ANY(\(hashes))")
    }

    /// Which of these no row names.
    package func nobodys(_ hashes: [[UInt8]], in jurisdiction: JurisdictionCode) async throws -> [[UInt8]] {
        let rows = try await pool.query(
            """
            SELECT t.hash FROM unnest(\(hashes)) AS t (hash)
            WHERE NOT EXISTS (SELECT FROM media_upload u WHERE u.jurisdiction = \(jurisdiction) AND u.web = t.hash)
                AND NOT EXISTS (SELECT FROM media_upload u WHERE u.jurisdiction = \(jurisdiction) AND u.thumb = t.hash)
                AND NOT EXISTS (SELECT FROM report_media m WHERE m.jurisdiction = \(jurisdiction) AND m.web = t.hash)
                AND NOT EXISTS (SELECT FROM report_media m WHERE m.jurisdiction = \(jurisdiction) AND m.thumb = t.hash)
            """)
        return try rows.map { try $0.decode([UInt8].self, at: 0) }
    }
}
