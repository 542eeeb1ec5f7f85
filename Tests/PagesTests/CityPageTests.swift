import Domain
import Testing

@testable import Pages

@Suite("The city's own pages")
struct CityPageTests {
    private func html(_ page: some Page, _ language: Language = .indonesian) -> String {
        page.render(language: language)
    }

    @Test("few reports of a sensitive category have no number anywhere on the page", arguments: Language.allCases)
    func few(language: Language) throws {
        let page = html(Performance(frame: SamplePages.frame("/kinerja"), figures: CitySamples.figures), language)
        let start = try #require(page.firstRange(of: "id=\"sensitive-heading\"")).lowerBound
        let tables = page[start...]
        #expect(tables.contains(">&lt; 5<") && tables.contains(">11<"))
        for few in 1...4 { #expect(!tables.contains("<td class=\"n\">\(few)</td>"), "\(few)") }
        #expect(!page[..<start].contains("orang_hilang") && !page[..<start].contains("Fogging"))
    }

    @Test("small multiples have a table each, and an agency without any report has none")
    func multiples() {
        let page = html(Performance(frame: SamplePages.frame("/kinerja"), figures: CitySamples.figures))
        #expect(page.matches(of: /<figure>/).count == 7 && page.matches(of: #/<rect /#).count == 7 * 24)
        #expect(page.matches(of: /<details class="table">/).count == 7)
        let year = html(Performance(frame: SamplePages.frame("/kinerja"), figures: CitySamples.figures, span: .year))
        #expect(year.matches(of: /<figure>/).count == 8 && year.contains("Nov 2026"))
    }

    @Test("what the city knows stands on the home page, and in the form where it speaks of the report")
    func known() {
        let home = html(CitizenHome(frame: SamplePages.frame("/"), announcements: CitySamples.known))
        #expect(home.contains("Lampu jalan di Oebobo padam") && home.contains("Sampai hari ini 20.00 WITA"))
        let english = html(CitizenHome(frame: SamplePages.frame("/"), announcements: CitySamples.known), .english)
        #expect(english.contains("street lights of Oebobo") && english.contains("Pengangkutan sampah"))
        func visible(_ fields: [String: String]) -> Int {
            html(
                ReportForm(
                    frame: SamplePages.frame("/lapor"), values: .init(fields), idempotencyKey: SamplePages.key,
                    announcements: CitySamples.known)
            ).matches(of: /<p class="note known"[^>]*>/).filter { !$0.output.contains(" hidden") }.count
        }
        #expect(visible([:]) == 0 && visible(["category": "sampah"]) == 1)
        #expect(visible(["category": "lampu_rambu"]) == 2)
        #expect(visible(["category": "lampu_rambu", "area": "53.71.04.1001"]) == 2)
        #expect(visible(["category": "lampu_rambu", "area": "53.71.01.1001"]) == 1)
    }

    @Test("each kind of question has its field, with what was answered")
    func questions() {
        let values = ReportForm.Values([
            "category": "sampah", "answer.sampah.banyaknya": "truk", "answer_number.sampah.jumlah": "7",
            "answer_flag.sampah.menutup": "false", "answer.sampah.nomor": "K-3",
        ])
        let page = html(
            ReportForm(frame: SamplePages.frame("/lapor"), values: values, idempotencyKey: SamplePages.key))
        for part in [
            "<option value=\"truk\" selected>", "<option value=\"false\" selected>", "inputmode=\"numeric\"",
            "name=\"answer_number.sampah.jumlah\" value=\"7\"", "name=\"answer.sampah.nomor\" value=\"K-3\"",
            "maxlength=\"40\"", "<label for=\"q-sampah-banyaknya\">Kira-kira seberapa banyak?</label>",
        ] { #expect(page.contains(part), "\(part)") }
        #expect(page.matches(of: /<select id="q-/).count == 2)
    }

    @Test("answers are read where they may be, with what was asked")
    func answers() {
        var report = SamplePages.report(.assigned)
        report.answers = .object([
            "banyaknya": .string("truk"), "menutup": .bool(true), "jumlah": .int(1_200),
            "asing": .string("tidak ditanya"),
        ])
        let desk = html(
            DeskReport(
                frame: SamplePages.frame("/"), agency: "dlhk", report: report, permitted: [],
                idempotencyKey: SamplePages.key))
        for part in ["Satu truk atau lebih", "Apakah menutup jalan?</span> <b>Ya", "1.200"] {
            #expect(desk.contains(part), "\(part)")
        }
        #expect(!desk.contains("tidak ditanya"))
    }

    @Test("the step before sending keeps all that was written, says that nothing is sent, and goes on with one button")
    func similar() {
        let page = html(
            SimilarReports(
                frame: SamplePages.frame("/lapor"),
                offers: [.init(report: SamplePages.report(.assigned), metres: 41.6)],
                fields: [("category", "sampah"), ("landmark", "kios \"Mama\""), ("rt", ""), ("sudah_lihat", "0")],
                followKey: SamplePages.key))
        #expect(page.contains("belum terkirim") && page.contains("± 42 m"))
        #expect(page.contains("name=\"landmark\" value=\"kios &quot;Mama&quot;\""))
        #expect(!page.contains("name=\"rt\"") && page.matches(of: /name="sudah_lihat" value="1"/).count == 1)
        #expect(!page.contains("value=\"0\"") && page.contains("action=\"/lacak/KPG-"))
    }

    @Test(
        "a shared link tells what, where and how it stands, and nothing that people wrote", arguments: Language.allCases
    )
    func preview(language: Language) throws {
        let frame = Frame(
            city: SampleCity.kupang, now: SamplePages.now, path: "/lacak/X?lang=en", publicURL: "https://lapor.example")
        let report = SamplePages.report(.inProgress)
        let page = html(Tracking(frame: frame, subject: .whole(report)), language)
        let head = page.prefix(while: { _ in true }).prefix(upTo: try #require(page.firstRange(of: "<body")).lowerBound)
        #expect(
            head.contains("og:title\" content=\"\(language == .indonesian ? "Sampah, sekitar Oesapa" : "Rubbish, ")"))
        #expect(head.contains("rel=\"canonical\" href=\"https://lapor.example/lacak/\(report.trackingCode)\""))
        #expect(head.contains("og:url\" content=\"https://lapor.example/lacak/") && head.contains("twitter:card"))
        #expect(head.contains("og:locale\" content=\"\(language == .indonesian ? "id_ID" : "en_GB")\""))
        for words in [report.description, report.landmark ?? "?", report.address ?? "?"] where words != "?" {
            #expect(!head.contains(words), "\(words)")
        }
        #expect(!head.contains("noindex"))
        let own = html(Tracking(frame: frame, subject: .whole(report), own: SamplePages.own), language)
        #expect(own.contains("noindex") && !own.contains("og:title") && !own.contains("canonical"))
        var secret = report
        secret.visibility = "private"
        let hidden = html(Tracking(frame: frame, subject: .whole(secret)), language)
        #expect(hidden.contains("noindex") && !hidden.contains("og:title") && !hidden.contains("/follow\""))
    }
}
