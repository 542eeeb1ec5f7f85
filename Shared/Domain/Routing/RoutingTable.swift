package import FoundationEssentials

/// What deciding needs to know of a report.
package struct RoutableReport: Hashable, Sendable {
    package var id: UUID
    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    package var area: AreaCode?
    /// Whether the area was found by nearness to a centre and not by a boundary.
    package var areaIsApproximate: Bool
    package var channel: ChannelCode
    package var receivedAt: Timestamp
    /// Whether anything is known of where it is; false for an address that names no area (`location_source` none).
    package var hasPlace: Bool

    package init(
        id: UUID, category: CategoryCode?, subtype: SubtypeCode?, area: AreaCode?, areaIsApproximate: Bool,
        channel: ChannelCode, receivedAt: Timestamp, hasPlace: Bool = true
    ) {
        self.id = id
        self.category = category
        self.subtype = subtype
        self.area = area
        self.areaIsApproximate = areaIsApproximate
        self.channel = channel
        self.receivedAt = receivedAt
        self.hasPlace = hasPlace
    }
}

/// To whom a report goes, by when it must be answered, and why.
package struct Decision: Hashable, Sendable {
    package var agency: AgencyCode
    /// `assigned` or `triage`.
    package var status: ReportStatus
    package var priority: Priority
    package var deadlines: Deadlines
    /// An Indonesian sentence that names the rule.
    package var why: String

    package init(
        agency: AgencyCode, status: ReportStatus, priority: Priority, deadlines: Deadlines, why: String
    ) {
        self.agency = agency
        self.status = status
        self.priority = priority
        self.deadlines = deadlines
        self.why = why
    }
}

/// A city's rules and promises, prepared for deciding many reports.
package struct RoutingTable: Sendable {
    private struct LevelKey: Hashable {
        var category: CategoryCode?
        var subtype: SubtypeCode?
    }

    /// What happens in a city without any level: the national rule's first answer and complaint, 3 and 5 days.
    private static let lastResort = ServiceLevel(acknowledgeSeconds: 3 * 86_400, resolveSeconds: 5 * 86_400)

    private let city: City
    private let triage: AgencyCode
    private let rules: [CategoryCode: [RoutingRule]]
    private let levels: [LevelKey: ServiceLevel]
    private let categories: [CategoryCode: Category]
    private let shortNames: [AgencyCode: String]

    package init(city: City) {
        self.city = city
        triage = city.triageAgency?.code ?? "kominfo"
        rules = Dictionary(grouping: city.rules, by: \.category)
        levels = Dictionary(
            city.levels.map { (LevelKey(category: $0.category, subtype: $0.subtype), $0) },
            uniquingKeysWith: { a, _ in a })
        categories = Dictionary(city.categories.map { ($0.code, $0) }, uniquingKeysWith: { a, _ in a })
        shortNames = Dictionary(city.agencies.map { ($0.code, $0.short) }, uniquingKeysWith: { a, _ in a })
    }

    /// Decides at the moment `now`, which only rules with hours look at; promises count from when it was received.
    package func decide(_ report: RoutableReport, at now: Timestamp) -> Decision {
        guard let code = report.category else {
            return toTriage(report, "Laporan tanpa kategori: \(short(triage)) memilah dan meneruskannya.")
        }
        guard let category = categories[code] else {
            return toTriage(report, "Kategori “\(code)” tidak dikenal: \(short(triage)) memilah dan meneruskannya.")
        }
        guard report.hasPlace else {
            return toTriage(report, "Alamatnya tidak menyebut kelurahan: \(short(triage)) mencari tempatnya.")
        }
        let civil = CivilTime(now.adding(seconds: city.utcOffset))
        let minute = civil.hour * 60 + civil.minute
        guard let rule = rules[code]?.first(where: { fits($0, report, minute: minute) }) else {
            let what =
                report.subtype == nil && !category.subtypes.isEmpty
                ? "Kategori “\(category.name.id)” tanpa jenis" : "Belum ada aturan untuk “\(category.name.id)”"
            return toTriage(report, "\(what): \(short(triage)) memilah dan meneruskannya.")
        }
        return Decision(
            agency: rule.agency, status: rule.agency == triage ? .triage : .assigned,
            priority: rule.priority ?? priority(of: code),
            deadlines: level(category: code, subtype: report.subtype).deadlines(from: report.receivedAt),
            why: why(rule, category))
    }

    /// The promise for a kind of report: that of its sub-type, else of its category, else of last resort.
    package func level(category: CategoryCode?, subtype: SubtypeCode?) -> ServiceLevel {
        levels[LevelKey(category: category, subtype: subtype)] ?? levels[LevelKey(category: category)]
            ?? levels[LevelKey()] ?? Self.lastResort
    }

    package func priority(of category: CategoryCode?) -> Priority {
        category.flatMap { categories[$0] }?.urgent == true ? .urgent : .normal
    }

    private func fits(_ rule: RoutingRule, _ report: RoutableReport, minute: Int) -> Bool {
        if let subtype = rule.subtype, subtype != report.subtype { return false }
        if let areas = rule.areas {
            guard let area = report.area, !report.areaIsApproximate, areas.contains(area) else { return false }
        }
        if let hours = rule.hours, !hours.contains(minute: minute) { return false }
        return true
    }

    private func toTriage(_ report: RoutableReport, _ why: String) -> Decision {
        Decision(
            agency: triage, status: .triage, priority: priority(of: report.category),
            deadlines: level(category: nil, subtype: nil).deadlines(from: report.receivedAt), why: why)
    }

    private func why(_ rule: RoutingRule, _ category: Category) -> String {
        if let why = rule.why { return why }
        let subtype = rule.subtype.flatMap { category.subtype($0) }.map { ", jenis “\($0.name.id)”" } ?? ""
        return "Kategori “\(category.name.id)”\(subtype) ditangani \(short(rule.agency)) (aturan \(rule.code))."
    }

    private func short(_ agency: AgencyCode) -> String { shortNames[agency] ?? agency.rawValue }
}
