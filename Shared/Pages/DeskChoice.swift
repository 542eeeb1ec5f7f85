package import Domain

/// What an officer looks for among the open work: `/desk/{code}?cari&kategori&area&status&lewat`.
package struct DeskChoice: Hashable, Sendable {
    package static let longestText = 100
    package static let mostWords = 8

    /// What was typed, cut at ``longestText`` characters.
    package var text: String
    package var category: CategoryCode?
    package var area: AreaCode?
    /// An open status.
    package var status: ReportStatus?
    /// Only what has passed its promise.
    package var isOverdue: Bool

    package init(
        text: String = "", category: CategoryCode? = nil, area: AreaCode? = nil, status: ReportStatus? = nil,
        isOverdue: Bool = false
    ) {
        self.text = String(text.prefix(Self.longestText))
        self.category = category
        self.area = area
        self.status = status
        self.isOverdue = isOverdue
    }

    /// Each of them has to stand in a report.
    package var words: [Substring] {
        Array(text.split(whereSeparator: \.isWhitespace).prefix(Self.mostWords))
    }

    /// Nothing is left out.
    package var isEverything: Bool {
        words.isEmpty && category == nil && area == nil && status == nil && !isOverdue
    }

    /// `?cari=oesapa&lewat=1`, or nothing where nothing is left out.
    package func query(adding more: (String, String)? = nil) -> String {
        var parts: [(String, String)] = []
        if !words.isEmpty { parts.append(("cari", words.joined(separator: " "))) }
        if let category { parts.append(("kategori", category.rawValue)) }
        if let area { parts.append(("area", area.rawValue)) }
        if let status { parts.append(("status", status.rawValue)) }
        if isOverdue { parts.append(("lewat", "1")) }
        if let more { parts.append(more) }
        let text = parts.map { "\($0)=\(LocalPath.inQuery($1))" }.joined(separator: "&")
        return text.isEmpty ? "" : "?" + text
    }
}

extension DeskChoice {
    /// What the form shows, and the sentence that says what is left out.
    func values(_ wording: Wording, in city: City?) -> [String: Any] {
        var said = words.isEmpty ? [] : ["“\(words.joined(separator: " "))”"]
        if let category { said.append(wording.category(category, nil, in: city)) }
        if let area { said.append(city?.area(area)?.name ?? area.rawValue) }
        if let status { said.append(wording("status.\(status.rawValue)")) }
        if isOverdue { said.append(wording("desk_filter.overdue_said")) }
        var values: [String: Any] = [
            "text": text, "longest": Self.longestText, "overdue": isOverdue,
            "categories": (city?.categories ?? []).map { entry in
                ["code": entry.code.rawValue, "name": entry.name[wording.language], "chosen": entry.code == category]
                    as [String: Any]
            },
            "districts": wording.districts(of: city, chosen: area),
            "statuses": ReportStatus.allCases.filter(\.isOpen).map { entry in
                ["code": entry.rawValue, "name": wording("status.\(entry.rawValue)"), "chosen": entry == status]
                    as [String: Any]
            },
        ]
        if !isEverything { values["said"] = said.joined(separator: " · ") }
        return values
    }
}

extension Wording {
    /// The areas as options of a list, by district, as people look for their kelurahan.
    func districts(of city: City?, chosen: AreaCode?) -> [[String: Any]] {
        let areas = city?.areas ?? []
        return Set(areas.map(\.district)).sorted().map { district in
            let own = areas.filter { $0.district == district }.sorted { $0.name < $1.name }
            return [
                "district": district,
                "list": own.map { area in
                    ["code": area.code.rawValue, "name": area.name, "chosen": area.code == chosen] as [String: Any]
                },
            ]
        }
    }
}
