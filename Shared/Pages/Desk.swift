package import Domain
internal import FoundationEssentials

/// `/desk/{code}`: an agency's work, most urgent first, in three columns, and live.
package struct Desk: Page {
    /// A report that was closed today.
    package struct Done: Sendable {
        package var report: ReportView
        package var at: Timestamp

        package init(report: ReportView, at: Timestamp) {
            self.report = report
            self.at = at
        }
    }

    package var frame: Frame
    /// The agency's code.
    package var agency: AgencyCode
    /// The open reports; the page sorts them.
    package var open: [ReportView]
    /// What was closed since the city's midnight.
    package var done: [Done]
    /// The stream's position read *before* the reports were, so that nothing between is missed; nil: only what is new.
    package var cursor: String?
    /// More reports are open than the page carries.
    package var openInAll: Int?
    /// Counting ended there: still more may be open.
    package var isCountCut: Bool
    /// The page does not begin with what is due first.
    package var isLater: Bool
    /// Where the next page begins, as `?setelah=` takes it; nil on the last.
    package var next: String?
    /// More was closed today than the page carries.
    package var isDoneCut: Bool
    /// What is looked for; with a choice, the page shows open work alone.
    package var choice: DeskChoice
    /// The search ended after so many reports, and the next page looks further; nil where all was looked through.
    package var searchedThrough: Int?

    package init(
        frame: Frame, agency: AgencyCode, open: [ReportView], done: [Done] = [], cursor: String? = nil,
        openInAll: Int? = nil, isCountCut: Bool = false, isLater: Bool = false, next: String? = nil,
        isDoneCut: Bool = false, choice: DeskChoice = DeskChoice(), searchedThrough: Int? = nil
    ) {
        self.frame = frame
        self.agency = agency
        self.open = open
        self.done = done
        self.cursor = cursor
        self.openInAll = openInAll
        self.isCountCut = isCountCut
        self.isLater = isLater
        self.next = next
        self.isDoneCut = isDoneCut
        self.choice = choice
        self.searchedThrough = searchedThrough
    }

    package func content(_ wording: Wording) -> PageContent {
        let sorted = open.sorted(by: Self.firstDueFirst)
        let waiting = sorted.filter { StatusLook($0.status).stage == 1 }
        let working = sorted.filter { StatusLook($0.status).stage == 2 }
        let finished = done.sorted { $0.at > $1.at }
        func column(
            _ name: String, _ icon: String, _ cards: [[String: Any]], isCut: Bool = false
        ) -> [String: Any] {
            [
                "name": name, "heading": wording("desk.\(name)"), "short": wording("stage.\(name)"), "icon": icon,
                "count": cards.count, "cards": cards, "empty": cards.isEmpty,
                "nothing": wording(choice.isEverything ? "desk.\(name)_empty" : "desk_filter.none"),
                "cut": isCut,
            ]
        }
        var columns = [
            column("waiting", "status-wait", waiting.map { card($0, wording) }),
            column("working", "status-work", working.map { card($0, wording) }),
        ]
        if choice.isEverything {
            let cards = finished.map { card($0.report, doneAt: $0.at, wording) }
            columns.append(column("done", "status-done", cards, isCut: isDoneCut))
        }
        var values: [String: Any] = [
            "agency": agency.rawValue, "agency_name": wording.agency(agency, in: frame.city), "columns": columns,
            "cursor": cursor ?? "latest", "words": island(wording), "blank": blankCard(wording),
            "filter": choice.values(wording, in: frame.city), "filtered": !choice.isEverything,
            "none_found": !choice.isEverything && open.isEmpty,
            "print": "/desk/\(agency)/cetak\(choice.query())",
        ]
        if let openInAll, openInAll > open.count {
            let all = wording.number(openInAll) + (isCountCut ? "+" : "")
            values["partial"] = wording("desk.partial", ["all": all])
        }
        if isLater { values["first"] = "/desk/\(agency)\(choice.query())" }
        if let next { values["more"] = "/desk/\(agency)\(choice.query(adding: ("setelah", next)))" }
        if let searchedThrough {
            values["search_cut"] = wording("desk_filter.cut", ["n": wording.number(searchedThrough)])
        }
        return PageContent(
            template: "desk", title: wording("desk.title", ["agency": short]),
            styles: ["controls.css", "staff.css", "photos.css", "desk.css"], scripts: ["offline.js", "desk.js"],
            wide: true,
            values: values)
    }

    private var short: String { frame.city?.agency(agency)?.short ?? agency.rawValue.uppercased() }

    private static func firstDueFirst(_ one: ReportView, _ other: ReportView) -> Bool {
        switch (one.nextDueAt, other.nextDueAt) {
        case let (first?, second?) where first != second: first < second
        case (.some, nil): true
        case (nil, .some): false
        default: one.receivedAt < other.receivedAt
        }
    }

    private func card(_ report: ReportView, doneAt: Timestamp? = nil, _ wording: Wording) -> [String: Any] {
        var card: [String: Any] = [
            "id": report.id, "href": "/desk/\(agency)/laporan/\(report.id)", "version": report.version,
            "code": report.trackingCode, "urgent": report.isUrgent,
            "category": wording.category(report.category, report.subtype, in: frame.city),
            "icon": wording.icon(report.category), "description": wording.description(of: report),
            "place": wording.place(of: report, isShort: true).joined(separator: " · "),
            "status": wording.status(report.status),
        ]
        if let doneAt {
            card["done_at"] = wording.clock(doneAt)
        } else if let due = report.nextDueAt {
            card["due"] = [
                "machine": wording.machine(due), "countdown": wording.countdown(to: due), "late": wording.isLate(due),
            ]
        }
        return card
    }

    /// What the script fills when an event brings a report.
    private func blankCard(_ wording: Wording) -> [String: Any] {
        [
            "id": "", "href": "", "version": 0, "code": "", "urgent": false, "category": "", "icon": "cat-lainnya",
            "description": "", "place": "",
            "status": ["code": "", "word": "", "colour": "wait", "icon": "status-wait"],
            "due": ["machine": "", "countdown": "", "late": false],
        ]
    }

    /// The names that the script needs to write a card from an event.
    private struct Island: Encodable {
        struct Status: Encodable {
            var word, colour, icon, column: String
        }
        var agency: String
        var categories: [String: String]
        var subtypes: [String: [String: String]]
        var urgent: [String]
        var statuses: [String: Status]
        var other, about, exact, near: String
        var drawn: [String]
        var filter: Filter?
    }

    /// What the script lets in while the page shows a choice.
    private struct Filter: Encodable {
        var words: [String]
        var category, area, status: String?
        var isOverdue: Bool
    }

    private func island(_ wording: Wording) -> String {
        let categories = frame.city?.categories ?? []
        let columns = ["waiting", "working", "done"]
        let statuses = ReportStatus.allCases.map { status in
            let look = StatusLook(status)
            let word = wording("status.\(status.rawValue)")
            let column = columns[look.stage - 1]
            return (status.rawValue, Island.Status(word: word, colour: look.colour, icon: look.icon, column: column))
        }
        let island = Island(
            agency: agency.rawValue,
            categories: Dictionary(categories.map { ($0.code.rawValue, $0.name[wording.language]) }) { first, _ in first
            },
            subtypes: Dictionary(
                categories.map { category in
                    let names = category.subtypes.map { ($0.code.rawValue, $0.name[wording.language]) }
                    return (category.code.rawValue, Dictionary(names) { first, _ in first })
                }
            ) { first, _ in first },
            urgent: categories.filter(\.urgent).map(\.code.rawValue),
            statuses: Dictionary(statuses) { first, _ in first },
            other: wording("category.other"), about: wording("place.short_about"), exact: wording("place.short_exact"),
            near: wording("place.near"),
            drawn: categories.map(\.code).filter { wording.icon($0) != "cat-lainnya" }.map(\.rawValue),
            filter: choice.isEverything ? nil : filter)
        return DataIsland.write(island)
    }

    private var filter: Filter {
        Filter(
            words: choice.words.map(String.init), category: choice.category?.rawValue, area: choice.area?.rawValue,
            status: choice.status?.rawValue, isOverdue: choice.isOverdue)
    }
}
