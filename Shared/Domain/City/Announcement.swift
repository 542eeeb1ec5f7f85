package import FoundationEssentials

/// What a city already knows and says: "the street lights of Oebobo are out until 20.00".
package struct Announcement: Hashable, Sendable {
    /// How many may be shown or planned at once.
    package static let mostAtOnce = 20
    /// How far ahead one may end, in days.
    package static let longestDays = 90
    package static let words = TextRule(minimum: 3, maximum: 300)

    package var id: UUID
    /// Nil for whatever people report.
    package var category: CategoryCode?
    /// Empty for the whole city.
    package var areas: [AreaCode]
    package var from: Timestamp
    /// Not shown any more from this moment on.
    package var until: Timestamp
    package var indonesian: String
    package var english: String?
    /// When the operator ended it before its time.
    package var endedAt: Timestamp?

    package init(
        id: UUID, category: CategoryCode? = nil, areas: [AreaCode] = [], from: Timestamp, until: Timestamp,
        indonesian: String, english: String? = nil, endedAt: Timestamp? = nil
    ) {
        self.id = id
        self.category = category
        self.areas = areas
        self.from = from
        self.until = until
        self.indonesian = indonesian
        self.english = english
        self.endedAt = endedAt
    }

    /// Its words; Indonesian where there are none in English.
    package func text(_ language: Language) -> String {
        language == .english ? english ?? indonesian : indonesian
    }

    package func isShown(at now: Timestamp) -> Bool { from <= now && now < until && endedAt == nil }

    /// Whether it speaks of a report of this kind at this place; an area that is not known yet rules nothing out.
    package func concerns(_ category: CategoryCode?, in area: AreaCode?) -> Bool {
        if let own = self.category, own != category { return false }
        guard let area, !areas.isEmpty else { return true }
        return areas.contains(area)
    }
}

extension Announcement {
    /// Reads `{"category"?, "areas"?, "from"?, "until", "text": {"id", "en"?}}`; it begins now where it does not say when.
    ///
    /// - Returns: every fault at once, or the announcement; nil for a body that is no JSON.
    package static func read(
        _ body: [UInt8], id: UUID, at now: Timestamp, in city: City
    ) -> Result<Announcement, Faults>? {
        guard let reading = try? JSONReader.read(body) else { return nil }
        var reader = MemberReader(reading)
        let category = reader.code("category").map { CategoryCode(rawValue: $0) }
        if let category, city.category(category) == nil {
            reader.report(.unknownCategory, at: "category", "\(category)")
        }
        let areas = areas(&reader, in: city)
        let from = reader.time("from") ?? now
        reader.require("until")
        let until = reader.time("until") ?? now
        if reader.has("until"), until <= max(from, now) { reader.report(.timeNotInFuture, at: "until") }
        if until > now.adding(seconds: longestDays * 86_400) {
            reader.report(.timeTooFar, at: "until", "\(longestDays)")
        }
        reader.require("text")
        let texts = reader.object("text") { inner in
            inner.require("id")
            return (id: inner.text("id", words), en: inner.text("en", words))
        }
        guard reader.faults.isEmpty, let indonesian = texts?.id else {
            return .failure(Faults(reader.faults.isEmpty ? [Fault(.required, at: "/text")] : reader.faults))
        }
        return .success(
            Announcement(
                id: id, category: category, areas: areas, from: from, until: until, indonesian: indonesian,
                english: texts?.en))
    }

    private static func areas(_ reader: inout MemberReader, in city: City) -> [AreaCode] {
        var areas: [AreaCode] = []
        let elements = reader.elements("areas")
        if elements.count > 200 {
            reader.report(.tooMany, at: "areas", "200")
            return []
        }
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element, city.area(AreaCode(rawValue: text)) != nil else {
                reader.add(Fault(.unknownArea, at: "/areas/\(index)"))
                continue
            }
            if !areas.contains(AreaCode(rawValue: text)) { areas.append(AreaCode(rawValue: text)) }
        }
        return areas.sorted()
    }
}
