package import Domain
package import FoundationEssentials
package import PostgreSQL

/// Which requests somebody asks for by Open311.
package struct Open311Filter: Sendable, Hashable {
    /// When they were received.
    package var span: Open311Span
    /// Empty for all.
    package var categories: [CategoryCode]
    /// nil for both.
    package var isOpen: Bool?
    package var updatedAfter: Timestamp?
    package var updatedBefore: Timestamp?

    package init(
        span: Open311Span, categories: [CategoryCode] = [], isOpen: Bool? = nil, updatedAfter: Timestamp? = nil,
        updatedBefore: Timestamp? = nil
    ) {
        self.span = span
        self.categories = categories
        self.isOpen = isOpen
        self.updatedAfter = updatedAfter
        self.updatedBefore = updatedBefore
    }
}

/// For whom something is looked up: everybody sees what is public, and a key all that came over its channel.
package struct Open311Reader: Sendable, Hashable {
    package var channel: ChannelCode?
    /// Categories that are private in every public answer, whatever a report says of itself.
    package var sensitive: [CategoryCode]

    package init(channel: ChannelCode?, sensitive: [CategoryCode]) {
        self.channel = channel
        self.sensitive = sensitive
    }
}

/// A request, with the last thing that its citizen was told.
package struct Open311Request: Sendable {
    package var tracked: TrackedReport
    package var lastNote: String?
    /// Whether everybody may see it.
    package var isPublic: Bool
}

/// One line of a request's history.
package struct Open311HistoryLine: Sendable {
    package var trackingCode: String
    package var reportID: UUID
    package var channel: ChannelCode
    package var isPublic: Bool
    package var line: HistoryLine
}

/// Reports as Open311's requests.
package struct Open311Store: Sendable {
    /// The most of one answer.
    package static let listLimit = 1_000
    /// Of the requests in a span, so many of the latest are looked through.
    package static let window = 50_000

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Requests of a span, the latest first.
    package func requests(
        _ filter: Open311Filter, for reader: Open311Reader, in jurisdiction: JurisdictionCode, limit: Int, offset: Int
    ) async throws -> [Open311Request] {
        let statement = Self.list(filter, for: reader, in: jurisdiction, limit: limit, offset: offset)
        return try await pool.query(statement).map { try Self.request($0) }
    }

    /// The requests with these tracking codes, in no order.
    package func requests(
        _ codes: [String], for reader: Open311Reader, in jurisdiction: JurisdictionCode
    ) async throws -> [Open311Request] {
        let statement: SQL = """
            SELECT \(Self.columns(reader)) FROM (
                SELECT * FROM report WHERE tracking_code = ANY(\(codes)) AND jurisdiction = \(jurisdiction)
                LIMIT \(literal: Self.listLimit)) r
            \(Self.stateOfReport) \(Self.lastNote)
            WHERE \(Self.isVisible(reader))
            """
        return try await pool.query(statement).map { try Self.request($0) }
    }

    /// The tracking code of a report that the reader may see, by its id.
    package func trackingCode(
        of id: UUID, for reader: Open311Reader, in jurisdiction: JurisdictionCode
    ) async throws -> String? {
        try await pool.query(
            """
            SELECT r.tracking_code FROM report r \(Self.stateOfReport)
            WHERE r.jurisdiction = \(jurisdiction) AND r.id = \(id) AND \(Self.isVisible(reader))
            """
        ).first?.decode(String.self, at: 0)
    }

    /// What happened within a span, the earliest first.
    ///
    /// - Parameter codes: of the requests that it happened to; nil for all.
    package func history(
        _ span: Open311Span, of codes: [String]? = nil, for reader: Open311Reader, in jurisdiction: JurisdictionCode,
        limit: Int, offset: Int
    ) async throws -> [Open311HistoryLine] {
        let statement = Self.history(span, of: codes, for: reader, in: jurisdiction, limit: limit, offset: offset)
        return try await pool.query(statement).map { row in
            Open311HistoryLine(
                trackingCode: try row.decode(String.self, at: 0), reportID: try row.decode(UUID.self, at: 1),
                channel: ChannelCode(rawValue: try row.decode(String.self, at: 2)),
                isPublic: try row.decode(Bool.self, at: 3), line: try HistoryLine(row: row, from: 4))
        }
    }

    // MARK: Statements

    package static func list(
        _ filter: Open311Filter, for reader: Open311Reader, in jurisdiction: JurisdictionCode, limit: Int, offset: Int
    ) -> SQL {
        // An id begins with the time of its making (UUIDv7), up to an hour before the report was stored.
        let first = UUID.version7(at: filter.span.from.adding(seconds: -3_600), random: (0, 0))
        let last = UUID.version7(at: filter.span.to.adding(seconds: 3_600), random: (.max, .max))
        var conditions: [SQL] = [
            "r.received_at BETWEEN \(filter.span.from) AND \(filter.span.to)", isListed(reader),
        ]
        if !filter.categories.isEmpty {
            conditions.append(
                """
                CASE WHEN s.report_id IS NULL THEN r.category ELSE s.category END
                    = ANY(\(filter.categories.map(\.rawValue)))
                """)
        }
        if let isOpen = filter.isOpen {
            let open = ReportStatus.allCases.filter(\.isOpen).map(\.rawValue)
            conditions.append("(coalesce(s.status, 'received') = ANY(\(open))) = \(isOpen)")
        }
        if let after = filter.updatedAfter { conditions.append("coalesce(s.changed_at, r.received_at) >= \(after)") }
        if let before = filter.updatedBefore {
            conditions.append("coalesce(s.changed_at, r.received_at) <= \(before)")
        }
        return """
            SELECT \(columns(reader)) FROM (
                SELECT r.* FROM (
                    SELECT * FROM report
                    WHERE jurisdiction = \(jurisdiction) AND id BETWEEN \(first) AND \(last)
                    ORDER BY id DESC LIMIT \(literal: window)) r
                \(stateOfReport)
                WHERE \(SQL.joined(conditions, separator: " AND "))
                ORDER BY r.id DESC LIMIT \(literal: limit) OFFSET \(Int64(offset))) r
            \(stateOfReport) \(lastNote)
            ORDER BY r.id DESC
            """
    }

    package static func history(
        _ span: Open311Span, of codes: [String]?, for reader: Open311Reader, in jurisdiction: JurisdictionCode,
        limit: Int, offset: Int
    ) -> SQL {
        let named: SQL =
            codes.map { codes in
                """
                 AND report_id IN (
                    SELECT id FROM report WHERE tracking_code = ANY(\(codes)) AND jurisdiction = \(jurisdiction))
                """
            } ?? ""
        return """
            SELECT r.tracking_code, r.id, r.channel, \(isPublic(reader)), \(HistoryLine.columns) FROM (
                SELECT * FROM report_history
                WHERE at BETWEEN \(span.from) AND \(span.to) AND jurisdiction = \(jurisdiction)\(named)
                ORDER BY at LIMIT \(literal: window)) h
            CROSS JOIN LATERAL (
                SELECT * FROM report r WHERE r.jurisdiction = h.jurisdiction AND r.id BETWEEN h.report_id AND h.report_id
                ORDER BY r.id LIMIT 1) r
            \(stateOfReport)
            WHERE h.type NOT IN ('followed', 'escalated', 'rated', 'redacted') AND h.command IS NULL
                AND (h.type <> 'commented' OR h.author = 'reporter' OR h.note IS NOT NULL OR EXISTS (
                    SELECT FROM report_media m
                    WHERE m.jurisdiction = h.jurisdiction AND m.report_id = h.report_id AND m.version = h.version
                        AND m.is_public))
                AND \(isListed(reader))
            ORDER BY h.at, h.report_id, h.version LIMIT \(literal: limit) OFFSET \(Int64(offset))
            """
    }

    private static func columns(_ reader: Open311Reader) -> SQL {
        "\(WorkRecord.columns), n.text, \(isPublic(reader))"
    }

    private static let ownColumns = WorkRecord.ownColumnCount + ReportRecord.columnCount

    private static func request(_ row: Row) throws -> Open311Request {
        Open311Request(
            tracked: try TrackedReport(joined: row), lastNote: try row.decode(String?.self, at: ownColumns),
            isPublic: try row.decode(Bool.self, at: ownColumns + 1))
    }

    /// The state of a row `r` of `report`; NULLs while routing has not decided.
    private static let stateOfReport: SQL = """
        LEFT JOIN LATERAL (
            SELECT * FROM report_state s WHERE s.jurisdiction = r.jurisdiction AND s.report_id = r.id LIMIT 1
        ) s ON true
        """

    /// What the citizen of a row `r` of `report` was told last: never what passes between an agency and the reporter.
    private static let lastNote: SQL = """
        LEFT JOIN LATERAL (
            SELECT coalesce(h.note, CASE WHEN h.type = 'held' THEN h.reason END, h.refer_to) AS text
            FROM report_history h
            WHERE h.jurisdiction = r.jurisdiction AND h.report_id = r.id AND h.command IS NULL
                AND h.author IS DISTINCT FROM 'reporter' AND h.author IS DISTINCT FROM 'reader'
                AND (h.note IS NOT NULL OR h.refer_to IS NOT NULL OR h.type = 'held')
            ORDER BY h.report_id DESC, h.version DESC LIMIT 1
        ) n ON true
        """

    private static func isPublic(_ reader: Open311Reader) -> SQL {
        """
        (r.visibility = 'public' AND r.erased_at IS NULL
            AND (r.category IS NULL OR r.category <> ALL(\(reader.sensitive)))
            AND (s.category IS NULL OR s.category <> ALL(\(reader.sensitive)))
            AND \(PublicReportStore.notHidden))
        """
    }

    private static func isVisible(_ reader: Open311Reader) -> SQL {
        guard let channel = reader.channel else { return isPublic(reader) }
        return "(r.channel = \(channel) OR \(isPublic(reader)))"
    }

    /// What was withdrawn and what is abuse is in no list but its sender's.
    private static func isListed(_ reader: Open311Reader) -> SQL {
        let listed: SQL = """
            (\(isPublic(reader)) AND s.status IS DISTINCT FROM 'withdrawn'
                AND NOT (s.status IS NOT DISTINCT FROM 'rejected' AND EXISTS (
                    SELECT FROM report_history a
                    WHERE a.jurisdiction = r.jurisdiction AND a.report_id = r.id AND a.reason = 'abuse')))
            """
        guard let channel = reader.channel else { return listed }
        return "(r.channel = \(channel) OR \(listed))"
    }
}
