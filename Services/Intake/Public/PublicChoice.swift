internal import Domain
internal import FoundationEssentials
internal import Pages
internal import Runtime
internal import Storage

/// What a person chose on the list of reports: `?kategori&area&status&bbox&sejak`. What cannot be read is not chosen.
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
        shown = PublicList.Choice(category: category, area: area, progress: progress, box: box)
        let wanted: PublicReportFilter.Progress? =
            switch progress {
            case .open: .open
            case .done: .statuses([.resolved, .closed])
            case .all: nil
            }
        query = PublicQuery(
            filter: PublicReportFilter(
                box: box, category: category, area: area, progress: wanted,
                after: fields.nonEmpty("sejak").flatMap { UUID(text: $0) }),
            limit: Self.pageSize)
    }

    func path(after last: UUID?) -> String { "/laporan" + shown.query(adding: last.map { ("sejak", $0.text) }) }

    var feed: String { "/laporan.atom" + shown.query() }
}
