internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// `/loket`: an officer of the city writes a report down for somebody who calls or stands at the counter.
///
/// It takes the same way as every other report, under the operator's session, and no limit of citizens'.
struct CounterRoutes: Sendable {
    let cities: ServedCities
    let door: OperatorDoor
    let admission: ReportAdmission
    /// What links are built from, never the Host header.
    let publicURL: String
    let clock: @Sendable () -> Timestamp

    func add(to router: Router<WebContext>) {
        router.get("/loket") { request, _ in
            let city = try await self.cities.city(of: request)
            _ = try await self.door.admit(request, to: city.city)
            return self.form(request, city, CounterForm.Values())
        }
        router.post("/loket") { request, _ in try await self.send(request) }
    }

    private func form(
        _ request: Request, _ city: ServedCity, _ values: CounterForm.Values, faults: [Fault] = [], key: UUID? = nil
    ) -> Response {
        var generator = SystemRandomNumberGenerator()
        let key = key ?? UUID.version7(at: clock(), random: (generator.next(), generator.next()))
        let page = CounterForm(
            frame: frame(request, city), values: values, faults: faults, idempotencyKey: key.text)
        return response(page, request, status: faults.isEmpty ? .ok : .unprocessableContent)
    }

    private func send(_ request: Request) async throws -> Response {
        let city = try await cities.city(of: request)
        _ = try await door.admit(request, to: city.city)
        let fields = try await request.collectForm()
        let values = CounterForm.Values(
            Dictionary(fields.fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
        let key = fields["idempotency_key"].flatMap { UUID(text: $0) }
        let now = clock()
        let draft = CounterReport.draft(values, in: city.city)
        switch AdmissionRules.validate(draft, city: city.city, places: city.places, now: now) {
        case .failure(let faults):
            AdmissionRefusals.count(.invalid)
            return form(request, city, values, faults: faults.list, key: key)
        case .success(let report):
            let admitted = try await admission.admit(
                report, key: try IdempotencyKey(header: key?.text), from: ReportSource(channel: .loket),
                trace: request.trace,
                city: city.loaded, now: now)
            return sent(admitted, report, request, city)
        }
    }

    /// The reporter's key is handed over and not kept: this browser serves many people.
    private func sent(
        _ admitted: AdmittedReceipt, _ report: AdmittedReport, _ request: Request, _ city: ServedCity
    ) -> Response {
        let receipt = admitted.receipt
        let decision = city.routing.decide(
            RoutableReport(
                id: receipt.id, category: report.category, subtype: report.subtype, area: report.area?.code,
                areaIsApproximate: report.area?.isApproximate ?? true, channel: .loket,
                receivedAt: receipt.receivedAt, hasPlace: report.locationSource != .none),
            at: receipt.receivedAt)
        let page = CounterSent(
            frame: frame(request, city), trackingCode: receipt.trackingCode,
            privateLink: "\(publicURL)/k/\(admitted.reporterKey.text)", trackingLink: "\(publicURL)/lacak",
            receivedAt: receipt.receivedAt, category: report.category, subtype: report.subtype, area: admitted.area,
            expected: .init(
                agency: decision.agency, acknowledgeBy: decision.deadlines.acknowledgeBy,
                resolveBy: decision.deadlines.resolveBy))
        return response(page, request, status: .created)
    }

    private func frame(_ request: Request, _ city: ServedCity) -> Frame {
        Frame(
            city: city.city, now: clock(), path: request.uri.string, viewer: OperatorDoor.viewer(in: city.city))
    }

    private func response(_ page: some Page, _ request: Request, status: HTTPResponse.Status) -> Response {
        var response = Response.html(page.render(language: request.language), status: status)
        response.rememberLanguage(of: request, isSecure: publicURL.hasPrefix("https:"))
        return response
    }
}
