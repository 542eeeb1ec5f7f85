import Domain
import TestSupport
import Testing

extension LivePages {
    /// Every page on a narrow phone and on a tablet.
    @Suite("Layout")
    struct LayoutTests {
        /// Who opens what; `CODE` and `ID` stand for a report's.
        private static let pages: [(holder: String?, path: String)] = [
            (nil, "/"), (nil, "/lapor"), (nil, "/lapor?kategori=orang_hilang"), (nil, "/lacak"), (nil, "/lacak?kode=x"),
            (nil, "/lacak/CODE"), (nil, "/laporan"), (nil, "/laporan?dekat=entah"), (nil, "/kinerja"),
            (nil, "/kinerja?masa=12-bulan"), (nil, "/masuk"), (nil, "/tidak-ada"),
            ("satpolpp", "/desk/satpolpp"), ("satpolpp", "/desk/satpolpp?cari=panjang&lewat=1"),
            ("satpolpp", "/desk/satpolpp/cetak"), ("satpolpp", "/desk/satpolpp/laporan/ID"),
            ("satpolpp", "/desk/dlhk"), ("operator", "/dashboard"), ("operator", "/pengumuman"),
        ]

        @Test(
            "No page scrolls sideways, each has one heading, and its fields and buttons fit a thumb",
            // 320: the narrowest that WCAG asks for, and a wide window at four times its size; 640: at twice its size.
            arguments: [320, 360, 640, 800])
        func fits(width: Int) async throws {
            try await Stage.play { stage in
                let words = "https://contoh.id/" + String(repeating: "panjangsekali", count: 12)
                let (code, _) = try await stage.report("iklan_liar", words)
                let officer = try await stage.officer("satpolpp", .phone, expecting: [403], named: "officer")
                try await officer.waitForLiveDesk()
                try await officer.waitForCard(code, in: "waiting")
                let id = try #require(try await officer.evaluate("(\(Page.card(code))).dataset.id").text)
                let people = [
                    nil: try await stage.citizen(.phone, expecting: [404, 422]), "satpolpp": officer,
                    "operator": try await stage.officer("operator", .phone),
                ]
                for (holder, path) in Self.pages {
                    let page = try #require(people[holder])
                    try await page.resize(width: width, height: 740, isPhone: true)
                    try await page.navigate(
                        to: stage.address + path.replacing("CODE", with: code).replacing("ID", with: id))
                    try await Self.expectFit(page, path)
                }
            }
        }

        private static func expectFit(_ page: Page, _ path: String) async throws {
            let overflow = try await page.evaluate("document.documentElement.scrollWidth - innerWidth").number
            #expect(overflow == 0, "\(path) is wider than the window by \(overflow ?? -1) px")
            #expect(try await page.count(of: "h1") == 1, "\(path)")
            let small = try await page.evaluate(
                """
                [...document.querySelectorAll("button, .button, input:not([type=hidden]), select, textarea")]
                  .filter((element) => element.checkVisibility() && !element.matches("[type=radio], [type=checkbox]"))
                  .filter((element) => element.getBoundingClientRect().height < 48
                    || (element.matches("input, select, textarea") && parseFloat(getComputedStyle(element).fontSize) < 16))
                  .map((element) => element.outerHTML.slice(0, 120))
                """
            ).elements.compactMap(\.text)
            #expect(small.isEmpty, "\(path): too small: \(small)")
        }
    }
}
