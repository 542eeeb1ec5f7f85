internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

/// What a request asks of the public reports.
struct PublicQuery: Sendable {
    var filter: PublicReportFilter
    var limit: Int

    init(filter: PublicReportFilter, limit: Int) {
        self.filter = filter
        self.limit = limit
    }

    /// `?bbox&category&status&area&after&limit`, as programs ask.
    ///
    /// - Throws: 400 with the parameter that cannot be read, and how it is written.
    init(_ query: FormFields, in city: City) throws(ProblemDetails) {
        filter = PublicReportFilter()
        limit = try query.pageLimit(in: 1...PublicReportStore.listLimit, standard: 50)
        if let text = query.nonEmpty("bbox") {
            guard let box = BoundingBox(text: text) else {
                throw .badRequest("\"bbox\" is four numbers: west,south,east,north.")
            }
            filter.box = box
        }
        if let text = query.nonEmpty("category") {
            let code = CategoryCode(rawValue: text)
            guard city.category(code) != nil else { throw .badRequest("\"category\" is one of /v1/categories.") }
            filter.category = code
        }
        if let text = query.nonEmpty("area") {
            let code = AreaCode(rawValue: text)
            guard city.area(code) != nil else { throw .badRequest("\"area\" is a code of /v1/areas.") }
            filter.area = code
        }
        if let text = query.nonEmpty("status") { filter.progress = try Self.progress(text) }
        if let text = query.nonEmpty("after") {
            guard let id = UUID(text: text) else {
                throw .badRequest("\"after\" is taken from the Link of the page before.")
            }
            filter.after = id
        }
    }

    /// `open`, or statuses with commas between them.
    private static func progress(_ text: String) throws(ProblemDetails) -> PublicReportFilter.Progress {
        if text == "open" { return .open }
        var statuses: [ReportStatus] = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let status = ReportStatus(rawValue: String(name)) else {
                throw .badRequest("\"status\" is open, or statuses with commas between them.")
            }
            statuses.append(status)
        }
        return .statuses(statuses)
    }

    /// The same question for what follows after `last`.
    func next(after last: UUID) -> String {
        var parts: [(String, String)] = []
        if let box = filter.box { parts.append(("bbox", box.text)) }
        if let category = filter.category { parts.append(("category", category.rawValue)) }
        if let area = filter.area { parts.append(("area", area.rawValue)) }
        switch filter.progress {
        case .open: parts.append(("status", "open"))
        case .statuses(let statuses): parts.append(("status", statuses.map(\.rawValue).joined(separator: ",")))
        case nil: break
        }
        parts += [("after", last.text), ("limit", String(limit))]
        return parts.map { "\($0)=\($1)" }.joined(separator: "&")
    }
}

extension FormFields {
    /// A field's value; nil where it is missing or empty.
    func nonEmpty(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}
