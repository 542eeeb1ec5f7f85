internal import Domain
internal import FoundationEssentials
internal import Pages
internal import Runtime
internal import Storage

/// What a person chose on the list of reports: `?kategori&area&kecamatan&status&bbox&sejak`. What cannot be read is not
/// chosen.
struct PublicChoice: Sendable {
    private static let pageSize = 20

    let shown: PublicList.Choice
    let query: PublicQuery

    init(_ fields: FormFields, in city: City) {
        let category = fields.nonEmpty("kategori").map(CategoryCode.init(rawValue:)).flatMap { code in
            city.category(code)?.sensitive == false ? code : nil
        }
        let area = fields.nonEmpty("area").map(AreaCode.init(rawValue:)).flatMap { city.area($0) == nil ? nil : $0 }
        let progress = fields.nonEmpty("status").flatMap(PublicList.Progress.init(rawValue:)) ?? .open
        let box = fields.nonEmpty("bbox").flatMap { BoundingBox(text: $0) }
        // A kelurahan says more than its kecamatan.
        let district = fields.nonEmpty("kecamatan").flatMap { code in
            area == nil && city.areas.contains { $0.districtCode == code } ? code : nil
        }
        let areas = district.map { code in city.areas.filter { $0.districtCode == code }.map(\.code) } ?? []
        shown = PublicList.Choice(
            category: category, area: area, progress: progress, box: box, district: district)
        let wanted: PublicReportFilter.Progress? =
            switch progress {
            case .open: .open
            case .done: .statuses([.resolved, .closed])
            case .all: nil
            }
        query = PublicQuery(
            filter: PublicReportFilter(
                box: box, category: category, area: area, areas: areas, progress: wanted,
                after: fields.nonEmpty("sejak").flatMap { UUID(text: $0) }),
            limit: Self.pageSize)
    }

    func path(after last: UUID?) -> String { "/laporan" + shown.query(adding: last.map { ("sejak", $0.text) }) }

    /// The same choice at a place that was looked for.
    func path(at place: NamedPlace) -> String {
        var there = shown
        (there.area, there.district, there.box) = (nil, nil, nil)
        switch place {
        case .area(let area): there.area = area.code
        case .district(let code): there.district = code
        }
        return "/laporan" + there.query()
    }

    var feed: String { "/laporan.atom" + shown.query() }
}
