internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// `/v1/moderation…`: the operator's commands and lists for programs.
struct ModerationRoutes: Sendable {
    let cities: ServedCities
    let door: OperatorDoor
    let desk: ModerationDesk
    let moderator: Moderator

    func add(to router: Router<WebContext>) {
        router.get("/v1/moderation") { request, _ in try await self.list(request) }
        router.get("/v1/moderation/log") { request, _ in try await self.log(request) }
        for command in ModerationCommand.allCases {
            router.post("/v1/moderation/:report/\(command.rawValue)") { request, context in
                try await self.perform(command, request, context)
            }
        }
    }

    /// `POST /v1/moderation/{id}/{command}`, `{"reason", "actor"?}`: 200 and how the report stands. A repeat changes
    /// nothing and is answered the same.
    private func perform(
        _ command: ModerationCommand, _ request: Request, _ context: WebContext
    ) async throws -> Response {
        let city = try await cities.city(of: request)
        let principal = try await door.admit(request, to: city.city)
        let body = try await request.collectJSON()
        guard let id = UUID(text: try context.parameters.require("report")) else { throw ReportAccess.unknown }
        let read: ModerationRequest
        switch ModerationRequest.read(command, body: body) {
        case .success(let request): read = request
        case .failure(let faults): throw ProblemDetails(faults, request.language)
        case nil: throw ProblemDetails.badRequest("The body is not readable JSON.")
        }
        let state = try await moderator.perform(read, on: id, by: principal, in: city.loaded)
        var writer = JSONWriter()
        writer.object {
            $0.member("id", id)
            state.write(to: &$0, offset: city.city.utcOffset)
        }
        return .json(writer.bytes)
    }

    /// `?list=flagged|hidden`; flagged without it.
    private func list(_ request: Request) async throws -> Response {
        let city = try await cities.city(of: request).city
        _ = try await door.admit(request, to: city)
        guard let list = ModerationDesk.List(rawValue: request.query.nonEmpty("list") ?? "flagged") else {
            throw ProblemDetails.badRequest("\"list\" is flagged or hidden.")
        }
        let found = try await desk.reports(list, in: city.code)
        var writer = JSONWriter(capacity: 1024 * found.count)
        writer.array { writer in
            for entry in found {
                writer.object { writer in
                    let report = entry.tracked.report
                    writer.member("id", report.id)
                    writer.member("tracking_code", report.trackingCode)
                    writer.member("description", report.description)
                    writer.member("received_at", report.receivedAt, offsetSeconds: city.utcOffset)
                    entry.tracked.moderation.write(to: &writer, offset: city.utcOffset)
                    writer.key("reasons")
                    writer.object {
                        for reason in FlagReason.allCases { $0.member(reason.rawValue, entry.reasons[reason] ?? 0) }
                    }
                }
            }
        }
        return .json(writer.bytes)
    }

    /// `?before=ID`, the latest line first.
    private func log(_ request: Request) async throws -> Response {
        let city = try await cities.city(of: request).city
        _ = try await door.admit(request, to: city)
        let before = request.query.nonEmpty("before").map { UUID(text: $0) }
        if case .some(nil) = before { throw ProblemDetails.badRequest("\"before\" is a line's id.") }
        let lines = try await desk.lines(in: city.code, before: before ?? nil)
        var writer = JSONWriter(capacity: 256 * lines.count)
        writer.array { writer in
            for line in lines {
                writer.object {
                    $0.member("id", line.id)
                    $0.member("report_id", line.report)
                    $0.member("tracking_code", line.trackingCode)
                    $0.member("at", line.at, offsetSeconds: city.utcOffset)
                    $0.member("key", line.keyID)
                    $0.member("actor", line.actor)
                    $0.member("action", line.action.rawValue)
                    $0.member("reason", line.reason)
                }
            }
        }
        return .json(writer.bytes)
    }
}

extension ModerationState {
    fileprivate func write(to writer: inout JSONWriter, offset: Int) {
        writer.member("hidden", isHidden)
        writer.member("redacted", isRedacted)
        writer.member("open_flags", openFlags)
        writer.member("hidden_at", hiddenAt, offsetSeconds: offset)
        writer.member("redacted_at", redactedAt, offsetSeconds: offset)
    }
}
