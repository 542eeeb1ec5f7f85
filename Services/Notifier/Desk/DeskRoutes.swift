internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage
internal import Streams

/// The agency's desk: its work, one report, and the commands as plain forms.
struct DeskRoutes: Sendable {
    /// Open reports on one page; a link leads to those that are due after them.
    static let shownLimit = 50
    /// Of what was finished today, so many of the latest: what an officer looks back at. A page costs what it shows.
    static let doneLimit = 12
    /// Rows of the list for paper: some ten sheets.
    static let printedLimit = 200

    let door: AgencyDoor
    let desk: DeskStore
    let stream: StreamReader
    let cities: CityRegistry
    let runner: CommandRunner
    let photos: Photos
    let pages: StaffPages

    /// `GET /desk/{code}[?cari&kategori&area&status&lewat][&setelah=…]`
    func overview(_ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try await door.admit(request, context)
        let loaded = try city()
        let start = try Self.start(request.query["setelah"])
        // The position is read before the reports, so that what happens in between is shown twice rather than never.
        let cursor = try await stream.extent()?.latest
        let query = DeskSearchQuery(request.query, in: loaded.city, at: .now)
        guard query.choice.isEverything else {
            let page = try await searched(query, after: start, cursor, request, viewer: principal)
            return pages.response(page, request)
        }
        let midnight = Timestamp.now.midnight(offset: loaded.city.utcOffset)
        let work = try await desk.overview(
            of: door.agency, in: door.jurisdiction, after: start, limit: Self.shownLimit, doneSince: midnight,
            doneLimit: Self.doneLimit)
        let views = WorkViews(loaded)
        let page = Desk(
            frame: pages.frame(request, viewer: principal), agency: door.agency,
            open: work.open.map { views.view($0) },
            done: work.done.map { Desk.Done(report: views.view($0), at: $0.changedAt) }, cursor: cursor?.text,
            openInAll: work.openInAll, isCountCut: work.openInAll >= DeskStore.countLimit, isLater: start != nil,
            next: work.next?.text, isDoneCut: work.isDoneCut)
        return pages.response(page, request)
    }

    private func searched(
        _ query: DeskSearchQuery, after start: WorkPosition?, _ cursor: Cursor?, _ request: Request, viewer: Principal
    ) async throws -> Desk {
        let found = try await desk.search(
            query.filter, of: door.agency, in: door.jurisdiction, after: start, limit: Self.shownLimit)
        let views = WorkViews(try city())
        return Desk(
            frame: pages.frame(request, viewer: viewer), agency: door.agency,
            open: found.works.map { views.view($0) }, cursor: cursor?.text, isLater: start != nil,
            next: found.next?.text, choice: query.choice,
            searchedThrough: found.isCut ? DeskStore.searchWindow : nil)
    }

    /// `GET /desk/{code}/cetak[?cari&kategori&area&status&lewat]`
    func printed(_ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try await door.admit(request, context)
        let loaded = try city()
        let query = DeskSearchQuery(request.query, in: loaded.city, at: .now)
        let found = try await desk.search(
            query.filter, of: door.agency, in: door.jurisdiction, limit: Self.printedLimit)
        let views = WorkViews(loaded)
        let page = DeskPrint(
            frame: pages.frame(request, viewer: principal), agency: door.agency,
            open: found.works.map { views.view($0) }, choice: query.choice, isCut: found.next != nil)
        return pages.response(page, request)
    }

    /// Throws 400 for anything but what the page before gave.
    private static func start(_ text: String?) throws(ProblemDetails) -> WorkPosition? {
        guard let text, !text.isEmpty else { return nil }
        guard let position = WorkPosition(text: text), position.part == .open else {
            throw .badRequest("\"setelah\" is taken from the link on the page before.")
        }
        return position
    }

    /// `GET /desk/{code}/laporan/{id}`
    func report(_ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try await door.admit(request, context)
        let done = request.query["hasil"].flatMap(Command.init(rawValue:))
        return try await page(
            of: try context.reportID(), request, viewer: principal, notice: done.map { .done($0) })
    }

    /// `POST /desk/{code}/laporan/{id}/{command}`: 303 back to the report; with a fault, the page and what was typed.
    func command(_ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try await door.admit(request, context)
        let (command, id) = (try context.command(), try context.reportID())
        return try await photos.withForm(of: request, from: context.client(of: request)) { posted in
            try await self.carryOut(CommandForm(command, posted), on: id, request, principal)
        }
    }

    private func carryOut(
        _ form: CommandForm, on id: UUID, _ request: Request, _ principal: Principal
    ) async throws -> Response {
        let loaded = try city()
        let command = form.command
        let (status, notice): (HTTPResponse.Status, DeskReport.Notice)
        switch try await read(form, loaded.city) {
        case .failure(let faults):
            (status, notice) = (.unprocessableContent, .faulty(faults.list))
        case .success(var read):
            read.expectedVersion = form.version
            let key = form.commandKey(path: request.uri.path, offset: loaded.city.utcOffset)
            let result = try await runner.run(read, on: id, key: key ?? .ofThisAttempt(), in: loaded)
            guard let refused = try refusal(result, Language(request), loaded.city) else {
                return back(after: result, command, id)
            }
            (status, notice) = refused
        }
        return try await page(of: id, request, viewer: principal, notice: notice, typed: form.typed, status: status)
    }

    /// The command with its photos taken, or what is wrong with it.
    private func read(_ form: CommandForm, _ city: City) async throws -> Result<CommandRequest, Faults> {
        do {
            let media = try await photos.take(form.photos, by: .agency(door.agency), in: door.jurisdiction)
            let body = form.json(offset: city.utcOffset, media: media.map(\.text))
            guard let read = CommandRequest.read(form.command, body: body, at: .now, city: city) else {
                throw ProblemDetails.badRequest("The form could not be read.")
            }
            return read
        } catch let faults as Faults {
            return .failure(faults)
        }
    }

    /// Nil where the command was carried out, now or before.
    private func refusal(
        _ result: CommandResult, _ language: Language, _ city: City
    ) throws(ProblemDetails) -> (HTTPResponse.Status, DeskReport.Notice)? {
        switch result {
        case .done, .repeated: return nil
        case .refused(.staleVersion): return (.preconditionFailed, .stale)
        case .refused(let refusal):
            let problem = ProblemDetails(refusal, language, offset: city.utcOffset)
            return (problem.status, .refused(refusal.message(language, offsetSeconds: city.utcOffset)))
        case .keyReused: return (.conflict, .stale)
        case .unknownReport: throw .unknownReport
        }
    }

    /// Back to the report, or, where it is another agency's now, to the desk.
    private func back(after result: CommandResult, _ command: Command, _ id: UUID) -> Response {
        let desk = "/desk/\(door.agency)"
        return .seeOther(command == .transfer ? desk : "\(desk)/laporan/\(id.text)?hasil=\(command.rawValue)")
    }

    private func page(
        of id: UUID, _ request: Request, viewer: Principal, notice: DeskReport.Notice?,
        typed: DeskReport.Typed? = nil, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let loaded = try city()
        guard let found = try await desk.report(id, of: door.agency, in: door.jurisdiction) else {
            throw ProblemDetails.unknownReport
        }
        let history = found.history.asRead(by: door.agency)
        let page = DeskReport(
            frame: pages.frame(request, viewer: viewer), agency: door.agency,
            report: WorkViews(loaded).view(found.work, history: history),
            permitted: found.work.commands(at: .now, in: loaded.city), channel: found.work.report.channel.rawValue,
            notice: notice, idempotencyKey: UUID().text, typed: typed)
        return pages.response(page, request, status: status)
    }

    private func city() throws(ProblemDetails) -> LoadedCity {
        guard let city = cities.city(door.jurisdiction) else { throw .cityNotLoaded }
        return city
    }
}

extension Timestamp {
    /// The midnight with which the day began in a city so many seconds from UTC.
    func midnight(offset: Int) -> Timestamp {
        let day: Int64 = 86_400_000_000
        let local = adding(seconds: offset).microseconds
        let intoDay = local % day
        return adding(microseconds: -(intoDay >= 0 ? intoDay : intoDay + day))
    }
}
