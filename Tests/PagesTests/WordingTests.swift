import Domain
import Testing

@testable import Pages

@Suite("Times and numbers")
struct WordingTests {
    private let now = Timestamp(rfc3339: "2026-11-24T14:05:00+08:00")!

    private func wording(_ language: Language) -> Wording {
        Wording(language: language, offset: 8 * 3600, zone: "WITA", now: now)
    }

    @Test(
        "are said as people say them",
        arguments: [
            (0, "hari ini 14.05 WITA", "today 14:05 WITA"),
            (-15 * 3600, "kemarin 23.05 WITA", "yesterday 23:05 WITA"),
            (10 * 3600, "besok 00.05 WITA", "tomorrow 00:05 WITA"),
            (-40 * 86_400, "15 Okt 2026, 14.05 WITA", "15 Oct 2026, 14:05 WITA"),
        ])
    func moments(seconds: Int, indonesian: String, english: String) {
        let at = now.adding(seconds: seconds)
        #expect(wording(.indonesian).moment(at) == indonesian)
        #expect(wording(.english).moment(at) == english)
    }

    @Test(
        "count down in two units, and say how late it is",
        arguments: [
            (7_800, "2 jam 10 menit lagi", "2 h 10 min left"), (-900, "terlambat 15 menit", "15 min late"),
            (95, "1 menit 35 detik lagi", "1 min 35 s left"), (0, "0 detik lagi", "0 s left"),
            (-59, "terlambat 59 detik", "59 s late"), (3_600, "1 jam lagi", "1 h left"),
            (90_000, "1 hari 1 jam lagi", "1 d 1 h left"),
        ])
    func countdowns(seconds: Int, indonesian: String, english: String) {
        let due = now.adding(seconds: seconds)
        #expect(wording(.indonesian).countdown(to: due) == indonesian)
        #expect(wording(.english).countdown(to: due) == english)
    }

    @Test("numbers have the language's separators, and a share is never rounded to what it is not")
    func numbers() {
        #expect(wording(.indonesian).number(12_345_678) == "12.345.678")
        #expect(wording(.english).number(-1_234) == "−1,234")
        #expect(wording(.english).number(999) == "999")
        #expect(wording(.english).percent(0.999) == "99 %")
        #expect(wording(.english).percent(0.001) == "1 %")
        #expect(wording(.english).percent(1) == "100 %")
        #expect(wording(.english).percent(0) == "0 %")
        #expect(wording(.english).percent(.nan) == "–")
    }

    @Test(
        "a path of another origin is no path of ours",
        arguments: [
            "//evil.example", "/\\evil.example", "https://evil.example", "", "desk", "/a\nb", "/a b", "/\u{7f}",
        ])
    func foreignPaths(path: String) {
        #expect(LocalPath(path) == nil)
    }

    @Test("the language link stays on the page, whatever the request's path was")
    func languageLinks() {
        func link(_ path: String) -> String {
            let html = TrackingBox(frame: SamplePages.frame(path)).render(language: .indonesian)
            return String(html.firstMatch(of: /class="language" href="([^"]*)"/)?.output.1 ?? "")
        }
        #expect(link("/lacak?kode=A&lang=id") == "/lacak?kode=A&amp;lang=en")
        #expect(link("//evil.example") == "/?lang=en")
    }

    @Test(
        "the policy admits the tiles' origin and nothing that could end it",
        arguments: [
            ("https://{s}.tile.example/{z}/{x}/{y}.png", "https://*.tile.example"),
            ("http://tiles.example:8080/{z}", "http://tiles.example:8080"),
            ("https://a; script-src *", ""), ("javascript:alert(1)", ""), ("", ""),
        ])
    func policy(url: String, origin: String) {
        let header = ContentSecurityPolicy.header(tiles: MapTiles(url: url, attribution: ""))
        let expected = origin.isEmpty ? "img-src 'self' data:;" : "img-src 'self' data: \(origin);"
        #expect(header.contains(expected))
        #expect(!header.contains("unsafe"))
    }
}

@Suite("What pages show")
struct PageContentTests {
    private let frame = SamplePages.frame("/")

    @Test("only confirmed numbers are shown, and before the form")
    func emergency() throws {
        let form = ReportForm(
            frame: frame, values: .init(category: "kebakaran"), idempotencyKey: SamplePages.key
        ).render(language: .indonesian)
        let call = try #require(form.firstRange(of: "tel:113"))
        #expect(call.lowerBound < (try #require(form.firstRange(of: "<form class=\"report\""))).lowerBound)
        #expect(!form.contains("999"))
        #expect(!CitizenHome(frame: frame).render(language: .english).contains("999"))
    }

    @Test("a citizen's page never shows internal notes or names, the desk does")
    func internalNotes() {
        let report = SamplePages.report(.inProgress)
        let citizen = Tracking(frame: frame, subject: .whole(report), own: SamplePages.own).render(
            language: .indonesian)
        #expect(citizen.contains("Truk kami datang"))
        #expect(!citizen.contains("Truk 7") && !citizen.contains("Ibu Lena"))
        let desk = DeskReport(
            frame: frame, agency: "dlhk", report: report, permitted: [.resolve], idempotencyKey: SamplePages.key
        ).render(language: .indonesian)
        #expect(desk.contains("Truk 7") && desk.contains("Ibu Lena"))
    }

    @Test(
        "what an agency gave as its reason reaches the citizen, and its desk",
        arguments: [
            (
                .rejected, "Ditolak: Bukan kewenangan kami. Silakan hubungi: PLN ULP Kupang, telepon 123",
                "Turned down: This is not our responsibility. Please contact: PLN ULP Kupang, telepon 123"
            ),
            (
                .onHold, "Ditunda: Menunggu suku cadang (sampai besok 09.00 WITA)",
                "Put on hold: Menunggu suku cadang (until tomorrow 09:00 WITA)"
            ),
            (.duplicate, "Sama dengan laporan \(SamplePages.original)", "Same as report \(SamplePages.original)"),
        ] as [(ReportStatus, String, String)])
    func reasons(status: ReportStatus, indonesian: String, english: String) {
        let report = SamplePages.report(status)
        for (language, said) in [(Language.indonesian, indonesian), (.english, english)] {
            let pages: [any Page] = [
                Tracking(frame: frame, subject: .whole(report)),
                DeskReport(
                    frame: frame, agency: "dlhk", report: report, permitted: [.comment],
                    idempotencyKey: SamplePages.key),
            ]
            for page in pages {
                let html = page.render(language: language)
                #expect(html.replacing(/<[^>]*>/, with: "").contains(said), "\(html)")
                let link = "<a href=\"/lacak/\(SamplePages.original)\""
                #expect(html.contains(link) == (status == .duplicate))
            }
        }
    }

    @Test("why one agency passed a report on to another is the agencies' alone")
    func transferReason() {
        var report = SamplePages.report(.assigned)
        report.history.append(
            HistoryEntry(at: SamplePages.now, type: "transferred_out", agency: "dlhk", reason: "Ini got, bukan sampah"))
        let citizen = Tracking(frame: frame, subject: .whole(report), own: SamplePages.own).render(
            language: .indonesian)
        #expect(citizen.contains("Dialihkan ke Dinas Lingkungan Hidup dan Kebersihan"))
        #expect(!citizen.contains("Ini got"))
        let desk = DeskReport(
            frame: frame, agency: "dlhk", report: report, permitted: [.start], idempotencyKey: SamplePages.key
        ).render(language: .indonesian)
        #expect(desk.matches(of: /Ini got, bukan sampah/).count == 2, "beside why, and in the history")
    }

    @Test("a transfer that keeps the category names it, and offers the sub-types by their categories")
    func transferForm() {
        let page = DeskReport(
            frame: frame, agency: "dlhk", report: SamplePages.report(.assigned), permitted: [.transfer],
            idempotencyKey: SamplePages.key
        ).render(language: .indonesian)
        #expect(page.contains("<option value=\"\">Tidak diubah (Sampah)</option>"))
        #expect(page.contains("<optgroup label=\"Lampu jalan, lampu &amp; rambu lalu lintas\">"))
    }

    @Test("a private report without its key shows status, agency and times alone")
    func limited() {
        let page = SamplePages.all.first { $0.name == "track-limited" }!.page.render(language: .indonesian)
        #expect(page.contains("Sudah ditanggapi") && page.contains("Dinas Kesehatan"))
        #expect(!page.contains("Riwayat") && !page.contains("Isi laporan"))
    }

    @Test("a desk offers the permitted commands and no other, each with its version and key")
    func commands() {
        for command in Command.agency {
            let page = DeskReport(
                frame: frame, agency: "dlhk", report: SamplePages.report(.assigned), permitted: [command],
                idempotencyKey: "a-key"
            ).render(language: .indonesian)
            let actions = page.matches(of: /action="\/desk\/dlhk\/laporan\/[^"\/]+\/(\w+)"/).map { String($0.output.1) }
            #expect(actions == [command.rawValue])
            #expect(page.contains("name=\"version\" value=\"3\""))
            #expect(page.contains("name=\"idempotency_key\" value=\"a-key\""))
        }
    }

    @Test("the desk lists what is due first on top, and reports without a time last")
    func order() {
        var reports = (0..<4).map { _ in SamplePages.report(.assigned) }
        for (index, due) in [300, -60, 20].enumerated() {
            reports[index].id = "r\(index)"
            reports[index].nextDueAt = SamplePages.now.adding(seconds: due)
        }
        reports[3].id = "r3"
        reports[3].nextDueAt = nil
        let page = Desk(frame: frame, agency: "dlhk", open: reports.reversed()).render(language: .indonesian)
        #expect(page.matches(of: /class="card[^"]*" data-id="(r\d)"/).map(\.output.1) == ["r1", "r2", "r0", "r3"])
    }

    @Test("the form's values come back as they were typed, and lainnya is no category")
    func values() {
        let values = ReportForm.Values(["category": "lainnya", "rt": "  ", "visibility": "private", "landmark": "x"])
        #expect(values.reportCategory == nil && values.category == "lainnya")
        #expect(values.rt == nil && values.isPrivate && values.landmark == "x")
        #expect(ReportForm.Values(["category": "sampah"]).reportCategory == "sampah")
        var form = ReportForm(frame: frame, values: values, idempotencyKey: SamplePages.key)
        form.values.description = "\n\n  dua baris\nkosong"
        #expect(form.render(language: .english).contains(">\n\n\n  dua baris\nkosong</textarea>"))
    }
}
