package import Domain

/// `/`: report, track, or choose a category at once.
package struct CitizenHome: Page {
    package var frame: Frame
    /// What the city says that it knows.
    package var announcements: [Announcement]

    package init(frame: Frame, announcements: [Announcement] = []) {
        self.frame = frame
        self.announcements = announcements
    }

    package func content(_ wording: Wording) -> PageContent {
        PageContent(
            template: "home", title: wording("home.title"), styles: ["controls.css", "citizen.css", "app.css"],
            scripts: ["app.js", "mine.js"],
            values: [
                "tiles": wording.tiles(frame.city, chosen: nil, isOtherChosen: false),
                "calls": wording.urgentCalls(frame.city),
                "announcements": wording.announcements(announcements),
            ])
    }
}

extension Wording {
    /// The categories as tiles, and "Lainnya / tidak tahu" after them.
    func tiles(_ city: City?, chosen: CategoryCode?, isOtherChosen: Bool) -> [[String: Any]] {
        var tiles = (city?.categories ?? []).map { category -> [String: Any] in
            var tile: [String: Any] = [
                "code": category.code.rawValue, "name": breakable(category.name[language]),
                "icon": icon(category.code), "urgent": category.urgent, "sensitive": category.sensitive,
                "checked": category.code == chosen,
                "subtypes": false, "questions": false,
            ]
            if !category.subtypes.isEmpty {
                tile["subtypes"] = [
                    "list": category.subtypes.map { ["code": $0.code.rawValue, "name": $0.name[language]] }
                ]
            }
            return tile
        }
        tiles.append([
            "code": ReportForm.otherCategory, "name": self("category.other"), "icon": icon(nil), "urgent": false,
            "sensitive": false, "checked": isOtherChosen, "subtypes": false, "questions": false,
        ])
        return tiles
    }

    /// A long word in a narrow tile may break after a slash.
    private func breakable(_ text: String) -> String {
        text.replacing("/", with: "/\u{200B}")
    }

    /// The urgent categories that have a confirmed number, each with its numbers.
    func urgentCalls(_ city: City?) -> [[String: Any]] {
        (city?.categories ?? []).filter { $0.urgent && !$0.confirmedEmergency.isEmpty }.map { category in
            ["category": category.name[language], "icon": icon(category.code), "numbers": numbers(category)]
        }
    }

    func numbers(_ category: Category) -> [[String: Any]] {
        category.confirmedEmergency.map { call in
            [
                "number": call.number, "label": call.label[language],
                "dial": String(call.number.filter { $0.isASCII && $0.isNumber || $0 == "+" }),
            ]
        }
    }

    /// What stands before the form of one urgent category: whom to phone first.
    func call(_ category: Category, shown: Bool) -> [String: Any] {
        let numbers = numbers(category)
        var values: [String: Any] = [
            "code": category.code.rawValue, "category": category.name[language], "icon": icon(category.code),
            "numbers": numbers, "has_numbers": !numbers.isEmpty, "hidden": !shown,
        ]
        if let first = numbers.first?["number"] { values["first"] = first }
        return values
    }
}
