internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Runtime
internal import Storage

/// Open311 GeoReport v2 with mySociety's updates: another standard's words for the same reports, which come in by the
/// one admission and change by the one status machine.
struct Open311Routes: Sendable {
    let endpoint: Open311Endpoint
    let cities: ServedCities
    let requests: any Open311Requests
    let authenticator: Authenticator
    let limits: CitizenLimits
    let admission: ReportAdmission
    let photos: Open311Photos
    /// What links are built from, never the Host header.
    let publicURL: String
    let clock: @Sendable () -> Timestamp

    /// When what this door answers last changed its shape.
    private static let changeset = "2026-11-28T00:00:00+08:00"

    func add(to router: Router<WebContext>) {
        let base = endpoint.base
        for format in Open311Format.allCases {
            let end = format.rawValue
            router.get("\(base)/discovery.\(end)") { request, _ in try await self.discovery(request, format) }
            router.get("\(base)/services.\(end)") { request, _ in
                let asked = try await self.ask(request)
                return format.response(
                    Open311Services(city: asked.city, language: asked.language).list, root: "services")
            }
            router.get("\(base)/services/{code}.\(end)") { request, context in
                try await self.service(request, try context.parameters.require("code"), format)
            }
            router.get("\(base)/requests.\(end)") { request, _ in try await self.list(request, format) }
            router.get("\(base)/requests/{id}.\(end)") { request, context in
                try await self.one(request, try context.parameters.require("id"), format)
            }
            router.post("\(base)/requests.\(end)") { request, context in
                try await self.post(request, context) { try await self.create($0, $1, request, format) }
            }
            router.get("\(base)/tokens/{token}.\(end)") { request, context in
                try await self.token(request, try context.parameters.require("token"), format)
            }
            router.get("\(base)/servicerequestupdates.\(end)") { request, _ in try await self.updates(request, format) }
            router.post("\(base)/servicerequestupdates.\(end)") { request, context in
                try await self.post(request, context) { try await self.comment($0, $1, request, format) }
            }
        }
    }

    // MARK: Asking

    /// Who asks which city, in which language.
    struct Asked: Sendable {
        var served: ServedCity
        var language: Language
        /// Who has shown a key that is good here.
        var source: ReportSource?

        var channel: ChannelCode? { source?.channel }
        var city: City { served.city }
        var code: JurisdictionCode { served.city.code }

        var reader: Open311Reader {
            Open311Reader(channel: channel, sensitive: city.categories.filter(\.sensitive).map(\.code))
        }
    }

    /// - Throws: `ProblemDetails` 403 for a key that is shown and no good, 404 for another city, 429.
    private func ask(_ request: Request) async throws -> Asked {
        var errors = Open311Errors()
        let asked = try await ask(request, nil, needsKey: false, errors: &errors)
        try errors.check()
        return asked
    }

    private func ask(
        _ request: Request, _ form: FormFields?, needsKey: Bool, errors: inout Open311Errors
    ) async throws -> Asked {
        let served = try await cities.city(of: request)
        let (query, city) = (request.query, served.city)
        var asked = Asked(served: served, language: request.language)
        let header = request.bearer.flatMap { Token($0) == nil ? nil : String($0) }
        let shown = form?.nonEmpty("api_key") ?? query.nonEmpty("api_key") ?? header
        if let shown {
            let token = Token(shown)
            let principal =
                if let token { try await authenticator.principal(holding: token, in: city.code) } else {
                    nil as Principal?
                }
            asked.source = principal.flatMap { source($0, for: needsKey ? .report : .read) }
            if let principal, asked.source != nil { try limits.check(principal) }
            if asked.source == nil { errors.add(403, "api_key: nobody holds this key, or it opens nothing here.") }
        } else if needsKey {
            errors.add(403, "api_key: it is missing.")
        }
        let named = form?.nonEmpty("jurisdiction_id") ?? query.nonEmpty("jurisdiction_id")
        if let named, named != city.code.rawValue, !city.hosts.contains(named) {
            errors.add(404, "jurisdiction_id: \"\(named.prefix(100))\" is not served here.")
        }
        return asked
    }

    /// An integrator whose key opens this: keys to try the doors with open the endpoint for tests, and no other key does.
    private func source(_ principal: Principal, for scope: KeyScope) -> ReportSource? {
        guard principal.isTest == (endpoint == .test), let channel = try? principal.requireChannel(for: scope) else {
            return nil
        }
        return ReportSource(channel: channel, basis: principal.legalBasis, isTest: principal.isTest)
    }

    private func view(for asked: Asked) -> Open311View {
        Open311View(city: asked.city, language: asked.language, publicURL: publicURL, channel: asked.channel)
    }

    // MARK: What there is

    private func discovery(_ request: Request, _ format: Open311Format) async throws -> Response {
        let city = try await ask(request).city
        let operatorName = city.triageAgency?.name.id ?? city.name.id
        let endpoints = Open311Endpoint.allCases.map { endpoint in
            Open311Tree.object([
                ("specification", .text("http://wiki.open311.org/GeoReport_v2")),
                ("url", .text(publicURL + endpoint.base)),
                ("changeset", .text(Self.changeset)),
                ("type", .text(endpoint.rawValue)),
                ("formats", .list(of: "format", Open311Format.allCases.map { .text($0.mediaType) })),
            ])
        }
        let tree = Open311Tree.object([
            ("changeset", .text(Self.changeset)),
            ("contact", .text("\(operatorName), \(city.name.id): \(publicURL)/")),
            ("key_service", .text("\(operatorName) gives keys out: \(publicURL)/")),
            ("endpoints", .list(of: "endpoint", endpoints)),
        ])
        return format.response(tree, root: "discovery")
    }

    private func service(_ request: Request, _ code: String, _ format: Open311Format) async throws -> Response {
        let asked = try await ask(request)
        guard let category = asked.city.category(CategoryCode(rawValue: code)) else {
            throw Open311Errors.refusal(404, "service_code: there is no service \"\(code.prefix(100))\".")
        }
        let services = Open311Services(city: asked.city, language: asked.language)
        return format.response(services.definition(of: category), root: "service_definition")
    }

    // MARK: Requests

    private func list(_ request: Request, _ format: Open311Format) async throws -> Response {
        var errors = Open311Errors()
        let asked = try await ask(request, nil, needsKey: false, errors: &errors)
        let query = Open311Query(request.query, of: .requests, in: asked.city, now: clock(), errors: &errors)
        try errors.check()
        let found =
            query.codes.isEmpty
            ? try await requests.requests(
                query.filter, for: asked.reader, in: asked.code, limit: query.limit, offset: query.offset)
            : try await named(query.codes, asked)
        let view = view(for: asked)
        return format.response(
            .list(of: "request", found.map { view.tree(of: $0, extended: query.isExtended) }),
            root: "service_requests")
    }

    private func one(_ request: Request, _ id: String, _ format: Open311Format) async throws -> Response {
        let asked = try await ask(request)
        let query = request.query
        let isExtended = ["true", "1"].contains(query.nonEmpty("extensions")?.lowercased())
        let view = view(for: asked)
        let found = try await named([id], asked)
        return format.response(
            .list(of: "request", found.map { view.tree(of: $0, extended: isExtended) }), root: "service_requests")
    }

    /// Those of the named requests that there are for whoever asks, the latest first.
    ///
    /// - Throws: `ProblemDetails` 404 where there is none of them.
    private func named(_ names: [String], _ asked: Asked) async throws -> [Open311Request] {
        let codes = trackingCodes(names, asked)
        let found =
            codes.isEmpty ? [] : try await requests.requests(codes, for: asked.reader, in: asked.code)
        guard found.isEmpty else {
            return found.sorted { $0.tracked.report.receivedAt > $1.tracked.report.receivedAt }
        }
        var errors = Open311Errors()
        for name in names.prefix(20) {
            errors.add(404, "service_request_id: there is no request \"\(name.prefix(100))\".")
        }
        try errors.check()
        return []
    }

    /// What the names stand for; those that are no tracking codes are left out.
    private func trackingCodes(_ names: [String], _ asked: Asked) -> [String] {
        names.compactMap { TrackingCode(parsing: $0, defaultPrefix: asked.city.trackingPrefix)?.text }
    }

    private func token(_ request: Request, _ token: String, _ format: Open311Format) async throws -> Response {
        let asked = try await ask(request)
        guard let entry = try await entry(ofToken: token, asked) else {
            throw Open311Errors.refusal(404, "token: there is no request for \"\(token.prefix(100))\".")
        }
        return format.response(.list(of: "request", [entry]), root: "service_requests")
    }

    /// The token of a request is its report's id.
    private func entry(ofToken token: String, _ asked: Asked) async throws -> Open311Tree? {
        guard let id = UUID(text: token) else { return nil }
        let code = try await requests.trackingCode(of: id, for: asked.reader, in: asked.code)
        return code.map { .object([("service_request_id", .text($0)), ("token", .text(id.text))]) }
    }

    // MARK: Updates

    private func updates(_ request: Request, _ format: Open311Format) async throws -> Response {
        var errors = Open311Errors()
        let asked = try await ask(request, nil, needsKey: false, errors: &errors)
        let query = Open311Query(request.query, of: .updates, in: asked.city, now: clock(), errors: &errors)
        try errors.check()
        let found = try await requests.updates(
            query.filter.span, of: query.codes.isEmpty ? nil : trackingCodes(query.codes, asked), for: asked.reader,
            in: asked.code, limit: query.limit, offset: query.offset, as: view(for: asked))
        return format.response(.list(of: "request_update", found), root: "service_request_updates")
    }

    // MARK: Posting

    /// Reads what is posted; a body that cannot be read hides no missing key.
    private func post(
        _ request: Request, _ context: WebContext,
        _ use: @Sendable (PostedForm, ClientAddress) async throws -> Response
    ) async throws -> Response {
        let client = context.client(of: request)
        do {
            return try await photos.photos.withForm(of: request, from: client) { try await use($0, client) }
        } catch let problem as ProblemDetails
            where problem.errors.isEmpty && [.badRequest, .unsupportedMediaType].contains(problem.status)
        {
            var errors = Open311Errors()
            _ = try await ask(request, nil, needsKey: true, errors: &errors)
            errors.add(400, problem.detail ?? problem.title)
            try errors.check()
            throw problem
        }
    }

    private func create(
        _ posted: PostedForm, _ client: ClientAddress, _ request: Request, _ format: Open311Format
    ) async throws -> Response {
        var errors = Open311Errors()
        let asked = try await ask(request, posted.fields, needsKey: true, errors: &errors)
        let basis = asked.source?.basis ?? .consent
        let read = Open311Post(posted, in: asked.city, asked.language, basis: basis, errors: &errors)
        let now = clock()
        let judged = AdmissionRules.validate(
            read.draft, city: asked.city, places: asked.served.places, basis: basis, now: now)
        if case .failure(let faults) = judged { errors.add(faults) }
        let key = key(of: request, errors: &errors)
        do { try errors.check() } catch {
            AdmissionRefusals.count(.invalid)
            throw error
        }
        guard let source = asked.source, case .success(let report) = judged else {
            throw ProblemDetails.internalError
        }
        let loaded = asked.served.loaded
        // A retry fetches nothing again.
        if let earlier = try await admission.earlier(read.draft, key: key, from: source, city: loaded) {
            return receipt(
                earlier, Open311Notice(asked: asked, report: report, leavesPersonOut: read.leavesPersonOut), format)
        }
        let uploader = Uploader.form(UUID())
        let taken = try await photos.take(read.files, read.addresses, by: uploader, in: asked.code)
        let admitted = try await admission.admit(
            report, bringing: Uploads(taken.ids, by: uploader, isPublic: true), key: key, from: source,
            trace: request.trace, city: loaded, now: now)
        let notice = Open311Notice(
            asked: asked, report: report, leavesPersonOut: read.leavesPersonOut, missed: taken.missed)
        return receipt(admitted, notice, format)
    }

    private func key(of request: Request, errors: inout Open311Errors) -> IdempotencyKey {
        do { return try IdempotencyKey(header: request.headers[.idempotencyKey]) } catch {
            errors.add(400, error.detail ?? error.title)
            return .none
        }
    }

    private func receipt(
        _ admitted: AdmittedReceipt, _ notice: Open311Notice, _ format: Open311Format
    ) -> Response {
        let entry = Open311Tree.object([
            ("service_request_id", .text(admitted.receipt.trackingCode)),
            ("service_notice", .text(notice.text)),
            ("account_id", .text(nil)),
        ])
        return Self.response(
            .list(of: "request", [entry]), root: "service_requests", isReplay: admitted.isReplay, format)
    }

    private func comment(
        _ posted: PostedForm, _ client: ClientAddress, _ request: Request, _ format: Open311Format
    ) async throws -> Response {
        var errors = Open311Errors()
        let asked = try await ask(request, posted.fields, needsKey: true, errors: &errors)
        let read = Open311Comment(posted, key: header(of: request, errors: &errors), in: asked.city, errors: &errors)
        var report: ReportRecord?
        if let name = read.requestID {
            let code = TrackingCode(parsing: name, defaultPrefix: asked.city.trackingPrefix)?.text
            let found =
                if let code { try await requests.requests([code], for: asked.reader, in: asked.code) } else {
                    [] as [Open311Request]
                }
            report = found.first?.tracked.report
            if report == nil { errors.add(404, "service_request_id: there is no request \"\(name.prefix(100))\".") }
        }
        if let report, asked.channel != nil, report.channel != asked.channel {
            errors.add(403, "api_key: this request was made with another key.")
        }
        try errors.check()
        guard let report else { throw ProblemDetails.internalError }
        let taken = try await photos.take(read.files, read.addresses, by: .report(report.id), in: asked.code)
        if read.note == nil, taken.ids.isEmpty {
            throw Open311Errors.refusal(400, "description: it is missing, and no photo could be had.")
        }
        let receipt = try await requests.comment(read, with: taken.ids, on: report, in: asked.served.loaded)
        let entry = Open311Tree.object([
            ("update_id", .text(Open311View.updateID(report.trackingCode, version: receipt.version))),
            ("service_request_id", .text(report.trackingCode)),
        ])
        return Self.response(
            .list(of: "request_update", [entry]), root: "service_request_updates", isReplay: receipt.isReplay, format)
    }

    private func header(of request: Request, errors: inout Open311Errors) -> IdempotencyKeyHeader? {
        do { return try IdempotencyKeyHeader(request) } catch {
            errors.add(400, error.detail ?? error.title)
            return nil
        }
    }

    /// 201, or 200 for what came before.
    private static func response(
        _ tree: Open311Tree, root: String, isReplay: Bool, _ format: Open311Format
    ) -> Response {
        format.response(
            tree, root: root, status: isReplay ? .ok : .created,
            headers: isReplay ? [.idempotencyReplayed: "true"] : [:])
    }
}

extension Open311Format {
    /// Without its parameters, as discovery names it.
    fileprivate var mediaType: String { String(contentType.prefix { $0 != ";" }) }
}
