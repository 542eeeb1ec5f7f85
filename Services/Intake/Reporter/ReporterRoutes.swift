internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Runtime
internal import Storage

/// `POST /v1/reports/{id}/{command}`: what a reporter does with the own report, and `follow`, which anyone may who may
/// read it.
struct ReporterRoutes: Sendable {
    let cities: ServedCities
    let reports: ReportAccess
    let runner: ReporterRunner
    let limits: CitizenLimits
    let sameOrigin: SameOrigin

    func add(to router: Router<WebContext>) {
        for command in Command.reporter + [.follow, .erase] {
            router.post("/v1/reports/:report/\(command.rawValue)") { request, context in
                try await self.answer(command, request, context)
            }
        }
        // Photos that follow the report are its own, as if they had come with it; the agency learns of them by an event
        // `commented`.
        router.post("/v1/reports/:report/media") { request, context in
            try await self.answer(.comment, request, context, isOfReport: true)
        }
    }

    private func answer(
        _ command: Command, _ request: Request, _ context: WebContext, isOfReport: Bool = false
    ) async throws -> Response {
        try sameOrigin.refuseOtherSites(request)
        let city = try await cities.city(of: request)
        try limits.checkAct(from: context.client(of: request))
        let view = try await reports.view(of: try context.parameters.require("report"), for: request, in: city)
        guard view.extent != .limited else { throw ReportAccess.unknown }
        let isReporter = reports.isReporter(of: view.tracked, request)
        guard isReporter || command == .follow else { throw Self.needsKey(request) }
        let language = request.language
        let body = try await request.collectCommand()
        var read = try CommandRequest(command, body: body, byReporter: true, in: city.city, language)
        if isOfReport {
            read.note = nil
            guard !read.media.isEmpty else {
                throw ProblemDetails.unprocessable(Faults([Fault(.required, at: "/media")]), in: language)
            }
        }
        let key = try CommandKey(request, body: body)
        let (report, settled) = (view.tracked.report.id, key ?? .ofThisAttempt())
        let result =
            if command == .erase {
                try await runner.erase(report, key: settled, in: city.loaded)
            } else {
                try await runner.run(
                    read, on: report, by: command == .follow ? .reader : .reporter, key: settled, in: city.loaded,
                    photosArePublic: isOfReport)
            }
        return try Response(result, language, offset: city.city.utcOffset, unknown: ReportAccess.unknown)
    }

    /// 401 for who shows nothing, 403 for who shows another key than the report's.
    private static func needsKey(_ request: Request) -> ProblemDetails {
        request.reporterKeys.isEmpty
            ? .unauthorized("This takes the key that the report's receipt gave.")
            : .forbidden("This takes the report's own key.")
    }
}
