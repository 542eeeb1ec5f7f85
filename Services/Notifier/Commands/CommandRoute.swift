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
        let body = try await Self.body(request)
        let language = Language(request)
        let key = try IdempotencyKeyHeader(request).map { key in
            CommandKey(
                text: key.text,
                requestHash: CommandHash.of(method: request.method.rawValue, path: request.uri.path, body: body))
        }
        var read: CommandRequest
        do throws(ProblemDetails) { read = try Self.read(command, body, in: loaded.city, language) } catch {
            // What was in order when it was carried out may not be any more, such as a time that was yet to come: who
            // sends it again gets the answer of then.
            guard let key, let earlier = try await runner.earlier(key, on: id) else { throw error }
            return try Response(earlier, language, offset: loaded.city.utcOffset, unknown: .unknownReport)
        }
        read.expectedVersion = expected
        let result = try await runner.run(read, on: id, key: key ?? .ofThisAttempt(), in: loaded)
        return try Response(result, language, offset: loaded.city.utcOffset, unknown: .unknownReport)
    }

    /// The body's bytes. Throws 415 for a body of another kind than JSON; none at all is as good as `{}`.
    private static func body(_ request: Request) async throws -> [UInt8] {
        let bytes = Array(try await request.collect().readableBytesView)
        guard bytes.isEmpty || request.mediaType.map({ $0 == "application/json" || $0.hasSuffix("+json") }) == true
        else { throw ProblemDetails.unsupportedMediaType(expected: "application/json") }
        return bytes
    }

    private static func read(
        _ command: Command, _ body: [UInt8], in city: City, _ language: Language
    ) throws(ProblemDetails) -> CommandRequest {
        switch CommandRequest.read(command, body: body, at: .now, city: city) {
        case .success(let request): return request
        case .failure(let faults): throw ProblemDetails(faults, language)
        case nil: throw .badRequest("The body is not readable JSON.")
        }
    }
}

extension WebContext {
    /// The `{command}` of the path. Throws 404 for anything that an agency cannot do.
    func command() throws(ProblemDetails) -> Command {
        guard let command = parameters.get("command").flatMap(Command.init(rawValue:)),
            Command.agency.contains(command)
        else {
            let known = Command.agency.map(\.rawValue).joined(separator: ", ")
            throw .notFound("There is no such command. Commands: \(known).")
        }
        return command
    }
}

extension Language {
    init(_ request: Request) { self = Language(rawValue: PreferredLanguage(request).rawValue) ?? .indonesian }
}
