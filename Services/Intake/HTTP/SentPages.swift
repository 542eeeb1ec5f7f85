internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import QRCode
internal import Runtime
internal import Storage

// The page that says that a report is sent: at once where a form was posted, and by its own address where a script sent
// it, maybe much later.
extension CitizenRoutes {
    /// The answer to a posted form.
    func sent(
        _ admitted: AdmittedReceipt, _ report: AdmittedReport, _ request: Request, _ city: ServedCity
    ) -> Response {
        let receipt = admitted.receipt
        let decision = city.routing.decide(
            RoutableReport(
                id: receipt.id, category: report.category, subtype: report.subtype, area: report.area?.code,
                areaIsApproximate: report.area?.isApproximate ?? true, channel: .web, receivedAt: receipt.receivedAt,
                hasPlace: report.locationSource != .none),
            at: receipt.receivedAt)
        let page = ReportSent(
            frame: frame(request, city), trackingCode: receipt.trackingCode,
            privateLink: privateLink(admitted.reporterKey), category: report.category, area: admitted.area,
            isPrivate: report.visibility == .private, expected: .init(decision), news: pushKey)
        var response = withPrivateLink(page, request, status: .created)
        remember(admitted.reporterKey, on: &response, request)
        return response
    }

    /// `/lapor/terkirim/{code}`, for who shows the report's key; anybody else is led to the tracking page.
    func sent(_ request: Request, _ name: String) async throws -> Response {
        let city = try await cities.city(of: request)
        guard let code = TrackingCode(parsing: name, defaultPrefix: city.city.trackingPrefix) else {
            throw ReportAccess.unknown
        }
        let view = try await reports.view(of: code.text, for: request, in: city)
        let report = view.tracked.report
        guard reports.isReporter(of: view.tracked, request) else { return .seeOther("/lacak/\(code.text)") }
        let key = ReporterKey(report: report.id, secret: reports.reporterSecret)
        let page = ReportSent(
            frame: frame(request, city), trackingCode: report.trackingCode, privateLink: privateLink(key),
            category: view.category, area: view.area, isPrivate: view.visibility == .private,
            expected: expectation(of: view, in: city), news: pushKey)
        return withPrivateLink(page, request, status: .ok)
    }

    /// Nobody whom the page links to learns its address.
    private func withPrivateLink(_ page: ReportSent, _ request: Request, status: HTTPResponse.Status) -> Response {
        var response = self.page(page, request, status: status)
        response.headers[.referrerPolicy] = "no-referrer"
        return response
    }

    func privateLink(_ key: ReporterKey) -> PrivateLink {
        let address = "\(publicURL)/k/\(key.text)"
        return PrivateLink(address: address, code: QRCode.modules(of: address))
    }

    /// What was promised; before routing has decided, what it is going to decide.
    private func expectation(of view: PublicView, in city: ServedCity) -> ReportSent.Expectation {
        if let state = view.tracked.state {
            return .init(
                agency: state.agency, acknowledgeBy: state.deadlines.acknowledgeBy,
                resolveBy: state.deadlines.resolveBy)
        }
        let report = view.tracked.report
        return .init(city.routing.decide(report.routable, at: report.receivedAt))
    }
}

extension ReportSent.Expectation {
    fileprivate init(_ decision: Decision) {
        self.init(
            agency: decision.agency, acknowledgeBy: decision.deadlines.acknowledgeBy,
            resolveBy: decision.deadlines.resolveBy)
    }
}
