internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Runtime
internal import Storage

/// `/v1/push`: browsers that want to be told of a report's news, by whoever may read the whole report.
struct PushRoutes: Sendable {
    let cities: ServedCities
    let reports: ReportAccess
    let store: PushStore
    let limits: CitizenLimits
    let sameOrigin: SameOrigin
    let addresses: AddressPolicy
    /// What browsers subscribe with; nil where nobody is told.
    let publicKey: String?

    func add(to router: Router<WebContext>) {
        router.get("/v1/push") { _, _ in try self.key() }
        router.post("/v1/push") { request, context in try await self.enrol(request, context) }
        router.delete("/v1/push") { request, context in try await self.end(request, context) }
    }

    private func requireKey() throws -> String {
        guard let publicKey else { throw ProblemDetails.notFound("This city sends no notifications.") }
        return publicKey
    }

    private func key() throws -> Response {
        let key = try requireKey()
        var writer = JSONWriter()
        writer.object { $0.member("public_key", key) }
        return .json(writer.bytes, headers: [.cacheControl: "public, max-age=3600"])
    }

    private func enrol(_ request: Request, _ context: WebContext) async throws -> Response {
        _ = try requireKey()
        try sameOrigin.refuseOtherSites(request)
        let city = try await cities.city(of: request)
        try limits.checkAct(from: context.client(of: request))
        let language = request.language
        let wish = try PushRequest.read(try await request.collectJSON(), policy: addresses).wanted(language)
        switch wish.subject {
        case .replacement(let old):
            let count = try await store.replace(old, by: wish.subscription, in: city.city.code)
            return Self.answer(.ok) { $0.member("reports", count) }
        case .report(let name):
            let view = try await reports.view(of: name, for: request, in: city)
            guard view.extent != .limited else { throw ReportAccess.unknown }
            let report = view.tracked.report
            let outcome = try await store.enrol(
                wish.subscription, for: report.id, isOwn: reports.isReporter(of: view.tracked, request),
                language: language, in: city.city.code)
            guard outcome != .full else {
                throw ProblemDetails.conflict("So many are told of this report that no further one can be.")
            }
            return Self.answer(outcome == .made ? .created : .ok) {
                $0.member("id", report.id)
                $0.member("tracking_code", report.trackingCode)
                $0.member("status", view.status.rawValue)
            }
        }
    }

    /// Ends it for who knows the endpoint, which is as good as a password; whether there was anything to end is not told.
    private func end(_ request: Request, _ context: WebContext) async throws -> Response {
        try sameOrigin.refuseOtherSites(request)
        let city = try await cities.city(of: request)
        try limits.checkAct(from: context.client(of: request))
        let wish = try PushEnd.read(try await request.collectJSON()).wanted(request.language)
        var report: UUID?
        if let name = wish.report {
            // Also of a report that this browser may not read any more.
            guard let id = try await reports.id(of: name, in: city) else { return Response(status: .noContent) }
            report = id
        }
        _ = try await store.end(wish.endpointHash, for: report, in: city.city.code)
        return Response(status: .noContent)
    }

    private static func answer(_ status: HTTPResponse.Status, _ members: (inout JSONWriter) -> Void) -> Response {
        var writer = JSONWriter()
        writer.object(members)
        return .json(writer.bytes, status: status, headers: [.cacheControl: "no-store"])
    }
}

extension Optional {
    /// What was read; 400 for what is no JSON, 422 with every fault of the rest.
    fileprivate func wanted<Wish>(_ language: Language) throws(ProblemDetails) -> Wish
    where Wrapped == Result<Wish, Faults> {
        switch self {
        case .success(let wish)?: return wish
        case .failure(let faults)?: throw ProblemDetails(faults, language)
        case nil: throw .badRequest("The body is not readable JSON.")
        }
    }
}
