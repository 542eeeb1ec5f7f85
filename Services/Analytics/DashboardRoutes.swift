internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// The summary and the dashboard: the operator's alone.
struct DashboardRoutes: Sendable {
    /// The longest period that one summary covers, in days.
    static let longestPeriod: Int32 = 3660
    static let defaultPeriod: Int32 = 30
    /// The oldest figures that are given to programs, which believe them to be of this moment.
    static let oldest: Duration = .seconds(2)

    let doors: AnalyticsDoors
    let store: SummaryStore
    let flags: FlagStore
    /// How old a city's newest complete picture is; nil before the first.
    let age: @Sendable (JurisdictionCode) -> Duration?

    func add(to router: Router<WebContext>) {
        router.get("/v1/analytics/summary") { request, _ in
            Response.json(try await self.freshView(request).json, headers: [.cacheControl: "no-store"])
        }
        router.get("/dashboard.csv") { request, _ in
            Response.json(
                try await self.freshView(request).csv.utf8,
                headers: [.contentDisposition: "attachment; filename=\"sasando.csv\""],
                contentType: "text/csv; charset=utf-8")
        }
        router.get("/dashboard") { request, _ in try await self.dashboard(request) }
        router.get("/assets/**") { request, _ in try assetResponse(request) }
    }

    /// The page shows old figures too, and says of what moment they are.
    private func dashboard(_ request: Request) async throws -> Response {
        let city = try doors.city(of: request)
        let view: SummaryView
        do { view = try await self.view(request) } catch let problem as ProblemDetails
            where problem.status == .unauthorized && request.prefersHTML
        {
            return doors.signIn(problem, request, city)
        }
        let frame = doors.frame(request, city, isOperator: true)
        let flagged = try await flags.waiting(in: city.code)
        return doors.page(Dashboard(frame: frame, summary: view.summary, flagged: flagged), request)
    }

    /// The summary that a request asks for, as of at most two seconds ago.
    ///
    /// - Throws: `ProblemDetails` as ``view(_:)``, and 503 while the fold is further behind the streams.
    private func freshView(_ request: Request) async throws -> SummaryView {
        let view = try await view(request)
        let age = doors.clock().microseconds(since: view.summary.asOf)
        guard age * 1000 <= Self.oldest.nanoseconds else {
            throw ProblemDetails.unavailable("The figures are \(age / 1_000_000) s old; newer ones are being counted.")
        }
        return view
    }

    /// The summary that a request asks for, as of when the rollups last held everything.
    ///
    /// - Throws: `ProblemDetails` as the door, 400 for a period that cannot be read, 503 before the first complete picture.
    private func view(_ request: Request) async throws -> SummaryView {
        let city = try doors.city(of: request)
        _ = try await doors.requireOperator(request, in: city)
        let period = try Self.period(request.query, now: doors.clock(), offsetSeconds: city.utcOffset)
        guard let age = age(city.code) else {
            throw ProblemDetails.unavailable("The figures are being counted; try again in a moment.")
        }
        let asOf = doors.clock().adding(microseconds: -age.nanoseconds / 1000)
        let rows = try await store.rows(in: city.code, from: period.from.number, to: period.to.number)
        let maker = SummaryMaker(city: city, rows: rows)
        return SummaryView(
            summary: maker.summary(asOf: asOf, from: period.from, to: period.to), statuses: maker.statuses, city: city)
    }

    /// `from` and `to` (exclusive) as days in city time; the last 30 days, today included, where they are absent.
    static func period(
        _ query: FormFields, now: Timestamp, offsetSeconds: Int
    ) throws(ProblemDetails) -> (from: CityDay, to: CityDay) {
        func day(_ name: String) throws(ProblemDetails) -> CityDay? {
            guard let text = query[name], !text.isEmpty else { return nil }
            guard let day = CityDay(text: text, offsetSeconds: offsetSeconds) else {
                throw .badRequest("\(name) is a date such as 2026-11-24, or an RFC 3339 time.")
            }
            return day
        }
        let tomorrow = CityDay(number: CityDay(now, offsetSeconds: offsetSeconds).number + 1)
        let from = try day("from")
        let to = try day("to") ?? max(tomorrow, CityDay(number: (from?.number ?? 0) + 1))
        let first = from ?? CityDay(number: to.number - defaultPeriod)
        guard first < to else { throw .badRequest("to is the day after the last, so it comes after from.") }
        guard to.number - first.number <= longestPeriod else {
            throw .badRequest("A period has at most \(longestPeriod) days.")
        }
        return (first, to)
    }

    func problemPage(_ problem: ProblemDetails, _ request: Request) -> Response {
        let city = doors.registry.city(host: request.head.authority)?.city
        let page = ErrorPage(
            frame: Frame(city: city, now: doors.clock(), path: request.uri.path), status: problem.status.code)
        return .html(page.render(language: request.language), status: problem.status)
    }
}

extension Request {
    /// The language that was asked for.
    var language: Language { PreferredLanguage(self) == .english ? .english : .indonesian }
}

/// A style, script or picture of the pages; every service serves the same ones.
///
/// - Throws: `ProblemDetails` 404 for a name that no page loads.
func assetResponse(_ request: Request) throws -> Response {
    guard let match = Asset.find(path: request.uri.path) else { throw ProblemDetails.notFound() }
    return .asset(
        match.asset.bytes, contentType: match.asset.contentType, entityTag: match.asset.entityTag,
        cacheControl: match.cacheControl, for: request)
}
