/// Which agency leads for what; what is left out fits everything.
package struct RoutingRule: Hashable, Sendable, Codable {
    /// Names the rule in `why`, in the city's files and in what an operator reads.
    package var code: String
    package var category: CategoryCode
    package var subtype: SubtypeCode?
    /// Fits only in these areas; such a rule is passed over while the area is approximate.
    package var areas: [AreaCode]?
    package var hours: HoursOfDay?
    package var agency: AgencyCode
    package var priority: Priority?
    /// Why this agency, as a full Indonesian sentence.
    package var why: String?

    package init(
        code: String, category: CategoryCode, subtype: SubtypeCode? = nil, areas: [AreaCode]? = nil,
        hours: HoursOfDay? = nil, agency: AgencyCode, priority: Priority? = nil, why: String? = nil
    ) {
        self.code = code
        self.category = category
        self.subtype = subtype
        self.areas = areas
        self.hours = hours
        self.agency = agency
        self.priority = priority
        self.why = why
    }
}

/// A span of the city's day, in minutes after midnight, that may pass midnight; `until` itself is outside.
package struct HoursOfDay: Hashable, Sendable, Codable {
    package var from: Int
    package var until: Int

    package init(from: Int, until: Int) {
        self.from = from
        self.until = until
    }

    package func contains(minute: Int) -> Bool {
        from <= until ? from <= minute && minute < until : minute >= from || minute < until
    }
}

/// In which order an agency should look at its reports.
package enum Priority: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    case urgent, high, normal, low

    /// 0 is the most urgent.
    package var rank: Int { Self.allCases.firstIndex(of: self)! }

    package static func < (a: Priority, b: Priority) -> Bool { a.rank < b.rank }
}
