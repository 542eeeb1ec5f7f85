package import Domain
package import FoundationEssentials
internal import PostgreSQL

/// A report as it was accepted, without who reported it.
package struct ReportRecord: Sendable, Hashable {
    package var id: UUID
    package var trackingCode: String
    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    package var description: String
    package var location: Coordinate?
    package var accuracy: Double?
    package var locationSource: LocationSource
    package var area: AreaCode?
    package var isAreaApproximate: Bool
    package var address: String?
    package var rt: String?
    package var rw: String?
    package var landmark: String?
    package var receivedAt: Timestamp
    package var observedAt: Timestamp?
    package var channel: ChannelCode
    package var visibility: Visibility
    /// Where its way began; nil for a report from before this was kept.
    package var trace: TraceContext?
    /// The answers to what the city asks of the category, by the questions' codes; nil without any.
    package var answers: JSONValue?
    /// The numbers of its own photos: those that came with it and those that followed it.
    package var photos: [Int] = []
    /// For how many days after its end the reporter's identity is kept; nil where none is held.
    package var identityDays: Int?
    /// Whether the reporter agreed that the agency may call.
    package var mayContact = false
    /// When what was written was erased.
    package var erasedAt: Timestamp?

    /// Where one of its photos is, without the size: `/media/ID/1`.
    package func photoPath(_ n: Int) -> String { "/media/\(id.text)/\(n)" }

    /// The columns of `report r` that a record is read from, in order.
    static let columns: SQL = "\(claimedColumns), \(laterColumns)"
    static let columnCount = 25

    /// What `columns` are read from, for a subselect that is called `r` in its turn.
    static let sources: SQL = "r.jurisdiction, \(earlierColumns), \(laterColumns)"

    /// Those that routing decides by.
    static let claimedColumns: SQL = """
        \(earlierColumns),
        ARRAY(
            SELECT m.n FROM report_media m
            WHERE m.jurisdiction = r.jurisdiction AND m.report_id = r.id AND m.agency IS NULL AND m.is_public
            ORDER BY m.n)
        """

    private static let earlierColumns: SQL = """
        r.id, r.tracking_code, r.category, r.subtype, r.description, r.lat, r.lon, r.accuracy_m, r.location_source,
        r.area, r.area_approximate, r.address, r.rt, r.rw, r.landmark, r.received_at, r.observed_at, r.channel,
        r.visibility, r.traceparent, r.answers
        """

    private static let laterColumns: SQL = "r.identity_days, r.may_contact, r.erased_at"
}

extension ReportRecord {
    /// Reads `columns`, the first of which is column `base`.
    init(row: Row, from base: Int) throws {
        try self.init(claimed: row, from: base)
        identityDays = try row.decode(Int32?.self, at: base + 22).map(Int.init)
        mayContact = try row.decode(Bool.self, at: base + 23)
        erasedAt = try row.decode(Timestamp?.self, at: base + 24)
    }

    /// Reads `claimedColumns`, the first of which is column `base`.
    init(claimed row: Row, from base: Int) throws {
        id = try row.decode(UUID.self, at: base)
        trackingCode = try row.decode(String.self, at: base + 1)
        category = try row.decode(String?.self, at: base + 2).map(CategoryCode.init(rawValue:))
        subtype = try row.decode(String?.self, at: base + 3).map(SubtypeCode.init(rawValue:))
        description = try row.decode(String.self, at: base + 4)
        if let lat = try row.decode(Double?.self, at: base + 5), let lon = try row.decode(Double?.self, at: base + 6) {
            location = Coordinate(lat: lat, lon: lon)
        }
        accuracy = try row.decode(Double?.self, at: base + 7)
        let source = try row.decode(String.self, at: base + 8)
        locationSource = LocationSource(rawValue: source) ?? .none
        area = try row.decode(String?.self, at: base + 9).map(AreaCode.init(rawValue:))
        isAreaApproximate = try row.decode(Bool.self, at: base + 10)
        address = try row.decode(String?.self, at: base + 11)
        rt = try row.decode(String?.self, at: base + 12)
        rw = try row.decode(String?.self, at: base + 13)
        landmark = try row.decode(String?.self, at: base + 14)
        receivedAt = try row.decode(Timestamp.self, at: base + 15)
        observedAt = try row.decode(Timestamp?.self, at: base + 16)
        channel = ChannelCode(rawValue: try row.decode(String.self, at: base + 17))
        visibility = Visibility(rawValue: try row.decode(String.self, at: base + 18)) ?? .private
        trace = try row.decode(String?.self, at: base + 19).flatMap { TraceContext(text: $0) }
        answers = try row.decode(String?.self, at: base + 20).flatMap { (try? JSONReader.read(Array($0.utf8)))?.value }
        photos = try row.decode([Int16].self, at: base + 21).map(Int.init)
    }
}

extension ReportRecord {
    /// What deciding about it needs.
    package var routable: RoutableReport {
        RoutableReport(
            id: id, category: category, subtype: subtype, area: area, areaIsApproximate: isAreaApproximate,
            channel: channel, receivedAt: receivedAt, hasPlace: locationSource != .none)
    }
}
