package import Domain
internal import FoundationEssentials
internal import PostgreSQL

/// A routed report with where it stands: what commands decide by and desks show.
package struct WorkRecord: Sendable {
    package var report: ReportRecord
    package var state: ReportState
    /// Why the agency has it.
    package var why: String
    package var changedAt: Timestamp
    /// The numbers of the photos that the command being decided brings.
    package var newPhotos: [Int] = []

    /// The columns of `report_state s` and `report r`, in order.
    static let columns: SQL = """
        s.agency, s.status, s.version, s.priority, s.transfers, s.category, s.subtype, s.why, s.acknowledge_by,
        s.arrive_by, s.resolve_by, s.acknowledged_at, s.started_at, s.resolved_at, s.held_until, s.changed_at,
        s.rating, s.appealed, \(ReportRecord.columns)
        """
    static let ownColumnCount = 18

    /// Reads `columns`, the first of which is column `base`.
    init(row: Row, from base: Int = 0) throws {
        let report = try ReportRecord(row: row, from: base + Self.ownColumnCount)
        let status = try row.decode(String.self, at: base + 1)
        guard let status = ReportStatus(rawValue: status) else {
            throw PostgresError(
                .decoding, operation: "read", message: "report \(report.id.text) has the unknown status \(status)")
        }
        let rank = Int(try row.decode(Int16.self, at: base + 3))
        state = ReportState(
            id: report.id,
            category: try row.decode(String?.self, at: base + 5).map(CategoryCode.init(rawValue:)),
            subtype: try row.decode(String?.self, at: base + 6).map(SubtypeCode.init(rawValue:)),
            area: report.area, channel: report.channel, receivedAt: report.receivedAt, status: status,
            version: Int(try row.decode(Int32.self, at: base + 2)),
            agency: AgencyCode(rawValue: try row.decode(String.self, at: base)),
            priority: Priority.allCases[min(max(rank, 0), Priority.allCases.count - 1)],
            transfers: Int(try row.decode(Int16.self, at: base + 4)),
            deadlines: Deadlines(
                acknowledgeBy: try row.decode(Timestamp.self, at: base + 8),
                arriveBy: try row.decode(Timestamp?.self, at: base + 9),
                resolveBy: try row.decode(Timestamp.self, at: base + 10)),
            acknowledgedAt: try row.decode(Timestamp?.self, at: base + 11),
            startedAt: try row.decode(Timestamp?.self, at: base + 12),
            resolvedAt: try row.decode(Timestamp?.self, at: base + 13),
            heldUntil: try row.decode(Timestamp?.self, at: base + 14),
            rating: try row.decode(Int16?.self, at: base + 16).map(Int.init),
            isAppealed: try row.decode(Bool.self, at: base + 17),
            identityDays: report.identityDays, mayContact: report.mayContact)
        why = try row.decode(String.self, at: base + 7)
        changedAt = try row.decode(Timestamp.self, at: base + 15)
        self.report = report
    }
}

/// One line of a report's history.
package struct HistoryLine: Sendable, Hashable {
    package var version: Int
    package var at: Timestamp
    package var type: String
    package var status: String
    package var agency: AgencyCode
    /// What the citizen sees.
    package var note: String?
    package var internalNote: String?
    package var actor: String?
    /// Of a rejection its code, of a hold what the citizen reads; of a transfer what the agencies tell each other.
    package var reason: String?
    /// The report that this one is a duplicate of, as it was named: an id or a tracking code.
    package var original: String?
    /// Its tracking code; nil also where whoever reads may not see that report.
    package var originalCode: String?
    /// Whom the citizen should turn to instead.
    package var referTo: String?
    /// When a hold ends.
    package var until: Timestamp?
    /// Who did it, as `Actor.name` says; nil for a line from before this was kept.
    package var author: String?
    /// The reporter's judgement, 1 to 5.
    package var rating: Int?
    /// `ask` or `contact`, where the type alone does not tell.
    package var command: String?
    /// The numbers of the photos that came with it, and of those that everybody may see.
    package var photos: [Int] = []
    package var publicPhotos: [Int] = []

    /// The columns of `report_history h`, in order.
    ///
    /// A report that a line names by its id is looked up line by line; an id has 36 characters, and no tracking code has
    /// so many. It is not a join: row security would have that read all reports first, since turning the text into an
    /// id could tell of rows that whoever reads may not see.
    static let columns: SQL = """
        h.version, h.at, h.type, h.status, h.agency, h.note, h.internal_note, h.actor, h.reason, h.original,
        CASE WHEN length(h.original) = 36 THEN (
            SELECT o.tracking_code FROM report o
            WHERE o.jurisdiction = h.jurisdiction AND o.id = h.original::uuid)
        ELSE h.original END, h.refer_to, h.until, h.author, h.rating,
        h.command,
        ARRAY(
            SELECT CASE WHEN m.is_public THEN m.n ELSE -m.n END FROM report_media m
            WHERE m.jurisdiction = h.jurisdiction AND m.report_id = h.report_id AND m.version = h.version
            ORDER BY m.n)
        """
    static let columnCount = 17

    /// Reads `columns`, the first of which is column `base`.
    init(row: Row, from base: Int = 0) throws {
        version = Int(try row.decode(Int32.self, at: base))
        at = try row.decode(Timestamp.self, at: base + 1)
        type = try row.decode(String.self, at: base + 2)
        status = try row.decode(String.self, at: base + 3)
        agency = AgencyCode(rawValue: try row.decode(String.self, at: base + 4))
        note = try row.decode(String?.self, at: base + 5)
        internalNote = try row.decode(String?.self, at: base + 6)
        actor = try row.decode(String?.self, at: base + 7)
        reason = try row.decode(String?.self, at: base + 8)
        original = try row.decode(String?.self, at: base + 9)
        originalCode = try row.decode(String?.self, at: base + 10)
        referTo = try row.decode(String?.self, at: base + 11)
        until = try row.decode(Timestamp?.self, at: base + 12)
        author = try row.decode(String?.self, at: base + 13)
        rating = try row.decode(Int16?.self, at: base + 14).map(Int.init)
        command = try row.decode(String?.self, at: base + 15)
        let numbers = try row.decode([Int16].self, at: base + 16).map(Int.init)
        photos = numbers.map(abs)
        publicPhotos = numbers.filter { $0 > 0 }
    }
}
