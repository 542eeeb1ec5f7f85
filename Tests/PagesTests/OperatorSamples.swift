import Domain
import Pages

/// The operator's pages, and those that lead there: flagging, judging, the counter.
enum OperatorSamples {
    private static let now = SamplePages.now

    private static let code = "KPG-7H2K9M4QXPA"
    private static let viewer = SamplePages.operatorViewer

    private static func frame(_ path: String) -> Frame { SamplePages.frame(path, viewer: viewer) }

    static var pages: [(name: String, page: any Page)] { readers + moderation + counter }

    private static func flag(_ step: FlagForm.Step) -> FlagForm {
        FlagForm(frame: SamplePages.frame("/lacak/X/tandai"), trackingCode: code, step: step)
    }

    private static var readers: [(name: String, page: any Page)] {
        [
            ("flag", flag(.asked)), ("flag-incomplete", flag(.incomplete)), ("flag-cookieless", flag(.withoutCookie)),
            ("flag-done", flag(.done)), ("report-check", check(isEarly: false)),
            ("report-check-early", check(isEarly: true)), ("track-hidden", hiddenTracking),
            ("track-flaggable", flaggableTracking),
        ]
    }

    private static var counter: [(name: String, page: any Page)] {
        [
            ("counter", CounterForm(frame: frame("/loket"), idempotencyKey: SamplePages.key)),
            ("counter-faults", faultyCounter(frame("/loket"))), ("counter-sent", counterSent(frame("/loket"))),
        ]
    }

    private static var flagged: ModerationEntry {
        ModerationEntry(
            report: SamplePages.report(.inProgress), state: .init(openFlags: 7),
            reasons: [.personalData: 5, .insult: 2])
    }

    private static var hidden: ModerationEntry {
        ModerationEntry(
            report: SamplePages.report(.resolved),
            state: .init(hiddenAt: now.adding(seconds: -3_600), redactedAt: now.adding(seconds: -1_800)))
    }

    private static var lines: [ModerationLogEntry] {
        [
            ModerationLogEntry(
                at: now.adding(seconds: -1_800), trackingCode: code, action: .redact, keyID: "operator-7f3k2m",
                actor: "Ibu Lena",
                reason: "Nama dan nomor telepon tetangga disebut; pelapor sudah diminta mengulang tanpa itu."),
            ModerationLogEntry(
                at: now.adding(seconds: -90_000), trackingCode: nil, action: .hide, keyID: "operator-7f3k2m",
                reason: "Kata kasar"),
        ]
    }

    private static func list(_ entries: [ModerationEntry], showsHidden: Bool = false, isCut: Bool = false)
        -> ModerationList
    {
        ModerationList(frame: frame("/moderasi"), showsHidden: showsHidden, entries: entries, isCut: isCut)
    }

    private static func judged(
        _ entry: ModerationEntry, _ lines: [ModerationLogEntry], _ notice: ModerationReport.Notice? = nil
    ) -> ModerationReport {
        ModerationReport(
            frame: frame("/moderasi/X"), entry: entry, permitted: entry.state.permitted, lines: lines, notice: notice,
            typed: ["actor": "Ibu Lena"])
    }

    private static var moderation: [(name: String, page: any Page)] {
        [
            ("moderation", list([flagged, hidden], isCut: true)), ("moderation-none", list([])),
            ("moderation-hidden", list([hidden], showsHidden: true)), ("moderation-report", judged(flagged, [])),
            ("moderation-report-done", judged(hidden, lines, .done(.hide))),
            (
                "moderation-report-faulty",
                judged(flagged, lines, .faulty(.redact, [Fault(.required, at: "/reason")]))
            ),
            ("moderation-log", ModerationLog(frame: frame("/moderasi/catatan"), lines: lines, next: SamplePages.key)),
            ("moderation-log-empty", ModerationLog(frame: frame("/moderasi/catatan"), lines: [])),
        ]
    }

    private static func check(isEarly: Bool) -> ReportCheck {
        ReportCheck(
            frame: SamplePages.frame("/lapor"),
            fields: [.init(name: "category", value: "sampah"), .init(name: "description", value: "Sampah\nmenumpuk")],
            category: "sampah", area: SamplePages.oesapa, description: "Sampah\nmenumpuk di depan pasar",
            idempotencyKey: SamplePages.key, stamp: "1764000000.00", isEarly: isEarly)
    }

    private static var hiddenTracking: Tracking {
        Tracking(
            frame: SamplePages.frame("/lacak/X"), subject: .whole(SamplePages.report(.assigned)), own: SamplePages.own,
            isHidden: true)
    }

    private static var flaggableTracking: Tracking {
        var report = SamplePages.report(.assigned)
        report.description = ""
        return Tracking(frame: SamplePages.frame("/lacak/X"), subject: .whole(report), isFlaggable: true)
    }

    private static func faultyCounter(_ frame: Frame) -> CounterForm {
        let values = CounterForm.Values([
            "category": "sampah", "description": "x", "name": "Yuli", "phone": "08", "via": "phone",
        ])
        let faults = [
            Fault(.required, at: "/via"), Fault(.tooShort, at: "/description", 3), Fault(.noPlace, at: ""),
            Fault(.malformedPhone, at: "/reporter/phone"), Fault(.consentRequired, at: "/reporter/consent"),
        ]
        return CounterForm(
            frame: frame, values: values, faults: faults, idempotencyKey: SamplePages.key)
    }

    private static func counterSent(_ frame: Frame) -> CounterSent {
        CounterSent(
            frame: frame, trackingCode: "KPG-7H2K9M4QXPA",
            privateLink: "https://sasando.kupangkota.go.id/k/6vq3m9x1t7r2k8w4p5n0c6",
            trackingLink: "https://sasando.kupangkota.go.id/lacak",
            receivedAt: now, category: "sampah", area: SamplePages.oesapa,
            expected: .init(
                agency: "dlhk", acknowledgeBy: now.adding(seconds: 4 * 3600), resolveBy: now.adding(seconds: 86_400)))
    }

    static func hostile(_ frame: Frame, _ payload: String, _ fields: [String: String]) -> [(
        name: String, page: any Page
    )] {
        let entry = ModerationEntry(report: SamplePages.hostileReport, state: .init(openFlags: 1))
        let line = ModerationLogEntry(
            at: now, trackingCode: payload, action: .hide, keyID: payload, actor: payload, reason: payload)
        var area = SamplePages.oesapa
        area.name = payload
        var counter = fields
        for name in ["name", "phone"] { counter[name] = payload }
        return [
            ("x-flag", FlagForm(frame: frame, trackingCode: payload, step: .asked)),
            (
                "x-check",
                ReportCheck(
                    frame: frame, fields: [.init(name: payload, value: payload)],
                    category: CategoryCode(rawValue: payload), area: area, description: payload,
                    idempotencyKey: payload, stamp: payload)
            ),
            ("x-moderation", ModerationList(frame: frame, showsHidden: false, entries: [entry])),
            (
                "x-moderation-report",
                ModerationReport(
                    frame: frame, entry: entry, permitted: ModerationCommand.allCases, lines: [line],
                    notice: .faulty(.hide, [Fault(.tooLong, at: "/reason", payload)]),
                    typed: ["reason": payload, "actor": payload])
            ),
            ("x-moderation-log", ModerationLog(frame: frame, lines: [line], next: payload)),
            (
                "x-counter",
                CounterForm(frame: frame, values: .init(counter), idempotencyKey: payload)
            ),
            (
                "x-counter-sent",
                CounterSent(
                    frame: frame, trackingCode: payload, privateLink: payload, trackingLink: payload, receivedAt: now,
                    category: CategoryCode(rawValue: payload), area: area,
                    expected: .init(agency: AgencyCode(rawValue: payload), acknowledgeBy: now))
            ),
        ]
    }
}
