import Domain
import Pages
import QRCode

/// Every page with what a day may bring, an empty city, and texts that try to break out.
enum SamplePages {
    static let now = Timestamp(rfc3339: "2026-11-24T14:05:00+08:00")!
    static let key = "01936f0e-7b1a-7c3d-9e5f-0123456789ab"

    static func frame(_ path: String, viewer: Viewer? = nil, city: City? = SampleCity.kupang) -> Frame {
        Frame(city: city, now: now, path: path, viewer: viewer)
    }

    static let officer = Viewer(name: "DLHK", home: "/desk/dlhk")
    static let operatorViewer = Viewer(name: "Pengelola kota", home: "/dashboard")

    /// Named as the file that the preview writes.
    static var all: [(name: String, page: any Page)] {
        usual + PrivacySamples.pages + DeskSamples.pages + DashboardSamples.pages + OperatorSamples.pages
            + CitySamples.pages + hostile + CitySamples.hostile
    }

    private static var usual: [(name: String, page: any Page)] {
        let faulty = ReportForm.Values([
            "category": "sampah", "description": "x", "rt": "4", "landmark": "kios Mama Yuli", "area": "53.71.03.1010",
        ])
        let faults = [
            Fault(.noPlace, at: ""), Fault(.tooShort, at: "/description", 3), Fault(.unknownArea, at: "/area", "x"),
        ]
        return [
            ("home", CitizenHome(frame: frame("/"))),
            ("report", ReportForm(frame: frame("/lapor"), idempotencyKey: key)),
            (
                "report-chosen",
                ReportForm(
                    frame: frame("/lapor?kategori=fogging_dbd"), values: .init(category: "fogging_dbd"),
                    idempotencyKey: key)
            ),
            (
                "report-subtype",
                ReportForm(
                    frame: frame("/lapor?kategori=lampu_rambu"), values: .init(category: "lampu_rambu"),
                    idempotencyKey: key)
            ),
            (
                "report-urgent",
                ReportForm(
                    frame: frame("/lapor?kategori=kebakaran"), values: .init(category: "kebakaran"),
                    idempotencyKey: key)
            ),
            ("report-faults", ReportForm(frame: frame("/lapor"), values: faulty, faults: faults, idempotencyKey: key)),
            ("sent", sent()),
            (
                "sent-urgent",
                ReportSent(
                    frame: frame("/lapor"), trackingCode: "KPG-7H2K9M4QXPA",
                    privateLink: link,
                    category: "kebakaran", isPrivate: true, news: newsKey)
            ),
            ("track-box", TrackingBox(frame: frame("/lacak"))),
            ("track-malformed", TrackingBox(frame: frame("/lacak"), typed: "kpg-12", problem: .malformed)),
            ("track", Tracking(frame: frame("/lacak/KPG-7H2K9M4QXPA"), subject: .whole(report(.inProgress)))),
            ("track-waiting", own(.assigned, [.comment, .withdraw], .done(.comment))),
            ("track-resolved", own(.resolved, [.rate, .reopen, .comment])),
            ("track-refused", own(.resolved, [.rate, .reopen], .refused(.reopen, "Tulis apa yang belum beres."))),
            ("track-changed", own(.withdrawn, [], .changed)),
            ("track-rejected", Tracking(frame: frame("/lacak/X"), subject: .whole(report(.rejected)))),
            ("track-held", Tracking(frame: frame("/lacak/X"), subject: .whole(report(.onHold)))),
            ("track-duplicate", Tracking(frame: frame("/lacak/X"), subject: .whole(report(.duplicate)))),
            ("track-limited", limited()),
            (
                "public",
                PublicList(
                    frame: frame("/laporan"), reports: [report(.assigned), report(.resolved)], next: "/laporan?sejak=x",
                    feed: "/laporan.atom")
            ),
            (
                "public-near",
                PublicList(
                    frame: frame("/laporan"), reports: [],
                    choice: .init(
                        category: "sampah", progress: .done, box: BoundingBox(text: "123.5,-10.2,123.6,-10.1")),
                    feed: "/laporan.atom?status=selesai")
            ),
            ("sign-in", SignIn(frame: frame("/masuk"), returnPath: LocalPath("/desk/dlhk"))),
            ("sign-in-failed", SignIn(frame: frame("/masuk"), hasFailed: true)),
            ("error-404", ErrorPage(frame: frame("/apa"), status: 404)),
            ("error-403", ErrorPage(frame: frame("/desk/pupr", viewer: officer), status: 403)),
            ("error-503", ErrorPage(frame: frame("/lapor", city: nil), status: 503)),
        ]
    }

    static var own: OwnReport { OwnReport(permitted: [.comment, .withdraw], idempotencyKey: key) }

    /// The tracking page for who holds the report's key.
    private static func own(
        _ status: ReportStatus, _ permitted: [Command], _ notice: OwnReport.Notice? = nil, typed: String = ""
    ) -> Tracking {
        Tracking(
            frame: frame("/lacak/X"), subject: .whole(report(status)),
            own: OwnReport(permitted: permitted, idempotencyKey: key, notice: notice, typed: typed, link: link),
            news: newsKey)
    }

    static let newsKey = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
    static let link: PrivateLink = {
        let address = "https://sasando.kupangkota.go.id/k/6vq3m9x1t7r2k8w4p5n0c6h2d4"
        return PrivateLink(address: address, code: QRCode.modules(of: address))
    }()

    private static func sent() -> ReportSent {
        ReportSent(
            frame: frame("/lapor"), trackingCode: "KPG-7H2K9M4QXPA",
            privateLink: link, category: "sampah",
            area: oesapa,
            expected: .init(
                agency: "dlhk", acknowledgeBy: now.adding(seconds: 4 * 3600), resolveBy: now.adding(seconds: 86_400)),
            news: newsKey)
    }

    private static func limited() -> Tracking {
        Tracking(
            frame: frame("/lacak/X"),
            subject: .limited(
                .init(
                    trackingCode: "KPG-7H2K9M4QXPA", status: .acknowledged, agency: "dinkes",
                    receivedAt: now.adding(seconds: -9_000), deadlines: deadlines(from: now.adding(seconds: -9_000)))))
    }

    static let oesapa = ReportArea(code: "53.71.03.1010", name: "Oesapa", district: "Kelapa Lima", isApproximate: true)

    static func deadlines(from received: Timestamp) -> Deadlines {
        Deadlines(acknowledgeBy: received.adding(seconds: 4 * 3600), resolveBy: received.adding(seconds: 86_400))
    }

    static func report(_ status: ReportStatus) -> ReportView {
        let received = now.adding(seconds: -5 * 3600)
        var report = ReportView(
            id: key, trackingCode: "KPG-7H2K9M4QXPA", status: status, category: "sampah",
            description: "Sampah di depan Pasar Oeba su menumpuk tiga hari ini, bau busuk sampe masuk rumah.\n\n"
                + "Tolong DLHK angkat dolo pak.",
            area: oesapa, location: Coordinate(lat: -10.1412, lon: 123.6427), locationSource: "gps", rt: "04",
            rw: "02", landmark: "kios Mama Yuli", receivedAt: received, agency: "dlhk",
            why: "Sampah ditangani DLHK di seluruh kota.", deadlines: deadlines(from: received),
            nextDueAt: received.adding(seconds: 86_400),
            history: [
                HistoryEntry(at: received, type: "received"),
                HistoryEntry(at: received.adding(seconds: 1), type: "assigned", agency: "dlhk"),
                HistoryEntry(
                    at: received.adding(seconds: 5_400), type: "acknowledged", agency: "dlhk",
                    note: "Truk kami datang sore ini.", internalNote: "Truk 7, sopir Pak Markus", actor: "Ibu Lena"),
                HistoryEntry(
                    at: received.adding(seconds: 9_000), type: "commented", agency: "dlhk", author: "reporter",
                    hasPhotos: true),
                HistoryEntry(
                    at: received.adding(seconds: 12_000), type: "started", agency: "dlhk", note: "Ini keadaannya tadi.",
                    photos: ["/media/\(key)/3"], hasPhotos: true),
            ],
            photos: ["/media/\(key)/1", "/media/\(key)/2"], version: 3)
        report.history += lastLine(status, at: received.adding(seconds: 15_000))
        return report
    }

    /// The report that another one repeats.
    static let original = TrackingCode(prefix: "KPG", random: 0x5A5A_DA0E).text

    /// What an agency said with the command that led to this status.
    private static func lastLine(_ status: ReportStatus, at: Timestamp) -> [HistoryEntry] {
        switch status {
        case .rejected:
            [
                HistoryEntry(
                    at: at, type: "rejected", agency: "dlhk", reason: "not_ours",
                    referTo: "PLN ULP Kupang, telepon 123")
            ]
        case .onHold:
            [
                HistoryEntry(
                    at: at, type: "held", agency: "dlhk", reason: "Menunggu suku cadang",
                    until: now.adding(seconds: 68_100))
            ]
        case .duplicate:
            [
                HistoryEntry(
                    at: at, type: "marked_duplicate", agency: "dlhk", reason: "duplicate", original: original)
            ]
        default: []
        }
    }

    // MARK: texts that try to break out

    /// The quotation mark with a combining accent is one character to Swift and two to a browser.
    static let payload = "\"\u{301} autofocus onfocus=alert(1) x='<script>alert(2)</script><!--</script>&lt;{{t}}"

    static var hostileReport: ReportView {
        var report = report(.assigned)
        report.trackingCode = payload
        report.description = payload
        report.area?.name = payload
        report.area?.district = payload
        report.address = payload
        report.rt = payload
        report.rw = payload
        report.landmark = payload
        report.why = payload
        report.id = payload
        report.locationSource = payload
        report.photos = [payload]
        report.history = [
            HistoryEntry(
                at: now, type: payload, agency: AgencyCode(rawValue: payload), note: payload, internalNote: payload,
                actor: payload, photos: [payload], hasPhotos: true),
            HistoryEntry(at: now, type: "held", reason: payload, original: payload, referTo: payload),
            HistoryEntry(at: now, type: "rejected", reason: payload),
            HistoryEntry(at: now, type: "transferred_out", reason: payload),
        ]
        return report
    }

    static var hostileCity: City {
        var city = SampleCity.kupang
        let text = LocalizedText(id: payload, en: payload)
        city.name = text
        city.timezoneLabel = payload
        city.map = MapTiles(url: payload, attribution: payload)
        city.agencies = [Agency(code: "dlhk", name: text, short: payload)]
        city.categories = [
            Category(
                code: CategoryCode(rawValue: payload), name: text, icon: payload, urgent: true,
                emergency: [PhoneNumber(number: payload, label: text, confirmed: true)],
                subtypes: [Subtype(code: SubtypeCode(rawValue: payload), name: text)], note: text,
                questions: [Question(code: QuestionCode(rawValue: payload), label: text, kind: .text)])
        ]
        city.areas = [
            Area(
                code: AreaCode(rawValue: payload), name: payload, district: payload, districtCode: "", postcode: "",
                lat: 0, lng: 0)
        ]
        return city
    }

    private static var hostile: [(name: String, page: any Page)] {
        let viewer = Viewer(name: payload, home: payload)
        let frame = frame("/\(payload)", viewer: viewer, city: hostileCity)
        let fields = Dictionary(
            uniqueKeysWithValues: [
                "category", "subtype", "description", "lat", "lon", "accuracy_m", "area", "address", "rt", "rw",
                "landmark", "note", "internal_note", "reason", "until", "to", "of", "refer_to", "text", "name", "phone",
                "email",
            ].map { ($0, payload) })
        let faults = [Fault(.outsideCity, at: "/location", payload), Fault(.unknownAgency, at: payload, payload)]
        var summary = DashboardSamples.busy
        summary.agencies[0].code = AgencyCode(rawValue: payload)
        summary.areas[0].code = AreaCode(rawValue: payload)
        summary.days[0].date = payload
        return [
            ("x-home", CitizenHome(frame: frame)),
            ("x-report", ReportForm(frame: frame, values: .init(fields), faults: faults, idempotencyKey: payload)),
            (
                "x-sent",
                ReportSent(
                    frame: frame, trackingCode: payload, privateLink: PrivateLink(address: payload),
                    category: CategoryCode(rawValue: payload), area: hostileReport.area,
                    expected: .init(agency: AgencyCode(rawValue: payload), acknowledgeBy: now, resolveBy: now))
            ),
            ("x-track-box", TrackingBox(frame: frame, typed: payload, problem: .unknown)),
            ("x-track", Tracking(frame: frame, subject: .whole(hostileReport))),
            (
                "x-track-own",
                Tracking(
                    frame: frame, subject: .whole(hostileReport),
                    own: OwnReport(
                        permitted: [.reopen], idempotencyKey: payload, notice: .refused(.reopen, payload),
                        typed: payload, question: payload,
                        privacy: .init(
                            isHeld: true, mayContact: true, days: 30, isErased: false,
                            readings: [
                                .init(at: now, agency: AgencyCode(rawValue: payload), purpose: payload)
                            ]),
                        link: PrivateLink(address: payload)), news: payload)
            ),
            (
                "x-erase",
                EraseReport(
                    frame: frame, trackingCode: payload, isOpen: true, idempotencyKey: payload, refused: payload)
            ),
            (
                "x-public",
                PublicList(
                    frame: frame, reports: [hostileReport], choice: .init(area: AreaCode(rawValue: payload)),
                    next: payload, feed: payload)
            ),
            ("x-dashboard", Dashboard(frame: frame, summary: summary)),
            ("x-error", ErrorPage(frame: frame, status: 500, detail: payload)),
        ] + hostileDesk(frame, fields) + OperatorSamples.hostile(frame, payload, fields)
    }

    private static func hostileDesk(_ frame: Frame, _ fields: [String: String]) -> [(name: String, page: any Page)] {
        [
            (
                "x-contact",
                DeskContact(
                    frame: frame, agency: "dlhk", report: payload,
                    state: .disclosed(Person(name: payload, phone: payload), reason: payload, version: 4),
                    idempotencyKey: payload)
            ),
            ("x-sign-in", SignIn(frame: frame, returnPath: LocalPath("/\"'<x>"))),
            (
                "x-desk",
                Desk(
                    frame: frame, agency: "dlhk", open: [hostileReport], cursor: payload,
                    choice: DeskChoice(text: payload, category: CategoryCode(rawValue: payload)))
            ),
            (
                "x-desk-print",
                DeskPrint(
                    frame: frame, agency: "dlhk", open: [hostileReport],
                    choice: DeskChoice(text: payload, area: AreaCode(rawValue: payload)))
            ),
            (
                "x-desk-report",
                DeskReport(
                    frame: frame, agency: "dlhk", report: hostileReport, permitted: Command.agency, channel: payload,
                    notice: .refused(payload), idempotencyKey: payload,
                    typed: .init(command: .transfer, fields: fields))
            ),
        ]
    }
}
