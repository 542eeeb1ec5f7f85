internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// How the city performs, for anyone: `/kinerja`, `/kinerja.csv` and `GET /v1/performance[/sensitive]`.
struct PerformanceRoutes: Sendable {
    /// For how long figures are given again before they are counted anew, and for how long others may keep an answer:
    /// together no more than a minute.
    static let kept: Duration = .seconds(30)
    private static let cacheControl = "public, max-age=30"

    private let store: PerformanceStore
    private let doors: AnalyticsDoors
    /// How old a city's newest complete picture is; nil before the first.
    private let age: @Sendable (JurisdictionCode) -> Duration?
    private let figures: AnswerCache<JurisdictionCode, PerformanceFigures>

    init(
        store: PerformanceStore, doors: AnalyticsDoors, age: @escaping @Sendable (JurisdictionCode) -> Duration?,
        kept: Duration = kept
    ) {
        self.store = store
        self.doors = doors
        self.age = age
        figures = AnswerCache(limit: 100, positive: kept, negative: .zero)
    }

    func add(to router: Router<WebContext>) {
        router.get("/kinerja") { request, _ in
            let city = try self.doors.city(of: request)
            let span = request.query["masa"].flatMap(Performance.Span.init(rawValue:)) ?? .month
            let page = Performance(
                frame: self.doors.frame(request, city), figures: try await self.figures(of: city), span: span)
            return self.doors.page(page, request)
        }
        router.get("/kinerja.csv") { request, _ in
            let city = try self.doors.city(of: request)
            let tables = PerformanceTables(figures: try await self.figures(of: city), city: city)
            let (name, text) =
                switch request.query["tabel"] {
                case "arus": ("kinerja-arus", tables.flowCSV)
                case "rahasia": ("kinerja-rahasia", tables.sensitiveCSV)
                default: ("kinerja", tables.csv)
                }
            return Response.json(
                text.utf8,
                headers: [
                    .contentDisposition: "attachment; filename=\"\(name).csv\"", .cacheControl: Self.cacheControl,
                ], contentType: "text/csv; charset=utf-8")
        }
        router.get("/v1/performance") { request, _ in try await self.json(request) { $0.json } }
        router.get("/v1/performance/sensitive") { request, _ in try await self.json(request) { $0.sensitiveJSON } }
    }

    private func json(_ request: Request, _ write: (PerformanceTables) -> [UInt8]) async throws -> Response {
        let city = try doors.city(of: request)
        let tables = PerformanceTables(figures: try await figures(of: city), city: city)
        return Response.json(write(tables), headers: [.cacheControl: Self.cacheControl])
    }

    /// The figures as of at most ``kept`` ago, counted once for all who ask at the same time.
    ///
    /// - Throws: `ProblemDetails` 503 before the first complete picture.
    private func figures(of city: City) async throws -> PerformanceFigures {
        let found = try await figures.value(for: city.code) { try await self.count(city) }
        guard let found else {
            throw ProblemDetails.unavailable("The figures are being counted; try again in a moment.")
        }
        return found
    }

    private func count(_ city: City) async throws -> PerformanceFigures? {
        guard let age = age(city.code) else { return nil }
        let now = doors.clock()
        let asOf = now.adding(microseconds: -age.nanoseconds / 1000)
        let periods = PerformancePeriods(now: now, offsetSeconds: city.utcOffset)
        let rows = try await store.rows(
            in: city.code, from: min(periods.first, periods.mondays[0]).number, lately: periods.late.number,
            to: periods.end.number, of: PerformanceMaker.counted(in: city))
        let published = try await publish(periods, asOf: asOf, in: city)
        return PerformanceMaker(city: city, periods: periods, rows: rows, published: published).figures(asOf: asOf)
    }

    /// What is published of the sensitive categories, with the months that have become due since. A month is counted only
    /// from figures that hold all of it, and never twice.
    private func publish(
        _ periods: PerformancePeriods, asOf: Timestamp, in city: City
    ) async throws -> [PublishedCount] {
        guard let newest = periods.published.first, let oldest = periods.published.last else { return [] }
        let known = try await store.published(in: city.code, from: oldest, to: newest)
        guard let day = try await store.firstDay(in: city.code) else { return known }
        let began = CivilMonth(day: Int(day))
        let categories = PerformanceMaker.sensitive(in: city)
        let isComplete = Set(known.map { [$0.month.text, $0.category.rawValue] })
        let settled = CityDay(number: Int32(newest.adding(1).firstDay)).start(offsetSeconds: city.utcOffset)
        let due = periods.published.filter { month in
            month >= began && asOf >= settled
                && categories.contains { !isComplete.contains([month.text, $0.rawValue]) }
        }
        guard !due.isEmpty else { return known }
        let districts = Dictionary(city.areas.map { ($0.code, $0.districtCode) }, uniquingKeysWith: { a, _ in a })
        for month in due {
            let missing = categories.filter { !isComplete.contains([month.text, $0.rawValue]) }
            try await store.publish(month, in: city.code, districts: districts, of: missing)
        }
        return try await store.published(in: city.code, from: oldest, to: newest)
    }
}
