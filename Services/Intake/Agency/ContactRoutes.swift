internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// `POST /v1/agencies/{code}/reports/{id}/contact`, and the same as a form of the desk: the agency's own address, which
/// the front door leads to intake.
struct ContactRoutes: Sendable {
    let cities: ServedCities
    let authenticator: Authenticator
    let limits: CitizenLimits
    let runner: ContactRunner
    let isSecure: Bool

    func add(to router: Router<WebContext>) {
        router.post("/v1/agencies/:code/reports/:id/contact") { request, context in
            try await self.answer(request, context)
        }
        router.post("/desk/:code/laporan/:id/contact") { request, context in try await self.submit(request, context) }
    }

    // MARK: For programs

    private func answer(_ request: Request, _ context: WebContext) async throws -> Response {
        let (city, agency, report) = try await admit(request, context)
        let expected = try EntityTag.version(request)
        let body = try await request.collectCommand()
        let key = try CommandKey(request, body: body)
        var read = try CommandRequest(.contact, body: body, in: city.city, request.language)
        read.expectedVersion = expected
        let disclosure = try await runner.disclose(
            report, to: agency, read, key: key ?? .ofThisAttempt(), in: city.loaded)
        var response = try Response(
            disclosure.result, request.language, offset: city.city.utcOffset, unknown: Self.unknown)
        response.headers[.cacheControl] = "no-store"
        guard let person = disclosure.person, let answer = disclosure.result.answer else { return response }
        // Of another length than the answer that is kept.
        var headers = response.headers
        headers[.contentLength] = nil
        return .json(Self.json(answer, person), headers: headers)
    }

    /// The command's answer, and whom to call.
    private static func json(_ answer: String, _ person: Person) -> [UInt8] {
        guard case .object(var members)? = (try? JSONReader.read(Array(answer.utf8)))?.value else { return [] }
        var contact: [String: JSONValue] = [:]
        contact["name"] = person.name.map(JSONValue.string)
        contact["phone"] = person.phone.map(JSONValue.string)
        members["contact"] = .object(contact)
        var writer = JSONWriter()
        writer.value(.object(members))
        return writer.bytes
    }

    // MARK: For people

    private func submit(_ request: Request, _ context: WebContext) async throws -> Response {
        let (city, agency, report) = try await admit(request, context)
        let fields = try await request.collectForm()
        let reason = (fields["reason"] ?? "").replacing("\r\n", with: "\n")
        var writer = JSONWriter()
        writer.value(.object(reason.isEmpty ? [:] : ["reason": .string(reason)]))
        func page(_ state: DeskContact.State, _ status: HTTPResponse.Status) -> Response {
            let viewer = Viewer(
                name: city.city.agency(agency)?.short ?? agency.rawValue, home: "/desk/\(agency.rawValue)")
            let frame = Frame(
                city: city.city, now: .now, path: "/desk/\(agency)/laporan/\(report.text)", viewer: viewer)
            let page = DeskContact(
                frame: frame, agency: agency, report: report.text, state: state, idempotencyKey: UUID().text)
            var response = Response.html(page.render(language: request.language), status: status)
            response.headers[.cacheControl] = "no-store"
            response.rememberLanguage(of: request, isSecure: isSecure)
            return response
        }
        let read: CommandRequest
        switch CommandRequest.read(.contact, body: writer.bytes, at: .now, city: city.city) {
        case .success(let request): read = request
        case .failure(let faults):
            return page(.faulty(faults.list, typed: reason), .unprocessableContent)
        case nil: throw ProblemDetails.badRequest("The form could not be read.")
        }
        let key = fields["idempotency_key"].flatMap { IdempotencyKeyHeader(text: $0) }.map {
            CommandKey(
                text: $0.text,
                requestHash: CommandHash.of(method: "POST", path: request.uri.path, body: writer.bytes))
        }
        let disclosure = try await runner.disclose(
            report, to: agency, read, key: key ?? .ofThisAttempt(), in: city.loaded)
        switch disclosure.result {
        case .done, .repeated:
            guard let person = disclosure.person else { throw ProblemDetails.internalError }
            return page(.disclosed(person, reason: reason, version: disclosure.result.version), .ok)
        case .refused(let refusal):
            let problem = ProblemDetails(refusal, request.language, offset: city.city.utcOffset)
            let text = refusal.message(request.language, offsetSeconds: city.city.utcOffset)
            return page(.refused(text), problem.status)
        case .keyReused: return page(.faulty([], typed: reason), .conflict)
        case .unknownReport: throw Self.unknown
        }
    }

    /// Lets the agency itself in, and nobody else.
    private func admit(
        _ request: Request, _ context: WebContext
    ) async throws -> (ServedCity, AgencyCode, UUID) {
        let city = try await cities.city(of: request)
        guard let agency = context.parameters.get("code").map({ AgencyCode(rawValue: $0) }),
            city.city.agency(agency) != nil
        else { throw ProblemDetails.notFound("There is no such agency.") }
        let principal = try await authenticator.principal(of: request, in: city.city.code)
        try principal.require(agency: agency)
        try limits.check(principal)
        guard let report = context.parameters.get("id").flatMap({ UUID(text: $0) }) else { throw Self.unknown }
        return (city, agency, report)
    }

    private static let unknown = ProblemDetails.notFound("This agency has no such report.")
}

extension CommandResult {
    fileprivate var answer: String? {
        switch self {
        case .done(let answer, _, _, _), .repeated(let answer): answer
        default: nil
        }
    }

    /// The version that the report has since.
    fileprivate var version: Int? {
        guard let answer, case .int(let version)? = (try? JSONReader.read(Array(answer.utf8)))?.value["version"] else {
            return nil
        }
        return Int(version)
    }
}
