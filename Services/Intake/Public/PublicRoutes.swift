internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// `GET /v1/reports`, `/laporan` and `/laporan.atom`: what the city's people reported and what became of it.
struct PublicRoutes: Sendable {
    let cities: ServedCities
    let reports: PublicReports
    let announcements: CityAnnouncements
    /// What links are built from, never the Host header.
    let publicURL: String
    let clock: @Sendable () -> Timestamp

    /// For how long others may keep an answer: what is hidden is gone from them after that.
    private static let cacheControl = "public, max-age=30"

    func add(to router: Router<WebContext>) {
        router.get("/v1/reports") { request, _ in try await self.list(request) }
        router.get("/laporan") { request, _ in try await self.page(request) }
        router.get("/laporan.atom") { request, _ in try await self.feed(request) }
    }

    private func list(_ request: Request) async throws -> Response {
        let city = try await cities.city(of: request).city
        let query = try PublicQuery(request.query, in: city)
        let found = try await reports.find(query, in: city, at: clock())
        var headers: HTTPFields = [.cacheControl: Self.cacheControl]
        if let last = found.last { headers[.link] = "</v1/reports?\(query.next(after: last))>; rel=\"next\"" }
        var writer = JSONWriter(capacity: 1024 * found.views.count)
        writer.array { writer in
            for view in found.views { view.writeEntry(to: &writer) }
        }
        return .json(writer.bytes, headers: headers)
    }

    private func page(_ request: Request) async throws -> Response {
        let served = try await cities.city(of: request)
        let city = served.city
        let choice = PublicChoice(request.query, in: city)
        let looked = request.query.nonEmpty("dekat")
        // A place that is known has an address of its own, which can be passed on.
        if let looked, let place = served.places.place(named: looked) { return .seeOther(choice.path(at: place)) }
        let found = try await reports.find(choice.query, in: city, at: clock())
        let known = await announcements.shown(in: city).filter {
            choice.shown.category == nil && choice.shown.area == nil
                || $0.concerns(choice.shown.category ?? $0.category, in: choice.shown.area)
        }
        let page = PublicList(
            frame: Frame(city: city, now: clock(), path: request.uri.string, publicURL: publicURL),
            reports: found.views.map(\.view), choice: choice.shown, next: found.last.map { choice.path(after: $0) },
            feed: choice.feed, announcements: known, unknownPlace: looked)
        var response = Response.html(page.render(language: request.language))
        response.rememberLanguage(of: request, isSecure: publicURL.hasPrefix("https:"))
        return response
    }

    private func feed(_ request: Request) async throws -> Response {
        let city = try await cities.city(of: request).city
        let choice = PublicChoice(request.query, in: city)
        let found = try await reports.find(choice.query, in: city, at: clock())
        let entries = found.views.map { view in
            Feed.Entry(report: view.view, updated: view.tracked.work?.changedAt ?? view.tracked.report.receivedAt)
        }
        let feed = Feed(
            frame: Frame(city: city, now: clock(), path: request.uri.string), entries: entries, publicURL: publicURL,
            ownPath: choice.feed, listPath: choice.path(after: nil), choice: choice.shown)
        return Response(
            status: .ok,
            // Its words are in the language that a cookie says.
            headers: [
                .contentType: "application/atom+xml; charset=utf-8", .cacheControl: Self.cacheControl, .vary: "Cookie",
            ],
            body: .init(byteBuffer: .init(string: feed.render(language: request.language))))
    }
}
