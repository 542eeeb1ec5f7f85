internal import Domain
internal import FoundationEssentials
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// `GET /v1/reports/nearby`, and `POST /lacak/{code}/follow`: following a report instead of sending it again.
struct NearbyRoutes: Sendable {
    let cities: ServedCities
    let nearby: NearbyReports
    let reports: ReportAccess
    let runner: ReporterRunner
    let limits: CitizenLimits
    let sameOrigin: SameOrigin
    let clock: @Sendable () -> Timestamp

    func add(to router: Router<WebContext>) {
        router.get("/v1/reports/nearby") { request, _ in
            let city = try await self.cities.city(of: request).city
            let question = try NearbyReports.Question(request.query, in: city)
            let found = try await self.nearby.find(question, in: city, at: self.clock())
            var writer = JSONWriter(capacity: 1024 * (found.count + 1))
            writer.array { writer in for one in found { one.view.writeEntry(to: &writer, metres: one.metres) } }
            // Where somebody stands is in the question.
            return Response.json(writer.bytes, headers: [.cacheControl: "no-store"])
        }
        router.post("/lacak/:code/follow") { request, context in
            try await self.follow(request, context, code: try context.parameters.require("code"))
        }
    }

    /// The plain form: back to the report, which says that it was noted.
    private func follow(_ request: Request, _ context: WebContext, code: String) async throws -> Response {
        try sameOrigin.check(request)
        let city = try await cities.city(of: request)
        try limits.checkAct(from: context.client(of: request))
        let view = try await reports.view(of: code, for: request, in: city)
        guard view.extent != .limited else { throw ReportAccess.unknown }
        let form = try await request.collectForm()
        let body = Array("{}".utf8)
        let key = form["idempotency_key"].flatMap { IdempotencyKeyHeader(text: $0) }.map { key in
            CommandKey(
                text: key.text, requestHash: CommandHash.of(method: "POST", path: Command.follow.rawValue, body: body))
        }
        let read = try CommandRequest(.follow, body: body, byReporter: true, in: city.city, request.language)
        let result = try await runner.run(
            read, on: view.tracked.report.id, by: .reader, key: key ?? .ofThisAttempt(), in: city.loaded)
        let path = "/lacak/\(view.tracked.report.trackingCode)"
        switch result {
        case .done, .repeated: return .seeOther("\(path)?hasil=\(Command.follow.rawValue)")
        // It was closed meanwhile: the page shows how it stands.
        case .refused, .keyReused: return .seeOther(path)
        case .unknownReport: throw ReportAccess.unknown
        }
    }
}
