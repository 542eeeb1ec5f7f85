import Domain
import FoundationEssentials
import Pages

/// The city's own pages: how it performs, what it knows, and what may be reported already.
enum CitySamples {
    private static let now = SamplePages.now
    static let known = [
        Announcement(
            id: UUID(text: SamplePages.key)!, category: "lampu_rambu", areas: ["53.71.04.1001", "53.71.04.1008"],
            from: now.adding(seconds: -3_600), until: now.adding(seconds: 21_300),
            indonesian: "Lampu jalan di Oebobo padam karena perbaikan kabel.",
            english: "The street lights of Oebobo are out while a cable is repaired."),
        Announcement(
            id: UUID(), from: now.adding(seconds: -600), until: now.adding(seconds: 90_000),
            indonesian: "Pengangkutan sampah hari Kamis dimulai pukul 10.00."),
    ]

    static var pages: [(name: String, page: any Page)] {
        let frame = SamplePages.frame("/kinerja")
        let staff = SamplePages.frame("/pengumuman", viewer: SamplePages.operatorViewer)
        return [
            ("performance", Performance(frame: frame, figures: figures)),
            ("performance-year", Performance(frame: frame, figures: figures, span: .year)),
            ("performance-empty", Performance(frame: frame, figures: empty)),
            ("home-known", CitizenHome(frame: SamplePages.frame("/"), announcements: known)),
            (
                "report-known",
                ReportForm(
                    frame: SamplePages.frame("/lapor?kategori=lampu_rambu"), values: .init(category: "lampu_rambu"),
                    idempotencyKey: SamplePages.key, announcements: known)
            ),
            (
                "report-questions",
                ReportForm(
                    frame: SamplePages.frame("/lapor?kategori=sampah"),
                    values: .init([
                        "category": "sampah", "answer.sampah.banyaknya": "truk", "answer_flag.sampah.menutup": "true",
                    ]), faults: [Fault(.answerOutOfRange, at: "/attributes/jumlah", "1–200")],
                    idempotencyKey: SamplePages.key)
            ),
            ("similar", similar(offers: 2)),
            ("similar-known", similar(offers: 0)),
            ("announcements", AnnouncementDesk(frame: staff, entries: entries, notice: .made, key: SamplePages.key)),
            (
                "announcements-faulty",
                AnnouncementDesk(
                    frame: staff, entries: [],
                    notice: .faulty([Fault(.required, at: "/until"), Fault(.tooShort, at: "/text/id", 3)]),
                    typed: ["text_id": "ab"], areas: ["53.71.04.1001"], key: SamplePages.key)
            ),
            (
                "public-district",
                PublicList(
                    frame: SamplePages.frame("/laporan?kecamatan=53.71.04"), reports: [],
                    choice: .init(district: "53.71.04"), feed: "/laporan.atom", announcements: known,
                    unknownPlace: "Pasar Senin")
            ),
            (
                "track-followed",
                Tracking(
                    frame: SamplePages.frame("/lacak/X"), subject: .whole(SamplePages.report(.assigned)),
                    isFollowed: true)
            ),
            (
                "track-follow",
                Tracking(
                    frame: SamplePages.frame("/lacak/X"), subject: .whole(SamplePages.report(.assigned)),
                    followKey: SamplePages.key)
            ),
        ]
    }

    private static func similar(offers: Int) -> SimilarReports {
        SimilarReports(
            frame: SamplePages.frame("/lapor"),
            offers: (0..<offers).map { index in
                .init(report: SamplePages.report(.assigned), metres: index == 0 ? 41.6 : nil)
            }, announcements: offers == 0 ? known : [],
            fields: [("category", "sampah"), ("description", "Sampah di tikungan"), ("landmark", "")],
            followKey: SamplePages.key)
    }

    private static var entries: [AnnouncementDesk.Entry] {
        var ended = known[1]
        ended.endedAt = now
        return [
            .init(announcement: known[0], madeAt: now.adding(seconds: -3_600), madeBy: "operator-1"),
            .init(announcement: ended, madeAt: now.adding(seconds: -600), madeBy: "operator-1", endedBy: "operator-2"),
        ]
    }

    // MARK: figures

    static var figures: PerformanceFigures {
        let city = SampleCity.kupang
        let months = (0..<3).map { CivilMonth(year: 2026, month: 10).adding(-$0) }
        return PerformanceFigures(
            asOf: now.adding(seconds: -12), month: period(days: 30, scale: 1), year: period(days: 350, scale: 11),
            flows: city.agencies.enumerated().map { index, agency in
                func steps(_ first: String, _ scale: Int) -> [PerformanceFigures.Step] {
                    (0..<12).map { step in
                        .init(
                            from: first, received: (step * 7 + index * 5) % 23 * scale,
                            resolved: (step * 5 + index * 3) % 19 * scale)
                    }
                }
                return .init(
                    agency: agency.code, weeks: steps("2026-11-23", index == 7 ? 0 : 1), months: steps("2026-11-01", 4))
            }, months: months,
            sensitive: city.categories.filter(\.sensitive).map { category in
                .init(
                    category: category.code,
                    districts: ["53.71.01", "53.71.03", "53.71.04", ""].enumerated().map { index, code in
                        .init(code: code, counts: (0..<3).map { PublicCount(index * 3 + $0) })
                    })
            })
    }

    static var empty: PerformanceFigures {
        let none = PerformanceFigures.Row(
            code: "", received: 0, resolved: 0, onTime: 0, p50Seconds: nil, p90Seconds: nil)
        let period = PerformanceFigures.Period(
            from: now.adding(seconds: -86_400), to: now, total: none, agencies: [], categories: [])
        return PerformanceFigures(asOf: now, month: period, year: period, flows: [], months: [], sensitive: [])
    }

    private static func period(days: Int, scale: Int) -> PerformanceFigures.Period {
        func row(_ code: String, _ index: Int) -> PerformanceFigures.Row {
            let resolved = max(0, 61 - index * 9) * scale
            return .init(
                code: code, received: (70 - index * 7) * scale, resolved: resolved, onTime: resolved * 3 / 4,
                p50Seconds: resolved < 5 ? nil : 4_300 + index * 9_000,
                p90Seconds: resolved < 5 ? nil : 80_000 + index * 70_000)
        }
        let city = SampleCity.kupang
        return .init(
            from: now.adding(seconds: -days * 86_400), to: now, total: row("", 0),
            agencies: city.agencies.enumerated().map { row($1.code.rawValue, $0) },
            categories: city.categories.filter { !$0.sensitive }.enumerated().map { row($1.code.rawValue, $0) })
    }

    // MARK: texts that try to break out

    static var hostile: [(name: String, page: any Page)] {
        let payload = SamplePages.payload
        let frame = SamplePages.frame("/x", viewer: Viewer(name: payload, home: payload), city: SamplePages.hostileCity)
        let known = Announcement(
            id: UUID(), category: CategoryCode(rawValue: payload), areas: [AreaCode(rawValue: payload)], from: now,
            until: now.adding(seconds: 60), indonesian: payload, english: payload)
        var figures = figures
        figures.flows[0].agency = AgencyCode(rawValue: payload)
        figures.month.agencies[0].code = payload
        return [
            ("x-performance", Performance(frame: frame, figures: figures)),
            (
                "x-announcements",
                AnnouncementDesk(
                    frame: frame,
                    entries: [.init(announcement: known, madeAt: now, madeBy: payload, endedBy: payload)],
                    typed: ["text_id": payload, "text_en": payload, "from": payload, "until": payload], key: payload)
            ),
            (
                "x-similar",
                SimilarReports(
                    frame: frame, offers: [.init(report: SamplePages.hostileReport, metres: 3)],
                    announcements: [known], fields: [(payload, payload)], followKey: payload)
            ),
        ]
    }
}
