internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Runtime
internal import Storage

/// An agency's current work, for its programs: the list, and one report with its history.
struct WorkRoutes: Sendable {
    let door: AgencyDoor
    let desk: DeskStore
    let cities: CityRegistry

    /// `GET …/reports[?status=a,b][&limit=1..1000][&after=…]`: open work by what is due first; of the statuses named
    /// the open ones likewise, then the finished ones, the latest first. `Link` leads to the next page.
    func list(_ request: Request, _ context: WebContext) async throws -> Response {
        try await door.admit(request, context)
        let city = try city()
        let query = request.query
        let statuses = try Self.statuses(query["status"])
        let limit = try query.pageLimit(in: 1...DeskStore.listLimit, standard: DeskStore.listLimit)
        let position = try Self.position(query["after"])
        let page = try await desk.page(
            of: door.agency, in: door.jurisdiction, statuses: statuses, after: position, limit: limit)
        var headers: HTTPFields = [:]
        if let next = page.next {
            let named = statuses.map { "status=" + $0.map(\.rawValue).joined(separator: ",") + "&" } ?? ""
            headers[.link] = "<\(request.uri.path)?\(named)after=\(next.text)&limit=\(limit)>; rel=\"next\""
        }
        return Response.json(WorkJSON(city).list(page.works, at: .now), headers: headers)
    }

    /// `GET …/reports/{id}`, with its history; the entity tag is the version.
    func one(_ request: Request, _ context: WebContext) async throws -> Response {
        try await door.admit(request, context)
        let city = try city()
        let id = try context.reportID()
        guard let found = try await desk.report(id, of: door.agency, in: door.jurisdiction) else {
            throw ProblemDetails.unknownReport
        }
        let tag = "\"\(found.work.state.version)\""
        let headers: HTTPFields = [.eTag: tag, .cacheControl: "private, no-cache"]
        if request.matches(entityTag: tag) { return Response(status: .notModified, headers: headers) }
        let history = found.history.asRead(by: door.agency)
        return Response.json(WorkJSON(city).entry(found.work, history: history, at: .now), headers: headers)
    }

    private func city() throws(ProblemDetails) -> LoadedCity {
        guard let city = cities.city(door.jurisdiction) else { throw .cityNotLoaded }
        return city
    }

    /// Throws 400 for anything but what a `Link` gave.
    static func position(_ text: String?) throws(ProblemDetails) -> WorkPosition? {
        guard let text, !text.isEmpty else { return nil }
        guard let position = WorkPosition(text: text) else {
            throw .badRequest("\"after\" is taken from the Link of the page before.")
        }
        return position
    }

    /// Throws 400 for a status that there is none of.
    static func statuses(_ text: String?) throws(ProblemDetails) -> [ReportStatus]? {
        guard let text, !text.isEmpty else { return nil }
        var statuses: [ReportStatus] = []
        for name in text.split(separator: ",") {
            guard let status = ReportStatus(rawValue: String(name)) else {
                let known = ReportStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badRequest("There is no status \"\(name.prefix(40))\". Statuses: \(known).")
            }
            statuses.append(status)
        }
        return statuses
    }
}

extension WebContext {
    /// The `{id}` of the path. Throws 404 for what cannot be one.
    func reportID() throws(ProblemDetails) -> UUID {
        guard let id = parameters.get("id").flatMap({ UUID(text: $0) }) else { throw .unknownReport }
        return id
    }
}

extension ProblemDetails {
    static let unknownReport = ProblemDetails.notFound("This agency has no such report.")
    static let cityNotLoaded = ProblemDetails.unavailable("The city is not loaded yet.")
}
