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

    /// `GET …/reports[?status=a,b]`: open work by what is due first, or the reports in the statuses named.
    func list(_ request: Request, _ context: WebContext) async throws -> Response {
        try await door.admit(request, context)
        let city = try city()
        let statuses = try Self.statuses(request.query["status"])
        let works = try await desk.work(of: door.agency, in: door.jurisdiction, statuses: statuses)
        return Response.json(WorkJSON(city).list(works))
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
        return Response.json(WorkJSON(city).entry(found.work, history: history), headers: headers)
    }

    private func city() throws(ProblemDetails) -> LoadedCity {
        guard let city = cities.city(door.jurisdiction) else { throw .cityNotLoaded }
        return city
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
