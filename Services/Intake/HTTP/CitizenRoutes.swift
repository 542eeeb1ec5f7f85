internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// The citizens' pages: report, follow, and the private link. They work without JavaScript.
struct CitizenRoutes: Sendable {
    let cities: ServedCities
    let admission: ReportAdmission
    let reports: ReportAccess
    let runner: ReporterRunner
    let limits: CitizenLimits
    let formTime: FormTime
    let photos: Photos
    let nearby: NearbyReports
    let announcements: CityAnnouncements
    let sameOrigin: SameOrigin
    /// What links are built from, never the Host header.
    let publicURL: String
    /// What browsers subscribe to news with; nil where none is sent.
    let pushKey: String?
    let clock: @Sendable () -> Timestamp

    func add(to router: Router<WebContext>) {
        router.get("/") { request, _ in
            let city = try await self.cities.city(of: request)
            let known = await self.announcements.shown(in: city.city)
            return self.page(CitizenHome(frame: self.frame(request, city), announcements: known), request)
        }
        router.get("/lapor") { request, _ in
            let city = try await self.cities.city(of: request)
            let values = ReportForm.Values(category: request.query["kategori"], subtype: request.query["jenis"])
            return await self.form(request, city, values)
        }
        router.post("/lapor") { request, context in try await self.send(request, context) }
        router.get("/lapor/terkirim/:code") { request, context in
            try await self.sent(request, try context.parameters.require("code"))
        }
        router.get("/lacak") { request, _ in try await self.trackingBox(request) }
        router.get("/lacak/:code") { request, context in
            try await self.tracking(request, try context.parameters.require("code"))
        }
        for command in Command.reporter {
            router.post("/lacak/:code/\(command.rawValue)") { request, context in
                try await self.act(command, request, context)
            }
        }
        router.get("/lacak/:code/hapus") { request, context in try await self.confirmErasure(request, context) }
        router.post("/lacak/:code/erase") { request, context in try await self.erase(request, context) }
        router.get("/k/:key") { request, context in
            try await self.open(request, try context.parameters.require("key"))
        }
        router.get("/assets/**") { request, _ in try assetResponse(request) }
        router.get("/sw.js") { request, _ in workerResponse(request) }
        router.get("/manifest.webmanifest") { request, _ in
            manifestResponse(request, city: try await self.cities.city(of: request).city)
        }
    }

    // MARK: Reporting

    /// - Parameters:
    ///   - key: of the form that comes back, with the stamp that it carried.
    private func form(
        _ request: Request, _ city: ServedCity, _ values: ReportForm.Values, faults: [Fault] = [], key: UUID? = nil,
        stamp: String? = nil
    ) async -> Response {
        let key = key ?? newKey()
        let page = ReportForm(
            frame: frame(request, city), values: values, faults: faults, idempotencyKey: key.text,
            stamp: stamp ?? formTime.stamp(for: key, at: clock()),
            announcements: await announcements.shown(in: city.city))
        var response = self.page(page, request, status: faults.isEmpty ? .ok : .unprocessableContent)
        DeviceCookie.ensure(of: request, on: &response, isSecure: isSecure)
        return response
    }

    private func newKey() -> UUID {
        var generator = SystemRandomNumberGenerator()
        return UUID.version7(at: clock(), random: (generator.next(), generator.next()))
    }

    private func send(_ request: Request, _ context: WebContext) async throws -> Response {
        try sameOrigin.refuseOtherSites(request)
        let city = try await cities.city(of: request)
        let client = context.client(of: request)
        return try await photos.withForm(of: request, from: client) { form in
            try await self.send(form, of: request, from: Sender(address: client, device: request.device), city)
        }
    }

    private func send(
        _ posted: PostedForm, of request: Request, from sender: Sender, _ city: ServedCity
    ) async throws -> Response {
        let fields = posted.fields
        let values = ReportForm.Values(
            Dictionary(fields.fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
        let key = fields["idempotency_key"].flatMap { UUID(text: $0) }
        let stamp = fields[ReportCheck.stampField]
        let now = clock()
        var draft = FormReport.draft(values, in: city.city)
        draft.photoHashes = posted.photoHashes
        let judged = AdmissionRules.validate(draft, city: city.city, places: city.places, now: now)
        let report: AdmittedReport
        switch judged {
        case .success(let admitted): report = admitted
        case .failure(let faults):
            AdmissionRefusals.count(.invalid)
            return await form(request, city, values, faults: faults.list, key: key, stamp: stamp)
        }
        if fields[ReportCheck.changeField] != nil {
            return await form(request, city, values, key: key, stamp: stamp)
        }
        if let step = secondStep(before: report, posted, key: key ?? newKey(), request, from: sender, city) {
            return step
        }
        // A form that brings photos would have to bring them again after a step between.
        if posted.photos.isEmpty,
            let step = await similarStep(before: report, fields: fields, key: key?.text, request, city, at: now)
        {
            return step
        }
        let uploader = Uploader.form(UUID())
        let uploads: Uploads?
        do {
            let ids = try await photos.take(posted.photos, by: uploader, in: city.city.code)
            uploads = Uploads(ids, by: uploader, isPublic: true)
        } catch let faults as Faults {
            AdmissionRefusals.count(.invalid)
            return await form(request, city, values, faults: faults.list, key: key, stamp: stamp)
        }
        let admitted = try await admission.admit(
            report, bringing: uploads, key: try IdempotencyKey(header: key?.text), from: .web, trace: request.trace,
            city: city.loaded, now: now)
        return sent(admitted, report, request, city)
    }

    // MARK: Following

    private func trackingBox(_ request: Request) async throws -> Response {
        let city = try await cities.city(of: request)
        guard let typed = request.query["kode"], !typed.isEmpty else {
            return page(TrackingBox(frame: frame(request, city)), request)
        }
        guard let code = TrackingCode(parsing: typed, defaultPrefix: city.city.trackingPrefix) else {
            return page(
                TrackingBox(frame: frame(request, city), typed: typed, problem: .malformed), request,
                status: .unprocessableContent)
        }
        return .seeOther("/lacak/\(code.text)")
    }

    private func tracking(_ request: Request, _ name: String) async throws -> Response {
        let city = try await cities.city(of: request)
        guard let code = TrackingCode(parsing: name, defaultPrefix: city.city.trackingPrefix) else {
            return page(
                TrackingBox(frame: frame(request, city), typed: name, problem: .malformed), request, status: .notFound)
        }
        if code.text != name { return .seeOther("/lacak/\(code.text)") }
        let view: PublicView
        do {
            view = try await reports.view(of: name, for: request, in: city)
        } catch let problem as ProblemDetails where problem.status == .notFound {
            return page(
                TrackingBox(frame: frame(request, city), typed: name, problem: .unknown), request, status: .notFound)
        }
        let done = request.query["hasil"].flatMap(Command.init(rawValue:)).flatMap {
            Command.reporter.contains($0) || $0 == .erase ? OwnReport.Notice.done($0) : nil
        }
        return tracking(view, request, city, notice: done)
    }

    private func tracking(
        _ view: PublicView, _ request: Request, _ city: ServedCity, notice: OwnReport.Notice? = nil,
        typed: String = "", status: HTTPResponse.Status = .ok
    ) -> Response {
        var own: OwnReport?
        if reports.isReporter(of: view.tracked, request) {
            own = OwnReport(
                permitted: view.tracked.state?.reporterCommands(at: clock(), in: city.city) ?? [],
                idempotencyKey: UUID().text, notice: notice, typed: typed, question: view.openQuestion,
                privacy: view.ownPrivacy,
                link: privateLink(ReporterKey(report: view.tracked.report.id, secret: reports.reporterSecret)))
        }
        let page = Tracking(
            frame: frame(request, city), subject: view.subject, own: own,
            isFollowed: request.query["hasil"] == Command.follow.rawValue, followKey: UUID().text,
            isHidden: own != nil && view.tracked.moderation.isHidden,
            isFlaggable: own == nil && view.tracked.isPublic(in: city.city),
            news: view.extent == .limited ? nil : pushKey)
        return self.page(page, request, status: status)
    }

    /// A form of the tracking page: back to it where it was done, else the page again with what is wrong.
    private func act(_ command: Command, _ request: Request, _ context: WebContext) async throws -> Response {
        try sameOrigin.check(request)
        let city = try await cities.city(of: request)
        let client = context.client(of: request)
        try limits.checkAct(from: client)
        let view = try await reports.view(of: try context.parameters.require("code"), for: request, in: city)
        guard reports.isReporter(of: view.tracked, request) else { throw ReportAccess.unknown }
        return try await photos.withForm(of: request, from: client) { posted in
            try await self.act(OwnForm(command, posted), on: view, request, city)
        }
    }

    private func act(
        _ form: OwnForm, on view: PublicView, _ request: Request, _ city: ServedCity
    ) async throws -> Response {
        let command = form.command
        let notice: OwnReport.Notice
        switch try await form.read(at: clock(), in: city.city, taking: photos, of: view.tracked.report.id) {
        case .failure(let faults):
            notice = .refused(command, faults.list.first?.message(request.language) ?? "")
        case .success(let read):
            let result = try await runner.run(
                read, on: view.tracked.report.id, by: .reporter, key: form.key, in: city.loaded)
            switch result {
            case .done, .repeated:
                return .seeOther("/lacak/\(view.tracked.report.trackingCode)?hasil=\(command.rawValue)")
            case .refused(.wrongStatus), .refused(.notRouted), .keyReused: notice = .changed
            case .refused(let refusal):
                notice = .refused(
                    command, refusal.message(request.language, offsetSeconds: city.city.utcOffset))
            case .unknownReport: throw ReportAccess.unknown
            }
        }
        return tracking(view, request, city, notice: notice, typed: form.note ?? "", status: .unprocessableContent)
    }

    /// The private link: keeps the key in a cookie that scripts cannot read, and goes on to the tracking page, or, from
    /// a phone that has just sent the report, to the page that says so.
    private func open(_ request: Request, _ text: String) async throws -> Response {
        let city = try await cities.city(of: request)
        guard let key = ReporterKey(text: text),
            let code = try await reports.report(openedBy: key, in: city.city.code)?.trackingCode
        else { throw ReportAccess.unknown }
        let isJustSent = request.query["terkirim"] != nil
        var response = Response.seeOther(isJustSent ? "/lapor/terkirim/\(code)" : "/lacak/\(code)")
        remember(key, on: &response, request)
        return response
    }

    /// A year; Lax, since the link is opened from messages.
    func remember(_ key: ReporterKey, on response: inout Response, _ request: Request) {
        response.setCookie(
            ReporterKey.cookie, request.reporterKeys.cookieValue(adding: key), seconds: 365 * 86_400,
            isSecure: isSecure, sameSite: "Lax")
    }

    // MARK: Pages

    func frame(_ request: Request, _ city: ServedCity?) -> Frame {
        Frame(city: city?.city, now: clock(), path: request.uri.string, publicURL: publicURL)
    }

    func page(_ page: some Page, _ request: Request, status: HTTPResponse.Status = .ok) -> Response {
        var response = Response.html(page.render(language: request.language), status: status)
        response.rememberLanguage(of: request, isSecure: isSecure)
        return response
    }

    /// Whether the front door speaks TLS, so that cookies may not travel without it.
    var isSecure: Bool { publicURL.hasPrefix("https:") }

    /// A problem as a page, for who came with a browser.
    func problemPage(_ problem: ProblemDetails, _ request: Request) -> Response {
        let city = cities.known(for: request)
        if problem.status == .unauthorized, OperatorDoor.isOperators(request.uri.path) {
            let page = SignIn(
                frame: Frame(city: city, now: clock(), path: request.uri.string),
                returnPath: LocalPath(request.method == .get ? request.uri.string : request.uri.path))
            return .html(page.render(language: request.language), status: problem.status)
        }
        let page = ErrorPage(
            frame: Frame(city: city, now: clock(), path: request.uri.path), status: problem.status.code,
            detail: nil)
        return .html(page.render(language: request.language), status: problem.status)
    }
}

extension PublicView {
    /// The report as the tracking page shows it.
    var subject: Tracking.Subject {
        let report = tracked.report
        if extent == .limited {
            return .limited(
                .init(
                    trackingCode: report.trackingCode, status: status, agency: tracked.state?.agency,
                    receivedAt: report.receivedAt, deadlines: tracked.state?.deadlines))
        }
        return .whole(view)
    }

    /// The report with its history, for pages.
    var view: ReportView {
        let report = tracked.report
        var history = [HistoryEntry(at: report.receivedAt, type: "received")]
        history += self.history.map {
            HistoryEntry(
                at: $0.at, type: $0.type, agency: $0.agency, note: $0.note, reason: $0.reason,
                original: $0.originalCode, referTo: $0.referTo, until: $0.until, author: $0.author, rating: $0.rating,
                command: $0.command,
                photos: $0.photos.filter { !report.photos.contains($0) }.map(report.photoPath),
                hasPhotos: !$0.photos.isEmpty)
        }
        return ReportView(
            id: report.id.text, trackingCode: report.trackingCode, status: status, category: category,
            subtype: subtype, description: description ?? "", area: area, location: report.location,
            locationSource: report.locationSource.rawValue, address: address, rt: report.rt, rw: report.rw,
            landmark: landmark, receivedAt: report.receivedAt, agency: tracked.state?.agency,
            why: tracked.work?.why, deadlines: tracked.state?.deadlines, nextDueAt: tracked.state?.nextDue?.at,
            history: history, photos: report.photos.map(report.photoPath), visibility: visibility.rawValue,
            version: tracked.state?.version ?? 0, isErased: isErased, answers: extent == .own ? report.answers : nil)
    }
}
