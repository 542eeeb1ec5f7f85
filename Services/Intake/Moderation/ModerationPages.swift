internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// `/moderasi`: what readers flagged, what is hidden, and who did what; the commands as plain forms.
struct ModerationPages: Sendable {
    let cities: ServedCities
    let door: OperatorDoor
    let desk: ModerationDesk
    let reports: ReportStore
    let moderator: Moderator
    let isSecure: Bool
    let clock: @Sendable () -> Timestamp

    func add(to router: Router<WebContext>) {
        router.get("/moderasi") { request, _ in try await self.list(request) }
        router.get("/moderasi/catatan") { request, _ in try await self.log(request) }
        router.get("/moderasi/:code") { request, context in
            let city = try await self.admit(request)
            let code = try context.parameters.require("code")
            let done = request.query["hasil"].flatMap(ModerationCommand.init(rawValue:))
            return try await self.report(code, request, city, notice: done.map { .done($0) })
        }
        for command in ModerationCommand.allCases {
            router.post("/moderasi/:code/\(command.rawValue)") { request, context in
                try await self.perform(command, request, context)
            }
        }
    }

    private func admit(_ request: Request) async throws -> ServedCity {
        let city = try await cities.city(of: request)
        _ = try await door.admit(request, to: city.city)
        return city
    }

    private func list(_ request: Request) async throws -> Response {
        let city = try await admit(request)
        // The box for a code leads on.
        if let typed = request.query.nonEmpty("kode") {
            let code = TrackingCode(parsing: typed, defaultPrefix: city.city.trackingPrefix)
            guard let code else { throw ReportAccess.unknown }
            return .seeOther("/moderasi/\(code.text)")
        }
        let chosen: ModerationDesk.List = request.query["lihat"] == "tersembunyi" ? .hidden : .flagged
        let found = try await desk.reports(chosen, in: city.city.code)
        let page = ModerationList(
            frame: frame(request, city), showsHidden: chosen == .hidden,
            entries: found.map { $0.entry(in: city.city) }, isCut: found.count == ModerationDesk.listLimit)
        return response(page, request)
    }

    private func log(_ request: Request) async throws -> Response {
        let city = try await admit(request)
        let before = request.query.nonEmpty("sebelum").flatMap { UUID(text: $0) }
        let lines = try await desk.lines(in: city.city.code, before: before)
        let page = ModerationLog(
            frame: frame(request, city), lines: lines.map(\.entry),
            next: lines.count == ModerationDesk.listLimit ? lines.last?.id.text : nil)
        return response(page, request)
    }

    private func report(
        _ name: String, _ request: Request, _ city: ServedCity, notice: ModerationReport.Notice? = nil,
        typed: [String: String] = [:], status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let id = try await id(of: name, in: city.city)
        guard let found = try await desk.reports([id], in: city.city.code).first else { throw ReportAccess.unknown }
        let lines = try await desk.lines(in: city.city.code, of: id)
        let page = ModerationReport(
            frame: frame(request, city), entry: found.entry(in: city.city),
            permitted: found.tracked.moderation.permitted, lines: lines.map(\.entry), notice: notice, typed: typed)
        return response(page, request, status: status)
    }

    /// Back to the report where it was done, else the page again with what is wrong.
    private func perform(
        _ command: ModerationCommand, _ request: Request, _ context: WebContext
    ) async throws -> Response {
        let city = try await cities.city(of: request)
        let principal = try await door.admit(request, to: city.city)
        let code = try context.parameters.require("code")
        let id = try await id(of: code, in: city.city)
        let fields = try await request.collectForm()
        var members: [String: JSONValue] = [:]
        for name in ["reason", "actor"] {
            if let text = fields.nonEmpty(name) { members[name] = .string(text.replacing("\r\n", with: "\n")) }
        }
        var writer = JSONWriter()
        writer.value(.object(members))
        switch ModerationRequest.read(command, body: writer.bytes) {
        case .success(let read):
            _ = try await moderator.perform(read, on: id, by: principal, in: city.loaded)
            return .seeOther("/moderasi/\(code)?hasil=\(command.rawValue)")
        case .failure(let faults):
            let typed = ["reason": fields["reason"] ?? "", "actor": fields["actor"] ?? ""]
            return try await report(
                code, request, city, notice: .faulty(command, faults.list), typed: typed,
                status: .unprocessableContent)
        case nil: throw ProblemDetails.badRequest("The form could not be read.")
        }
    }

    private func id(of name: String, in city: City) async throws -> UUID {
        guard let code = TrackingCode(parsing: name, defaultPrefix: city.trackingPrefix),
            let found = try await reports.id(of: code.text, in: city.code)
        else { throw ReportAccess.unknown }
        return found
    }

    private func frame(_ request: Request, _ city: ServedCity) -> Frame {
        Frame(
            city: city.city, now: clock(), path: request.uri.string, viewer: OperatorDoor.viewer(in: city.city))
    }

    private func response(
        _ page: some Page, _ request: Request, status: HTTPResponse.Status = .ok
    ) -> Response {
        var response = Response.html(page.render(language: request.language), status: status)
        response.rememberLanguage(of: request, isSecure: isSecure)
        return response
    }
}

extension ModeratedReport {
    /// As the operator reads it: with all that was written, also what only agencies read.
    func entry(in city: City) -> ModerationEntry {
        let view = PublicView(tracked: tracked, city: city, extent: .own)
        var report = view.view
        report.history = [HistoryEntry(at: tracked.report.receivedAt, type: "received")]
        report.history += tracked.history.map {
            HistoryEntry(
                at: $0.at, type: $0.type, agency: $0.agency, note: $0.note, internalNote: $0.internalNote,
                reason: $0.reason, original: $0.originalCode, referTo: $0.referTo, until: $0.until,
                author: $0.author, rating: $0.rating)
        }
        return ModerationEntry(report: report, state: tracked.moderation, reasons: reasons)
    }
}

extension ModerationLine {
    var entry: ModerationLogEntry {
        ModerationLogEntry(
            at: at, trackingCode: trackingCode, action: action, keyID: keyID, actor: actor, reason: reason)
    }
}
