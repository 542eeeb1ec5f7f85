internal import Domain
internal import FoundationEssentials
internal import Storage

/// Looks public reports up, as everybody sees them.
struct PublicReports: Sendable {
    let store: PublicReportStore

    struct Found: Sendable {
        var views: [PublicView]
        /// The last of them, where more follow.
        var last: UUID?
    }

    func find(_ query: PublicQuery, in city: City, at now: Timestamp) async throws -> Found {
        let sensitive = city.categories.filter(\.sensitive).map(\.code)
        let found = try await store.page(
            query.filter, in: city.code, sensitive: sensitive, at: now, limit: query.limit + 1)
        let shown = found.prefix(query.limit)
        return Found(
            views: shown.map { PublicView(tracked: $0, city: city, extent: .whole) },
            last: found.count > query.limit ? shown.last?.report.id : nil)
    }
}
