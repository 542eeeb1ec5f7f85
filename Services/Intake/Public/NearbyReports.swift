internal import Domain
internal import Hummingbird
internal import Runtime
internal import Storage

/// Looks for open public reports that may be the same as one that is about to be sent.
struct NearbyReports: Sendable {
    /// So many are offered: more would be read by nobody.
    static let most = 3
    /// How long a form waits for them.
    private static let patience: Duration = .milliseconds(700)

    let store: NearbyReportStore

    struct Question: Sendable, Hashable {
        var category: CategoryCode
        var subtype: SubtypeCode?
        var place: NearbyReportStore.Place
    }

    struct Found: Sendable {
        var view: PublicView
        var metres: Double?
    }

    func find(_ question: Question, in city: City, at now: Timestamp) async throws -> [Found] {
        try await store.reports(
            of: question.category, subtype: question.subtype, at: question.place, in: city.code,
            sensitive: city.categories.filter(\.sensitive).map(\.code), now: now, limit: Self.most
        ).map { Found(view: PublicView(tracked: $0.report, city: city, extent: .whole), metres: $0.metres) }
    }

    /// The same for a report that was filled in and is not stored yet: none for what is sensitive or urgent, and none
    /// where the store does not answer at once.
    func find(like report: AdmittedReport, in city: City, at now: Timestamp) async -> [Found] {
        guard let category = report.category, !report.isSensitive, !report.isUrgent,
            let question = Question(report, category)
        else { return [] }
        return await withTaskGroup(of: [Found].self) { group in
            group.addTask { (try? await find(question, in: city, at: now)) ?? [] }
            group.addTask {
                try? await Task.sleep(for: Self.patience)
                return []
            }
            let first = await group.next() ?? []
            group.cancelAll()
            return first
        }
    }
}

extension NearbyReports.Question {
    /// Nil where nobody knows where it is.
    fileprivate init?(_ report: AdmittedReport, _ category: CategoryCode) {
        switch report.locationSource {
        case .gps, .pin:
            guard let point = report.location else { return nil }
            place = .point(point)
        case .area, .address:
            guard let area = report.area else { return nil }
            place = .area(area.code)
        case .none: return nil
        }
        self.category = category
        subtype = report.subtype
    }

    /// `?category&subtype?` and `lat&lon`, or `area`.
    ///
    /// - Throws: 400 with the parameter that cannot be read, and how it is written.
    init(_ query: FormFields, in city: City) throws(ProblemDetails) {
        guard let code = query.nonEmpty("category"), let category = city.category(CategoryCode(rawValue: code)) else {
            throw .badRequest("\"category\" is one of /v1/categories.")
        }
        self.category = category.code
        if let text = query.nonEmpty("subtype") {
            guard let known = category.subtype(SubtypeCode(rawValue: text)) else {
                throw .badRequest("\"subtype\" is one of the category's.")
            }
            subtype = known.code
        }
        if query.nonEmpty("lat") != nil || query.nonEmpty("lon") != nil {
            guard let lat = query["lat"].flatMap({ Double($0) }), let lon = query["lon"].flatMap({ Double($0) }),
                (-90...90).contains(lat), (-180...180).contains(lon)
            else { throw .badRequest("\"lat\" and \"lon\" are degrees.") }
            place = .point(Coordinate(lat: lat, lon: lon))
        } else {
            guard let code = query.nonEmpty("area"), let area = city.area(AreaCode(rawValue: code)) else {
                throw .badRequest("Give \"lat\" and \"lon\", or \"area\", a code of /v1/areas.")
            }
            place = .area(area.code)
        }
    }
}
