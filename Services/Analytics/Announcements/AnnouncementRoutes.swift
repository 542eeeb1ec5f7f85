internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// What the city knows: `/pengumuman` for its operator, `/v1/announcements` for programs, of which anyone may read.
struct AnnouncementRoutes: Sendable {
    let doors: AnalyticsDoors
    let store: AnnouncementStore
    let sameOrigin: SameOrigin

    func add(to router: Router<WebContext>) {
        router.get("/pengumuman") { request, _ in try await self.desk(request) }
        router.post("/pengumuman") { request, _ in try await self.submit(request) }
        router.post("/pengumuman/:id/akhiri") { request, context in
            try await self.end(request, try context.parameters.require("id"))
        }
        router.get("/v1/announcements") { request, _ in try await self.list(request) }
        router.post("/v1/announcements") { request, _ in try await self.make(request) }
        router.post("/v1/announcements/:id/end") { request, context in
            let city = try self.doors.city(of: request)
            let principal = try await self.doors.requireOperator(request, in: city)
            let id = UUID(text: try context.parameters.require("id"))
            guard let id, try await self.store.end(id, in: city.code, by: principal.keyID, at: self.doors.clock())
            else { throw ProblemDetails.notFound("There is no announcement with this id that could end.") }
            return Response(status: .noContent)
        }
    }

    // MARK: Programs

    private func list(_ request: Request) async throws -> Response {
        let city = try doors.city(of: request)
        let shown = try await store.shown(in: city.code, at: doors.clock())
        var writer = JSONWriter(capacity: 512 * (shown.count + 1))
        writer.object {
            $0.key("announcements")
            $0.array { writer in for announcement in shown { Self.write(announcement, in: city, to: &writer) } }
        }
        return .json(writer.bytes, headers: [.cacheControl: "public, max-age=10"])
    }

    private func make(_ request: Request) async throws -> Response {
        let city = try doors.city(of: request)
        let principal = try await doors.requireOperator(request, in: city)
        let body = try await request.collectJSON()
        let key = try IdempotencyKeyHeader(request)
        guard let id = key == nil ? newID() : key.flatMap({ UUID(text: $0.text) }) else {
            throw ProblemDetails.badRequest("Here an Idempotency-Key is a UUID, which becomes the announcement's id.")
        }
        let now = doors.clock()
        guard let judged = Announcement.read(body, id: id, at: now, in: city) else {
            throw ProblemDetails.badRequest("The body is not readable JSON.")
        }
        let announcement: Announcement
        switch judged {
        case .success(let read): announcement = read
        case .failure(let faults): throw ProblemDetails(faults, request.language)
        }
        let outcome = try await store.make(announcement, in: city.code, by: principal.keyID, at: now)
        switch outcome {
        case .full:
            throw ProblemDetails.conflict("\(Announcement.mostAtOnce) announcements are shown or planned already.")
        case .keyReused:
            throw ProblemDetails.unprocessable([], detail: "This key was used for another announcement.")
        case .done, .repeated: break
        }
        var writer = JSONWriter(capacity: 512)
        Self.write(announcement, in: city, to: &writer)
        return .json(
            writer.bytes, status: outcome == .done ? .created : .ok,
            headers: outcome == .done ? [:] : [.idempotencyReplayed: "true"])
    }

    private static func write(_ announcement: Announcement, in city: City, to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", announcement.id)
            $0.member("category", announcement.category)
            $0.key("areas")
            $0.array { for area in announcement.areas { $0.value(area) } }
            $0.member("from", announcement.from, offsetSeconds: city.utcOffset)
            $0.member("until", announcement.until, offsetSeconds: city.utcOffset)
            $0.key("text")
            $0.object {
                $0.member("id", announcement.indonesian)
                $0.member("en", announcement.english)
            }
        }
    }

    private func newID() -> UUID {
        var generator = SystemRandomNumberGenerator()
        return .version7(at: doors.clock(), random: (generator.next(), generator.next()))
    }

    // MARK: The operator's page

    private func desk(_ request: Request) async throws -> Response {
        let city = try doors.city(of: request)
        do { _ = try await doors.requireOperator(request, in: city) } catch let problem as ProblemDetails
            where problem.status == .unauthorized && request.prefersHTML
        {
            return doors.signIn(problem, request, city)
        }
        let notices: [String: AnnouncementDesk.Notice] = ["dibuat": .made, "diakhiri": .ended, "lewat": .gone]
        return try await page(request, city, notice: request.query["hasil"].flatMap { notices[$0] })
    }

    private func submit(_ request: Request) async throws -> Response {
        try sameOrigin.check(request)
        let city = try doors.city(of: request)
        let principal = try await doors.requireOperator(request, in: city)
        let form = AnnouncementForm(try await request.collectForm())
        let now = doors.clock()
        let body = form.json(offsetSeconds: city.utcOffset)
        let judged = Announcement.read(body, id: form.key ?? newID(), at: now, in: city)
        guard case .success(let announcement)? = judged else {
            guard case .failure(let faults)? = judged else {
                throw ProblemDetails.badRequest("The form could not be read.")
            }
            return try await page(
                request, city, notice: .faulty(faults.list), form: form, status: .unprocessableContent)
        }
        switch try await store.make(announcement, in: city.code, by: principal.keyID, at: now) {
        case .done, .repeated: return .seeOther("/pengumuman?hasil=dibuat")
        case .full: return try await page(request, city, notice: .full, form: form, status: .conflict)
        // The page was left open and sent again with other words: it is another announcement.
        case .keyReused: return try await page(request, city, form: form, status: .conflict)
        }
    }

    private func end(_ request: Request, _ name: String) async throws -> Response {
        try sameOrigin.check(request)
        let city = try doors.city(of: request)
        let principal = try await doors.requireOperator(request, in: city)
        guard let id = UUID(text: name) else { throw ProblemDetails.notFound() }
        let isEnded = try await store.end(id, in: city.code, by: principal.keyID, at: doors.clock())
        return .seeOther("/pengumuman?hasil=\(isEnded ? "diakhiri" : "lewat")")
    }

    private func page(
        _ request: Request, _ city: City, notice: AnnouncementDesk.Notice? = nil, form: AnnouncementForm? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let entries = try await store.all(in: city.code).map { found in
            AnnouncementDesk.Entry(
                announcement: found.announcement, madeAt: found.madeAt, madeBy: found.madeBy, endedBy: found.endedBy)
        }
        let page = AnnouncementDesk(
            frame: doors.frame(request, city, isOperator: true), entries: entries, notice: notice,
            typed: form?.typed ?? [:], areas: Set(form?.areas ?? []), key: newID().text)
        return doors.page(page, request, status: status, headers: [.cacheControl: "no-store"])
    }
}
