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
    let sameOrigin: SameOrigin
    /// What links are built from, never the Host header.
    let publicURL: String
    let clock: @Sendable () -> Timestamp

    func add(to router: Router<WebContext>) {
        router.get("/") { request, _ in
            let city = try await self.cities.city(of: request)
            return self.page(CitizenHome(frame: self.frame(request, city)), request)
        }
        router.get("/lapor") { request, _ in
            let city = try await self.cities.city(of: request)
            let values = ReportForm.Values(category: request.query["kategori"], subtype: request.query["jenis"])
            return self.form(request, city, values)
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

    private func form(
        _ request: Request, _ city: ServedCity, _ values: ReportForm.Values, faults: [Fault] = [], key: String? = nil
    ) -> Response {
        var generator = SystemRandomNumberGenerator()
        let fresh = UUID.version7(at: clock(), random: (generator.next(), generator.next())).text
        let page = ReportForm(
            frame: frame(request, city), values: values, faults: faults, idempotencyKey: key ?? fresh)
        return self.page(page, request, status: faults.isEmpty ? .ok : .unprocessableContent)
    }

    private func send(_ request: Request, _ context: WebContext) async throws -> Response {
        try sameOrigin.refuseOtherSites(request)
        let city = try await cities.city(of: request)
        let fields = try await request.collectForm()
        let values = ReportForm.Values(
            Dictionary(fields.fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
        let key = fields["idempotency_key"].flatMap { UUID(text: $0) }?.text
        let now = clock()
        let judged = AdmissionRules.validate(
            FormReport.draft(values), city: city.city, places: city.places, now: now)
        let report: AdmittedReport
        switch judged {
        case .success(let admitted): report = admitted
        case .failure(let faults):
            AdmissionRefusals.count(.invalid)
            return form(request, city, values, faults: faults.list, key: key)
        }
        try limits.check(context.client(of: request), isUrgent: report.isUrgent)
        let admitted = try await admission.admit(
            report, key: try IdempotencyKey(header: key), channel: .web, trace: request.trace,
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
            Command.reporter.contains($0) ? OwnReport.Notice.done($0) : nil
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
                idempotencyKey: UUID().text, notice: notice, typed: typed)
        }
        return page(Tracking(frame: frame(request, city), subject: view.subject, own: own), request, status: status)
    }

    /// A form of the tracking page: back to it where it was done, else the page again with what is wrong.
    private func act(_ command: Command, _ request: Request, _ context: WebContext) async throws -> Response {
        try sameOrigin.check(request)
        let city = try await cities.city(of: request)
        try limits.check(context.client(of: request), isUrgent: false)
        let view = try await reports.view(of: try context.parameters.require("code"), for: request, in: city)
        guard reports.isReporter(of: view.tracked, request) else { throw ReportAccess.unknown }
        let form = OwnForm(command, try await request.collectForm())
        let notice: OwnReport.Notice
        switch form.read(at: clock(), in: city.city) {
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
            let code = try await reports.report(openedBy: key, in: city.city.code)
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
            isSecure: publicURL.hasPrefix("https:"), sameSite: "Lax")
    }

    // MARK: Pages

    func frame(_ request: Request, _ city: ServedCity?) -> Frame {
        Frame(city: city?.city, now: clock(), path: request.uri.string)
    }

    func page(_ page: some Page, _ request: Request, status: HTTPResponse.Status = .ok) -> Response {
        var response = Response.html(page.render(language: request.language), status: status)
        response.rememberLanguage(of: request, isSecure: publicURL.hasPrefix("https:"))
        return response
    }

    /// A problem as a page, for who came with a browser.
    func problemPage(_ problem: ProblemDetails, _ request: Request) -> Response {
        let city = cities.known(for: request)
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
                original: $0.originalCode, referTo: $0.referTo, until: $0.until, author: $0.author, rating: $0.rating)
        }
        return ReportView(
            id: report.id.text, trackingCode: report.trackingCode, status: status, category: category,
            subtype: subtype, description: description, area: area, location: report.location,
            locationSource: report.locationSource.rawValue, address: address, rt: report.rt, rw: report.rw,
            landmark: landmark, receivedAt: report.receivedAt, agency: tracked.state?.agency,
            why: tracked.work?.why, deadlines: tracked.state?.deadlines, nextDueAt: tracked.state?.nextDue?.at,
            history: history, visibility: visibility.rawValue, version: tracked.state?.version ?? 0)
    }
}
