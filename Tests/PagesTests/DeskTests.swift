import Domain
import Testing

@testable import Pages

@Suite("A desk with more work than it shows")
struct DeskTests {
    private func page(_ openInAll: Int, isCountCut: Bool = false) -> String {
        Desk(
            frame: SamplePages.frame("/desk/dlhk"), agency: "dlhk", open: [], openInAll: openInAll,
            isCountCut: isCountCut
        ).render(language: .indonesian)
    }

    @Test("says how much there is in all, and where it was not counted to the end")
    func partial() {
        #expect(!page(0).contains("laporan terbuka,"))
        #expect(page(412).contains("412 laporan terbuka, yang paling mendesak"))
        #expect(page(10_000, isCountCut: true).contains("10.000+ laporan terbuka,"))
    }

    @Test("leads to what is due later, and back")
    func pages() {
        func page(isLater: Bool, next: String?) -> String {
            Desk(
                frame: SamplePages.frame("/desk/dlhk"), agency: "dlhk", open: [], isLater: isLater, next: next
            ).render(language: .indonesian)
        }
        let first = page(isLater: false, next: "open_1_0197a1b2-0000-7000-8000-000000000000")
        #expect(first.contains("href=\"/desk/dlhk?setelah=open_1_0197a1b2-0000-7000-8000-000000000000\""))
        #expect(!first.contains("Kembali ke awal"))
        let last = page(isLater: true, next: nil)
        #expect(!last.contains("setelah="))
        #expect(last.contains("href=\"/desk/dlhk\">Kembali ke awal"))
    }
}

@Suite("What is looked for at a desk")
struct DeskChoiceTests {
    @Test("stands in every address of the page, and a search that ended at its bound says so")
    func addresses() {
        let choice = DeskChoice(text: "  pasar  oeba & co ", category: "sampah", status: .onHold, isOverdue: true)
        let query = "?cari=pasar%20oeba%20%26%20co&amp;kategori=sampah&amp;status=on_hold&amp;lewat=1"
        let next = "open_1_0197a1b2-0000-7000-8000-000000000000"
        let html = Desk(
            frame: SamplePages.frame("/desk/dlhk"), agency: "dlhk", open: [], isLater: true, next: next,
            choice: choice, searchedThrough: 1_000
        ).render(language: .indonesian)
        #expect(html.contains("href=\"/desk/dlhk\(query)&amp;setelah=\(next)\""))
        #expect(html.contains("href=\"/desk/dlhk\(query)\">Kembali ke awal"))
        #expect(html.contains("href=\"/desk/dlhk/cetak\(query)\""))
        #expect(html.contains("“pasar oeba &amp; co” · Sampah · Ditunda · lewat batas waktu"))
        #expect(html.contains("Dicari di 1.000 laporan"))
        // What is finished is not among what is looked for.
        #expect(!html.contains("data-column=\"done\""))
    }

    @Test("is nothing where nothing but spaces was typed, and holds no more than its bounds")
    func bounds() {
        #expect(DeskChoice(text: " \t ").isEverything)
        #expect(DeskChoice(text: " ").query() == "")
        #expect(DeskChoice(text: String(repeating: "a ", count: 200)).words.count == DeskChoice.mostWords)
        #expect(DeskChoice(text: String(repeating: "a", count: 200)).words.first?.count == DeskChoice.longestText)
    }
}

@Suite("What leaves the desk")
struct ForwardingTests {
    private func forwarding(_ report: ReportView, _ language: Language = .indonesian) -> Forwarding {
        Forwarding(
            report: report, city: SampleCity.kupang,
            wording: Wording(language: language, offset: 28_800, zone: "WITA", now: SamplePages.now))
    }

    @Test("is what the team needs: category, code, place, a link to a map, the promise and what was said")
    func text() {
        let report = SamplePages.report(.assigned)
        #expect(
            forwarding(report).text() == """
                *Sampah* · KPG-7H2K9M4QXPA
                Tempat: sekitar Kelurahan Oesapa, Kecamatan Kelapa Lima · RT 04 / RW 02 · Patokan: kios Mama Yuli
                Peta: https://www.google.com/maps/search/?api=1&query=-10.1412%2C123.6427
                Ditanggapi paling lambat: 24 Nov 2026, 13.05 WITA
                Diselesaikan paling lambat: 25 Nov 2026, 09.05 WITA

                Sampah di depan Pasar Oeba su menumpuk tiga hari ini, bau busuk sampe masuk rumah.

                Tolong DLHK angkat dolo pak.
                """)
        #expect(forwarding(report, .english).text().hasPrefix("*Rubbish* · KPG-7H2K9M4QXPA\nPlace: "))
    }

    @Test("says of an urgent and of a private report what it is, and promises nothing that is kept")
    func marks() {
        var report = SamplePages.report(.inProgress)
        report.isUrgent = true
        report.visibility = "private"
        let text = forwarding(report).text()
        #expect(text.hasPrefix("*MENDESAK*\n*Sampah*"))
        #expect(text.contains("RAHASIA"))
        #expect(!text.contains("Ditanggapi paling lambat"))
        #expect(text.contains("Diselesaikan paling lambat"))
    }

    @Test("tells nothing of what the agency notes for itself")
    func internalNotes() {
        let text = forwarding(SamplePages.report(.inProgress)).text()
        for secret in ["Truk 7", "Markus", "Lena"] { #expect(!text.contains(secret)) }
    }

    @Test("leads to the point, or by words where the point is only the middle of a kelurahan")
    func destinations() throws {
        var report = SamplePages.report(.assigned)
        let point = try #require(forwarding(report).destination)
        #expect(Forwarding.navigation(to: point) == "geo:-10.1412,123.6427?q=-10.1412,123.6427")
        #expect(
            Forwarding.route(to: point)
                == "https://www.google.com/maps/dir/?api=1&destination=-10.1412%2C123.6427")
        report.locationSource = "address"
        report.address = "Jl. Timor Raya 12"
        let words = try #require(forwarding(report).destination)
        #expect(words == .words("Jl. Timor Raya 12, Oesapa, Kota Kupang"))
        #expect(Forwarding.navigation(to: words) == "geo:0,0?q=Jl.%20Timor%20Raya%2012%2C%20Oesapa%2C%20Kota%20Kupang")
        // Without an address the middle is all there is; without anything there is no way to show.
        report.address = nil
        #expect(forwarding(report).destination == point)
        report.location = nil
        #expect(forwarding(report).destination == .words("kios Mama Yuli, Oesapa, Kota Kupang"))
        report.landmark = nil
        #expect(forwarding(report).destination == .words("Oesapa, Kota Kupang"))
        report.area = nil
        #expect(forwarding(report).destination == nil)
        #expect(!forwarding(report).text().contains("Peta:"))
    }

    @Test("fits into a link however long the report is; what is copied is whole")
    func length() {
        var report = SamplePages.report(.assigned)
        report.description = String(repeating: "🔥", count: 4_000)
        #expect(forwarding(report).chatLink.utf8.count < 12_000)
        #expect(forwarding(report).text().contains(report.description))
        report.description = "a&b=c #d\n*e*"
        #expect(forwarding(report).chatLink.hasSuffix("%0A%0Aa%26b%3Dc%20%23d%0A%2Ae%2A"))
    }
}

@Suite("The list for paper")
struct DeskPrintTests {
    @Test("has a row for each report, with its day and hour, and a way back to the same choice")
    func rows() {
        var late = SamplePages.report(.assigned)
        late.nextDueAt = SamplePages.now.adding(seconds: -60)
        let html = DeskPrint(
            frame: SamplePages.frame("/desk/dlhk/cetak"), agency: "dlhk", open: [late, SamplePages.report(.onHold)],
            choice: DeskChoice(area: "53.71.03.1010")
        ).render(language: .indonesian)
        #expect(html.matches(of: /<tr><th scope="row">/).count == 2)
        #expect(html.contains("24 Nov 2026, 14.04 WITA <b class=\"late\">lewat</b>"))
        #expect(html.contains("25 Nov 2026, 09.05 WITA</td>"))
        #expect(html.contains("2 laporan terbuka, 24 Nov 2026, 14.05 WITA"))
        #expect(html.contains("Disaring: Oesapa"))
        #expect(html.contains("href=\"/desk/dlhk?area=53.71.03.1010\""))
    }
}
