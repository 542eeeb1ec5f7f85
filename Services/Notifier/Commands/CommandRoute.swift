internal import Crypto
internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Runtime
internal import Storage

/// `POST /v1/agencies/{code}/reports/{id}/{command}`
struct CommandRoute: Sendable {
    let door: AgencyDoor
    let runner: CommandRunner
    let cities: CityRegistry

    func answer(_ request: Request, _ context: WebContext) async throws -> Response {
        try await door.admit(request, context)
        guard let loaded = cities.city(door.jurisdiction) else { throw ProblemDetails.cityNotLoaded }
        let command = try context.command()
        let id = try context.reportID()
        let expected = try EntityTag.version(request)
        let body = try await request.collectCommand()
        let language = Language(request)
        let key = try CommandKey(request, body: body)
        var read: CommandRequest
        do throws(ProblemDetails) {
            read = try CommandRequest(command, body: body, in: loaded.city, language)
        } catch {
            // What was in order when it was carried out may not be any more, such as a time that was yet to come: who
            // sends it again gets the answer of then.
            guard let key, let earlier = try await runner.earlier(key, on: id) else { throw error }
            return try Response(earlier, language, offset: loaded.city.utcOffset, unknown: .unknownReport)
        }
        read.expectedVersion = expected
        let result = try await runner.run(read, on: id, key: key ?? .ofThisAttempt(), in: loaded)
        return try Response(result, language, offset: loaded.city.utcOffset, unknown: .unknownReport)
    }
}

extension WebContext {
    /// The `{command}` of the path. Throws 404 for anything that an agency cannot do.
    func command() throws(ProblemDetails) -> Command {
        guard let command = parameters.get("command").flatMap(Command.init(rawValue:)),
            Command.agency.contains(command), command != .contact
        else {
            // Whom to call only intake can tell: the front door leads that one there.
            let known = Command.agency.filter { $0 != .contact }.map(\.rawValue).joined(separator: ", ")
            throw .notFound("There is no such command. Commands: \(known).")
        }
        return command
    }
}

extension Language {
    init(_ request: Request) { self = Language(rawValue: PreferredLanguage(request).rawValue) ?? .indonesian }
}
