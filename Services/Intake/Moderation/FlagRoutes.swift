internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// `/lacak/{code}/tandai`: anyone says what is wrong with what a public report says. A plain form.
struct FlagRoutes: Sendable {
    let cities: ServedCities
    let reports: ReportAccess
    let flags: FlagStore
    let limits: CitizenLimits
    let sameOrigin: SameOrigin
    let isSecure: Bool
    let clock: @Sendable () -> Timestamp

    func add(to router: Router<WebContext>) {
        router.get("/lacak/:code/tandai") { request, context in try await self.form(request, context) }
        router.post("/lacak/:code/tandai") { request, context in try await self.submit(request, context) }
    }

    private func form(_ request: Request, _ context: WebContext) async throws -> Response {
        let city = try await cities.city(of: request)
        let view = try await publicReport(request, context, city)
        return page(.asked, of: view, request, city)
    }

    private func submit(_ request: Request, _ context: WebContext) async throws -> Response {
        try sameOrigin.refuseOtherSites(request)
        let city = try await cities.city(of: request)
        let view = try await publicReport(request, context, city)
        guard let reason = try await request.collectForm()["reason"].flatMap(FlagReason.init(rawValue:)) else {
            return page(.incomplete, of: view, request, city, status: .unprocessableContent)
        }
        // Only what came from the form has a number: whoever keeps none is asked to open the form first.
        guard let device = request.device else {
            return page(.withoutCookie, of: view, request, city, status: .unprocessableContent)
        }
        try limits.checkFlag(request.sender(context))
        _ = try await flags.flag(view.tracked.report.id, for: reason, by: device, in: city.city.code)
        return page(.done, of: view, request, city)
    }

    /// What not everyone may read, nobody may flag: it is in nobody's way.
    private func publicReport(
        _ request: Request, _ context: WebContext, _ city: ServedCity
    ) async throws -> PublicView {
        let view = try await reports.view(of: try context.parameters.require("code"), for: request, in: city)
        guard view.tracked.isPublic(in: city.city) else { throw ReportAccess.unknown }
        return view
    }

    private func page(
        _ step: FlagForm.Step, of view: PublicView, _ request: Request, _ city: ServedCity,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        let page = FlagForm(
            frame: Frame(city: city.city, now: clock(), path: request.uri.string),
            trackingCode: view.tracked.report.trackingCode, step: step)
        var response = Response.html(page.render(language: request.language), status: status)
        response.rememberLanguage(of: request, isSecure: isSecure)
        DeviceCookie.ensure(of: request, on: &response, isSecure: isSecure)
        return response
    }
}
