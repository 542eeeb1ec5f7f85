internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Runtime
internal import Storage

/// `POST /v1/reports`, `GET /v1/reports/{id or tracking code}` and the lists: the JSON door.
struct ReportRoutes: Sendable {
    let cities: ServedCities
    let filing: ReportFiling
    let reports: ReportAccess
    let authenticator: Authenticator
    let limits: CitizenLimits

    func add(to router: Router<WebContext>) {
        router.post("/v1/reports") { request, context in try await self.post(request, context) }
        router.get("/v1/reports/:report") { request, context in
            try await self.get(request, try context.parameters.require("report"))
        }
        router.get("/v1/categories") { request, _ in try await self.list(request) { $0.categories } }
        router.get("/v1/agencies") { request, _ in try await self.list(request) { $0.agencies } }
        router.get("/v1/consents") { request, _ in try await self.list(request) { $0.consents } }
        router.get("/v1/areas") { request, _ in
            let wantsShapes = request.headers[.accept]?.contains("application/geo+json") ?? false
            return try await self.list(request) { wantsShapes ? $0.shapes : $0.areas }
        }
    }

    // MARK: Sending

    private func post(_ request: Request, _ context: WebContext) async throws -> Response {
        let city = try await cities.city(of: request)
        let source = try await source(of: request, in: city.city.code)
        let key = try IdempotencyKey(header: request.headers[.idempotencyKey])
        if source.channel == .web, case .header(let text) = key, UUID(text: text) == nil {
            throw ProblemDetails.badRequest(
                "Without an integrator's key, Idempotency-Key is a UUID made for this report.")
        }
        let body = try await request.collectJSON()
        let admitted = try await filing.file(
            body, key: key, from: source, trace: request.trace, city: city, language: request.language
        ) { isUrgent in
            if source.channel == .web { try limits.check(request.sender(context), isUrgent: isUrgent) }
        }
        return receipt(admitted, city.city)
    }

    /// The integrator's channel, or the citizens' own for who comes without a key (a signed-in officer is one of them).
    private func source(of request: Request, in jurisdiction: JurisdictionCode) async throws -> ReportSource {
        guard case .bearer = try request.credential() else { return .web }
        let principal = try await authenticator.principal(of: request, in: jurisdiction)
        let source = try ReportSource(principal)
        try limits.check(principal)
        return source
    }

    private func receipt(_ admitted: AdmittedReceipt, _ city: City) -> Response {
        var headers: HTTPFields = [.location: "/v1/reports/\(admitted.receipt.id.text)", .cacheControl: "no-store"]
        if admitted.isReplay { headers[.idempotencyReplayed] = "true" }
        return .json(admitted.json(in: city), status: admitted.isReplay ? .ok : .created, headers: headers)
    }

    // MARK: Looking up

    private func get(_ request: Request, _ name: String) async throws -> Response {
        let city = try await cities.city(of: request)
        let reader = try await reports.reader(of: request, in: city.city.code)
        if let reader, let report = try await testReport(name, for: reader, in: city) { return report }
        let view = try await reports.view(of: name, by: reader, for: request, in: city)
        // Who asks decides what is shown, so no cache may share it.
        let headers: HTTPFields = [
            .eTag: view.entityTag, .cacheControl: "no-cache, private", .vary: "Authorization, Cookie",
        ]
        if request.matches(entityTag: view.entityTag) { return Response(status: .notModified, headers: headers) }
        return .json(view.json, headers: headers)
    }

    /// What a test key sent, to the channel that sent it; nil for everything and everybody else.
    private func testReport(_ name: String, for reader: Principal, in city: ServedCity) async throws -> Response? {
        guard reader.isTest, let channel = try? reader.requireChannel(for: .read) else { return nil }
        let jurisdiction = city.city.code
        let code = TrackingCode(parsing: name, defaultPrefix: city.city.trackingPrefix)
        let report =
            if let id = UUID(text: name) {
                try await filing.admission.tests.report(id, from: channel, in: jurisdiction)
            } else if let code {
                try await filing.admission.tests.report(trackingCode: code.text, from: channel, in: jurisdiction)
            } else {
                nil as TestReport?
            }
        return report.map { .json($0.json(in: city.city), headers: [.cacheControl: "no-store"]) }
    }

    private func list(
        _ request: Request, _ choose: @Sendable (CityLists) -> CityLists.List
    ) async throws -> Response {
        let list = choose(try await cities.city(of: request).lists)
        let headers: HTTPFields = [.eTag: list.entityTag, .cacheControl: "public, max-age=60", .vary: "Accept"]
        if request.matches(entityTag: list.entityTag) { return Response(status: .notModified, headers: headers) }
        return .json(list.bytes, headers: headers, contentType: list.contentType)
    }
}

extension Result where Success == AdmittedReport, Failure == Faults {
    /// The report, or every fault of it as a 422.
    func get(in language: Language) throws(ProblemDetails) -> AdmittedReport {
        switch self {
        case .success(let report): return report
        case .failure(let faults):
            AdmissionRefusals.count(.invalid)
            throw .unprocessable(faults, in: language)
        }
    }
}

extension ProblemDetails {
    /// 422 with a pointer, a code and a sentence for each fault.
    static func unprocessable(_ faults: Faults, in language: Language) -> ProblemDetails {
        .unprocessable(
            faults.list.map { .init(pointer: $0.pointer, code: $0.code.rawValue, message: $0.message(language)) },
            detail: "The report was read but not accepted; nothing was stored.")
    }
}
