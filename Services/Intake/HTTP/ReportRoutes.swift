internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Runtime
internal import Storage

/// `POST /v1/reports`, `GET /v1/reports/{id or tracking code}` and the lists: the JSON door.
struct ReportRoutes: Sendable {
    let cities: ServedCities
    let admission: ReportAdmission
    let reports: ReportAccess
    let authenticator: Authenticator
    let limits: CitizenLimits
    let clock: @Sendable () -> Timestamp

    func add(to router: Router<WebContext>) {
        router.post("/v1/reports") { request, context in try await self.post(request, context) }
        router.get("/v1/reports/:report") { request, context in
            try await self.get(request, try context.parameters.require("report"))
        }
        router.get("/v1/categories") { request, _ in try await self.list(request) { $0.categories } }
        router.get("/v1/agencies") { request, _ in try await self.list(request) { $0.agencies } }
        router.get("/v1/areas") { request, _ in
            let wantsShapes = request.headers[.accept]?.contains("application/geo+json") ?? false
            return try await self.list(request) { wantsShapes ? $0.shapes : $0.areas }
        }
    }

    // MARK: Sending

    private func post(_ request: Request, _ context: WebContext) async throws -> Response {
        let city = try await cities.city(of: request)
        let channel = try await channel(of: request, in: city.city.code)
        let key = try IdempotencyKey(header: request.headers[.idempotencyKey])
        if channel == .web, case .header(let text) = key, UUID(text: text) == nil {
            throw ProblemDetails.badRequest(
                "Without an integrator's key, Idempotency-Key is a UUID made for this report.")
        }
        let body = try await request.collectJSON()
        let now = clock()
        let draft: ReportDraft
        do { draft = try ReportDraft.read(body) } catch {
            AdmissionRefusals.count(.unreadable)
            throw ProblemDetails.badRequest("The body is not readable JSON (byte \(error.offset)).")
        }
        let judged = AdmissionRules.validate(draft, city: city.city, places: city.places, now: now)
        if channel == .web { try limits.check(context.client(of: request), isUrgent: judged.isUrgent) }
        if case .failure = judged,
            let earlier = try await admission.earlier(draft, key: key, channel: channel, city: city.loaded)
        {
            return receipt(earlier, city.city)
        }
        let report = try judged.get(in: request.language)
        let admitted = try await admission.admit(
            report, key: key, channel: channel, trace: request.trace, city: city.loaded, now: now)
        return receipt(admitted, city.city)
    }

    /// The integrator's channel, or the citizens' own for who comes without a key (a signed-in officer is one of them).
    private func channel(of request: Request, in jurisdiction: JurisdictionCode) async throws -> ChannelCode {
        guard case .bearer = try request.credential() else { return .web }
        let principal = try await authenticator.principal(of: request, in: jurisdiction)
        let channel = try principal.requireChannel()
        try limits.check(principal)
        return channel
    }

    private func receipt(_ admitted: AdmittedReceipt, _ city: City) -> Response {
        let receipt = admitted.receipt
        let key = admitted.reporterKey.text
        var writer = JSONWriter(capacity: 512)
        writer.object {
            $0.member("id", receipt.id)
            $0.member("tracking_code", receipt.trackingCode)
            $0.member("reporter_key", key)
            $0.member("status", ReportStatus.received.rawValue)
            $0.member("jurisdiction", city.code)
            $0.key("area")
            if let area = admitted.area { area.write(to: &$0) } else { $0.null() }
            $0.member("received_at", receipt.receivedAt, offsetSeconds: city.utcOffset)
            $0.key("links")
            $0.object {
                $0.member("self", "/v1/reports/\(receipt.id.text)")
                $0.member("track", "/lacak/\(receipt.trackingCode)")
                $0.member("manage", "/k/\(key)")
            }
        }
        var headers: HTTPFields = [.location: "/v1/reports/\(receipt.id.text)", .cacheControl: "no-store"]
        if admitted.isReplay { headers[.idempotencyReplayed] = "true" }
        return .json(writer.bytes, status: admitted.isReplay ? .ok : .created, headers: headers)
    }

    // MARK: Looking up

    private func get(_ request: Request, _ name: String) async throws -> Response {
        let city = try await cities.city(of: request)
        let view = try await reports.view(of: name, for: request, in: city)
        // Who asks decides what is shown, so no cache may share it.
        let headers: HTTPFields = [
            .eTag: view.entityTag, .cacheControl: "no-cache, private", .vary: "Authorization, Cookie",
        ]
        if request.matches(entityTag: view.entityTag) { return Response(status: .notModified, headers: headers) }
        return .json(view.json, headers: headers)
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
    /// Whether the report is urgent; a faulty one is not.
    fileprivate var isUrgent: Bool { (try? get().isUrgent) ?? false }

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
