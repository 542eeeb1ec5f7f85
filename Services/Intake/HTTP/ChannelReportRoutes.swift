internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Runtime
internal import Storage

/// `/v1/channels/{code}/reports/{external_id}`: an integrator's own reports, by the integrator's own ids.
struct ChannelReportRoutes: Sendable {
    let cities: ServedCities
    let reports: ReportStore
    let tests: TestReportStore
    let runner: ReporterRunner
    let authenticator: Authenticator
    let limits: CitizenLimits

    func add(to router: Router<WebContext>) {
        router.get("/v1/channels/:code/reports/:external") { request, context in try await self.get(request, context) }
        router.post("/v1/channels/:code/reports/:external/withdraw") { request, context in
            try await self.withdraw(request, context)
        }
    }

    /// Who asks, and for which of the own reports.
    private struct Asked {
        var city: ServedCity
        var channel: ChannelCode
        /// Whether by a key to try the doors with, which sees what came by such keys alone.
        var isTest: Bool
        /// Nil for what no report's external id can be.
        var externalID: String?

        var jurisdiction: JurisdictionCode { city.city.code }
    }

    /// - Throws: `ProblemDetails`: 401 without a key, 403 for a key of another kind, channel or scope, 429 for one that
    ///   asks too much.
    private func asked(_ request: Request, _ context: WebContext, for scope: KeyScope) async throws -> Asked {
        let city = try await cities.city(of: request)
        let principal = try await authenticator.principal(of: request, in: city.city.code)
        let channel = try principal.requireChannel(context.parameters.text(of: "code"), for: scope)
        try limits.check(principal)
        let text = try context.parameters.text(of: "external").flatMap {
            AdmissionRules.externalID.violation(in: $0) == nil ? $0 : nil
        }
        return Asked(city: city, channel: channel, isTest: principal.isTest, externalID: text)
    }

    // MARK: Looking up

    private func get(_ request: Request, _ context: WebContext) async throws -> Response {
        let asked = try await asked(request, context, for: .read)
        guard let externalID = asked.externalID else { throw Self.unknown }
        if asked.isTest {
            let report = try await test(externalID, asked)
            return .json(report.json(in: asked.city.city), headers: [.cacheControl: "no-store"])
        }
        let id = try await reports.id(externalID: externalID, from: asked.channel, in: asked.jurisdiction)
        guard let id, let tracked = try await reports.report(id: id, in: asked.jurisdiction) else {
            throw Self.unknown
        }
        // What anyone might read, were it public: what the reporter and an agency say to each other is theirs.
        let view = PublicView(tracked: tracked, city: asked.city.city, extent: .whole, externalID: externalID)
        let headers: HTTPFields = [.eTag: view.entityTag, .cacheControl: "no-cache, private", .vary: "Authorization"]
        if request.matches(entityTag: view.entityTag) { return Response(status: .notModified, headers: headers) }
        return .json(view.json, headers: headers)
    }

    private func test(_ externalID: String, _ asked: Asked) async throws -> TestReport {
        guard
            let report = try await tests.report(externalID: externalID, from: asked.channel, in: asked.jurisdiction)
        else { throw Self.unknown }
        return report
    }

    // MARK: Withdrawing

    /// As the reporter would, for whom the channel speaks.
    private func withdraw(_ request: Request, _ context: WebContext) async throws -> Response {
        let asked = try await asked(request, context, for: .withdraw)
        let language = request.language
        let body = try await request.collectCommand()
        var read = try CommandRequest(.withdraw, body: body, byReporter: true, in: asked.city.city, language)
        // Photos are uploaded for a report by who holds its key, and an integrator does not.
        read.media = []
        let key = try CommandKey(request, body: body) ?? .ofThisAttempt()
        guard let externalID = asked.externalID else { throw Self.unknown }
        if asked.isTest {
            _ = try await test(externalID, asked)
            throw ProblemDetails.conflict(
                "This report came by a test key: no agency has it, so there is nothing to withdraw.")
        }
        let id = try await reports.id(
            externalID: externalID, from: asked.channel, in: asked.jurisdiction, settledBy: key)
        guard let id else { throw Self.unknown }
        let result = try await runner.run(read, on: id, by: .reporter, key: key, in: asked.city.loaded)
        return try Response(result, language, offset: asked.city.city.utcOffset, unknown: Self.unknown)
    }

    private static let unknown = ProblemDetails.notFound("This channel sent no report with this external_id.")
}
