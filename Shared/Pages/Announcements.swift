package import Domain
internal import FoundationEssentials

extension Wording {
    /// What the city knows, as the citizens' pages show it.
    ///
    /// - Parameter values: of a report form; then those that speak of something else are there, and hidden.
    func announcements(_ list: [Announcement], of values: ReportForm.Values? = nil) -> [[String: Any]] {
        list.map { announcement in
            var hidden = false
            if let values {
                let area = values.area.map { AreaCode(rawValue: $0) }
                hidden = values.category == nil || !announcement.concerns(values.reportCategory, in: area)
            }
            var shown: [String: Any] = [
                "text": announcement.text(language), "machine": machine(announcement.until), "place": "",
                "until": self("known.until", ["at": moment(announcement.until)]),
                "category": announcement.category?.rawValue ?? "",
                "areas": announcement.areas.map(\.rawValue).joined(separator: " "), "hidden": hidden,
            ]
            if values != nil { shown["advice"] = self("known.advice") }
            return shown
        }
    }
}

/// `/pengumuman`: what the operator lets the city's people know, and what was said before.
package struct AnnouncementDesk: Page {
    /// One announcement with its audit lines.
    package struct Entry: Sendable {
        package var announcement: Announcement
        package var madeAt: Timestamp
        package var madeBy: String
        package var endedBy: String?

        package init(announcement: Announcement, madeAt: Timestamp, madeBy: String, endedBy: String? = nil) {
            self.announcement = announcement
            self.madeAt = madeAt
            self.madeBy = madeBy
            self.endedBy = endedBy
        }
    }

    package enum Notice: Sendable {
        case made, ended
        /// As many as may be shown at once are.
        case full
        /// It is over already.
        case gone
        case faulty([Fault])
    }

    package var frame: Frame
    package var entries: [Entry]
    package var notice: Notice?
    /// What was typed, when the form came back: category, from, until, text_id, text_en.
    package var typed: [String: String]
    package var areas: Set<AreaCode>
    /// Of the form, so that one that is sent twice is made once: a UUID.
    package var key: String

    package init(
        frame: Frame, entries: [Entry], notice: Notice? = nil, typed: [String: String] = [:],
        areas: Set<AreaCode> = [], key: String
    ) {
        self.frame = frame
        self.entries = entries
        self.notice = notice
        self.typed = typed
        self.areas = areas
        self.key = key
    }

    package func content(_ wording: Wording) -> PageContent {
        var values: [String: Any] = [
            "entries": entries.map { entry($0, wording) }, "none": entries.isEmpty, "key": key,
            "categories": (frame.city?.categories ?? []).map { category in
                [
                    "code": category.code.rawValue, "name": category.name[wording.language],
                    "selected": typed["category"] == category.code.rawValue,
                ] as [String: Any]
            },
            "districts": districts(), "areas_open": !areas.isEmpty,
            "typed": [
                "from": typed["from"] ?? "", "until": typed["until"] ?? "", "text_id": typed["text_id"] ?? "",
                "text_en": typed["text_en"] ?? "",
            ],
            "zone": wording.zone, "tabs": OperatorTabs.values(wording, here: "announcements"),
        ]
        switch notice {
        case .made: values["success"] = wording("announce.made")
        case .ended: values["success"] = wording("announce.ended")
        case .full: values["failure"] = wording("announce.full", ["n": String(Announcement.mostAtOnce)])
        case .gone: values["failure"] = wording("announce.gone")
        case .faulty(let faults):
            values["failure"] = wording("command.faulty")
            values["faults"] = faults.map { fault in
                let field = Self.field(of: fault)
                return [
                    "href": "#\(field)", "text": "\(wording("announce.\(field)")): \(fault.message(wording.language))",
                ]
            }
        case nil: break
        }
        return PageContent(
            template: "announcements", title: wording("announce.title"),
            styles: ["controls.css", "staff.css", "notices.css", "operator.css"], wide: true, isUnlisted: true,
            values: values)
    }

    /// The form's field that a pointer means.
    private static func field(of fault: Fault) -> String {
        switch fault.pointer.split(separator: "/").first {
        case "category": "category"
        case "areas": "areas"
        case "from": "from"
        case "until": "until"
        default: fault.pointer == "/text/en" ? "text_en" : "text_id"
        }
    }

    private func entry(_ entry: Entry, _ wording: Wording) -> [String: Any] {
        let announcement = entry.announcement
        let names = announcement.areas.map { frame.city?.area($0)?.name ?? $0.rawValue }
        let isOver = announcement.endedAt != nil || announcement.until <= frame.now
        let state = isOver ? "over" : announcement.from > frame.now ? "planned" : "shown"
        var values: [String: Any] = [
            "text": announcement.indonesian, "state": wording("announce.state_\(state)"), "running": !isOver,
            "colour": state == "shown" ? "done" : state == "planned" ? "work" : "off",
            "icon": state == "shown" ? "status-done" : state == "planned" ? "clock" : "status-off",
            "id": announcement.id.text,
            "about": announcement.category.map { wording.category($0, nil, in: frame.city) }
                ?? wording("announce.every_category"),
            "places": names.isEmpty ? wording("announce.whole_city") : names.joined(separator: ", "),
            "from": wording.moment(announcement.from), "until": wording.moment(announcement.until),
            "made": wording("announce.made_by", ["by": entry.madeBy, "at": wording.moment(entry.madeAt)]),
        ]
        values["english"] = announcement.english
        if let endedAt = announcement.endedAt {
            values["ended"] = wording(
                "announce.ended_by", ["by": entry.endedBy ?? "–", "at": wording.moment(endedAt)])
        }
        return values
    }

    private func districts() -> [[String: Any]] {
        let byDistrict = Dictionary(grouping: frame.city?.areas ?? [], by: \.district)
        return byDistrict.sorted { $0.key < $1.key }.map { district, list in
            let own = list.sorted { $0.name < $1.name }.map { area in
                ["code": area.code.rawValue, "name": area.name, "checked": areas.contains(area.code)] as [String: Any]
            }
            return ["district": district, "areas": own]
        }
    }
}
