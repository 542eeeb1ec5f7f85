package import Domain

/// One line of a report's history.
package struct HistoryEntry: Hashable, Sendable {
    package var at: Timestamp
    /// An `EventType`'s raw value, or `received`.
    package var type: String
    package var agency: AgencyCode?
    /// What the citizen sees.
    package var note: String?
    /// For the agency's eyes alone; a citizen's page never shows it.
    package var internalNote: String?
    /// Who at the agency; shown on the desk alone.
    package var actor: String?
    /// Of a rejection its code, of a hold a text; of a transfer a text that the desk alone shows.
    package var reason: String?
    /// The report that this one is a duplicate of: its tracking code, or on a desk its id.
    package var original: String?
    /// Whom the citizen should turn to instead.
    package var referTo: String?
    /// When a hold ends.
    package var until: Timestamp?
    /// agency | reporter | reader | system; nil where nobody knows any more.
    package var author: String?
    /// The reporter's judgement, 1 to 5.
    package var rating: Int?
    /// `ask` or `contact`, where the type alone does not tell.
    package var command: String?
    /// Paths of the photos that are shown with it, without their size: `/media/ID/1`.
    package var photos: [String]
    /// Whether photos came with it, shown here or with the report.
    package var hasPhotos: Bool

    package init(
        at: Timestamp, type: String, agency: AgencyCode? = nil, note: String? = nil, internalNote: String? = nil,
        actor: String? = nil, reason: String? = nil, original: String? = nil, referTo: String? = nil,
        until: Timestamp? = nil, author: String? = nil, rating: Int? = nil, command: String? = nil,
        photos: [String] = [], hasPhotos: Bool = false
    ) {
        self.at = at
        self.type = type
        self.agency = agency
        self.note = note
        self.internalNote = internalNote
        self.actor = actor
        self.reason = reason
        self.original = original
        self.referTo = referTo
        self.until = until
        self.author = author
        self.rating = rating
        self.command = command
        self.photos = photos
        self.hasPhotos = hasPhotos
    }
}

/// A report as pages show it. Codes are CONTRACT §2's.
package struct ReportView: Sendable {
    package var id: String
    package var trackingCode: String
    package var status: ReportStatus
    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    package var description: String
    package var area: ReportArea?
    package var location: Coordinate?
    /// gps | pin | area | address | none
    package var locationSource: String
    package var address: String?
    package var rt: String?
    package var rw: String?
    package var landmark: String?
    package var receivedAt: Timestamp
    /// Nil until the report is with somebody.
    package var agency: AgencyCode?
    package var why: String?
    package var deadlines: Deadlines?
    /// The next promise that is still to be kept; nil when none is.
    package var nextDueAt: Timestamp?
    package var history: [HistoryEntry]
    /// Paths of the report's own photos, without their size: `/media/ID/1`.
    package var photos: [String]
    /// public | private
    package var visibility: String
    package var version: Int
    package var isUrgent: Bool
    /// Whether what was written was erased.
    package var isErased: Bool
    /// The answers to what the city asks of the category it came with, for who may read them.
    package var answers: JSONValue?

    package init(
        id: String, trackingCode: String, status: ReportStatus, category: CategoryCode? = nil,
        subtype: SubtypeCode? = nil,
        description: String, area: ReportArea? = nil, location: Coordinate? = nil, locationSource: String = "none",
        address: String? = nil, rt: String? = nil, rw: String? = nil, landmark: String? = nil,
        receivedAt: Timestamp, agency: AgencyCode? = nil, why: String? = nil, deadlines: Deadlines? = nil,
        nextDueAt: Timestamp? = nil, history: [HistoryEntry] = [], photos: [String] = [],
        visibility: String = "public", version: Int = 0, isUrgent: Bool = false, isErased: Bool = false,
        answers: JSONValue? = nil
    ) {
        self.id = id
        self.trackingCode = trackingCode
        self.status = status
        self.category = category
        self.subtype = subtype
        self.description = description
        self.area = area
        self.location = location
        self.locationSource = locationSource
        self.address = address
        self.rt = rt
        self.rw = rw
        self.landmark = landmark
        self.receivedAt = receivedAt
        self.agency = agency
        self.why = why
        self.deadlines = deadlines
        self.nextDueAt = nextDueAt
        self.history = history
        self.photos = photos
        self.visibility = visibility
        self.version = version
        self.isUrgent = isUrgent
        self.isErased = isErased
        self.answers = answers
    }
}

/// How a status is shown: the colour's name, the shape's icon and the stage of the way (1 waiting, 2 in work, 3 done).
struct StatusLook {
    var colour: String
    var icon: String
    var stage: Int

    init(_ status: ReportStatus) {
        switch status.colour {
        case .red: (colour, icon, stage) = ("wait", "status-wait", 1)
        case .yellow: (colour, icon, stage) = ("work", "status-work", 2)
        case .green: (colour, icon, stage) = ("done", "status-done", 3)
        case .grey: (colour, icon, stage) = ("off", "status-off", 3)
        }
    }

    var isOpen: Bool { stage < 3 }
}

extension Wording {
    /// What a category's tile, card or headline says; "Lainnya" where the person did not know.
    func category(_ code: CategoryCode?, _ subtype: SubtypeCode?, in city: City?) -> String {
        guard let category = code.flatMap({ city?.category($0) }) else { return self("category.other") }
        return (subtype.flatMap(category.subtype)?.name ?? category.name)[language]
    }

    func agency(_ code: AgencyCode, in city: City?) -> String {
        city?.agency(code)?.name[language] ?? code.rawValue.uppercased()
    }

    /// What was reported, or that it was taken out: no report is taken without a text.
    func description(of report: ReportView) -> String {
        report.description.isEmpty ? self("moderation.redacted") : report.description
    }

    /// "sekitar Kelurahan Oesapa, Kelapa Lima", "RT 04 / RW 02", "dekat kios mama Yuli".
    func place(of report: ReportView, isShort: Bool = false) -> [String] {
        var lines: [String] = []
        if let area = report.area {
            let key = (isShort ? "place.short_" : "place.") + (area.isApproximate ? "about" : "exact")
            lines.append(self(key, ["area": area.name, "district": area.district]))
        }
        let neighbourhood = [report.rt.map { "RT \($0)" }, report.rw.map { "RW \($0)" }].compactMap(\.self)
        if !neighbourhood.isEmpty { lines.append(neighbourhood.joined(separator: " / ")) }
        if let address = report.address { lines.append(address) }
        if let landmark = report.landmark { lines.append(self("place.near", ["landmark": landmark])) }
        return lines
    }

    func status(_ status: ReportStatus) -> [String: Any] {
        let look = StatusLook(status)
        return [
            "code": status.rawValue, "word": self("status.\(status.rawValue)"), "colour": look.colour,
            "icon": look.icon,
            "explained": self("status_means.\(status.rawValue)"),
        ]
    }

    /// The icon of a category in the sprite; the question mark for one that the sprite does not know.
    func icon(_ category: CategoryCode?) -> String {
        guard let category, Self.drawn.contains(category) else { return "cat-lainnya" }
        return "cat-\(category)"
    }

    private static let drawn: Set<CategoryCode> = [
        "sampah", "lampu_rambu", "kemacetan", "pelanggaran_lalin", "parkir_liar", "tunawisma_pengemis",
        "fasilitas_anak", "orang_hilang", "pkl_liar", "pelanggaran_bangunan", "iklan_liar", "fogging_dbd",
        "masalah_kesehatan", "kebakaran",
    ]

    /// The promises, in the order in which they fall due. What a status has already kept no longer counts down, and
    /// where the history tells when, it says whether that was in time.
    func deadlines(_ report: ReportView) -> [[String: Any]] {
        guard let deadlines = report.deadlines else { return [] }
        let stage = StatusLook(report.status).stage
        let isOver = stage >= 3
        let isResolved = report.status.colour == .green
        func first(_ types: [EventType]) -> Timestamp? {
            report.history.filter { entry in types.contains { $0.rawValue == entry.type } }.map(\.at).min()
        }
        var lines = [
            deadline(
                "acknowledge", deadlines.acknowledgeBy, isRunning: stage == 1,
                keptAt: stage == 1 ? nil : first([.acknowledged, .started, .resolved]), isKept: stage == 2 || isResolved
            )
        ]
        if let arriveBy = deadlines.arriveBy {
            let hasArrived = report.status == .inProgress || isResolved
            lines.append(
                deadline(
                    "arrive", arriveBy, isRunning: !hasArrived && !isOver,
                    keptAt: hasArrived ? first([.started, .resolved]) : nil, isKept: hasArrived))
        }
        lines.append(
            deadline(
                "resolve", deadlines.resolveBy, isRunning: !isOver, keptAt: isResolved ? first([.resolved]) : nil,
                isKept: isResolved))
        return lines
    }

    private func deadline(_ name: String, _ due: Timestamp, isRunning: Bool, keptAt: Timestamp?, isKept: Bool)
        -> [String: Any]
    {
        var line: [String: Any] = [
            "name": self("deadline.\(name)"), "due": due, "at": moment(due), "machine": machine(due), "runs": isRunning,
            "countdown": countdown(to: due), "late": isRunning && isLate(due),
        ]
        if isKept {
            let key = keptAt.map { $0 <= due ? "deadline.kept_on_time" : "deadline.kept_late" }
            line["kept"] = self(key ?? "deadline.kept")
        }
        return line
    }

    /// Newest first. `staff` also sees internal notes and names.
    func history(_ entries: [HistoryEntry], staff: Bool, in city: City?) -> [[String: Any]] {
        entries.sorted { $0.at > $1.at }.map { entry in
            let agencyName = entry.agency.map { agency($0, in: city) } ?? self("category.somebody")
            var line: [String: Any] = [
                "at": moment(entry.at), "machine": machine(entry.at),
                "what": what(entry).replacing("{agency}", with: agencyName),
            ]
            line["because"] = because(entry, staff: staff)
            line["original"] = entry.original.map { original -> [String: Any] in
                ["code": original, "linked": TrackingCode(parsing: original)?.text == original]
            }
            line["note"] = entry.note.flatMap { $0.isEmpty ? nil : $0 }
            line["photos"] = photoList(entry.photos)
            if staff {
                line["internal_note"] = entry.internalNote.flatMap { $0.isEmpty ? nil : $0 }
                line["actor"] = entry.actor
            }
            return line
        }
    }

    /// For the template `photo_list`; nil for none.
    func photoList(_ photos: [String]) -> [String: Any]? { photos.isEmpty ? nil : ["list": photos] }

    /// What happened, in words; a reporter's acts have words of their own.
    private func what(_ entry: HistoryEntry) -> String {
        if let rating = entry.rating { return self("event.rated_as", ["n": String(rating)]) }
        if let command = entry.command, let words = find("event.\(entry.type)_\(command)") { return words }
        if entry.hasPhotos, entry.note == nil, entry.internalNote == nil, entry.type == EventType.commented.rawValue,
            let photos = entry.author.flatMap({ find("event.photos_by_\($0)") })
        {
            return photos
        }
        let own = entry.author.flatMap { find("event.\(entry.type)_by_\($0)") }
        return own ?? find("event.\(entry.type)") ?? entry.type
    }

    /// What the agency says of its reason, to follow the event's own words; nil where it says nothing.
    private func because(_ entry: HistoryEntry, staff: Bool) -> String? {
        var parts: [String] = []
        if let reason = entry.reason {
            switch EventType(rawValue: entry.type) {
            case .rejected: parts.append(find("because.\(reason)") ?? reason)
            case .held: parts.append(reason)
            case .commented where entry.command == Command.contact.rawValue: parts.append(reason)
            case .transferredOut where staff: parts.append(reason)
            default: break
            }
        }
        if let until = entry.until { parts.append("(" + self("because.until", ["at": moment(until)]) + ")") }
        if let referTo = entry.referTo { parts.append("\(self("because.refer_to")) \(referTo)") }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }
}
