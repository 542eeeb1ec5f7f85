import Domain
import Foundation
import TestSupport
import Testing

extension LivePages {
    /// Every page by the rules of WCAG 2.2 AA, in both languages and both themes.
    @Suite("Accessibility")
    struct AxeTests {
        /// A page as somebody has it before them: what is opened, and what is done there first.
        struct View: Sendable {
            var path: String
            var name: String
            var prepare: @Sendable (Page) async throws -> Void

            init(
                _ path: String, _ name: String = "",
                _ prepare: @escaping @Sendable (Page) async throws -> Void = { _ in }
            ) {
                (self.path, self.name, self.prepare) = (path, name, prepare)
            }

            func open(_ page: Page, at address: String, in language: String) async throws {
                let query = path.contains("?") ? "&" : "?"
                try await page.navigate(to: "\(address)\(path)\(query)lang=\(language)")
                try await prepare(page)
            }

            func expectNone(_ page: Page, at address: String, in language: String) async throws {
                try await open(page, at: address, in: language)
                let found = try await page.violationsInBothThemes()
                #expect(found.isEmpty, "\(path) \(name), \(language): \(found.joined(separator: "\n"))")
            }
        }

        static let form = [
            View("/lapor"),
            View("/lapor", "without a category") { page in
                try await page.click("[data-step=apa] [data-next]")
                try await page.wait(until: "document.querySelector('#category .fault')")
            },
            View("/lapor?kategori=lampu_rambu", "with subtypes"),
            View("/lapor?kategori=kebakaran", "with whom to phone"),
            View("/lapor?kategori=sampah", "with the map and a fault") { page in
                try await page.click("[data-open-map]")
                try await page.wait(until: "document.querySelectorAll('#pin-map path.area').length > 40")
                try await page.click("[data-step=di-mana] [data-next]")
                try await page.wait(until: "document.querySelector('#place .fault')")
            },
            View("/lapor?kategori=orang_hilang", "the last step") { page in
                try await page.choose("53.71.03.1010", in: "#area")
                try await page.click("[data-step=di-mana] [data-next]")
                try await page.fill("#description", with: "Anak berbaju merah")
            },
        ]

        static let reading = [
            View("/"), View("/lacak"), View("/lacak?kode=x", "with a fault"), View("/tidak-ada", "404"), View("/masuk"),
            View("/masuk", "after a wrong token") { page in
                try await page.fill("#token", with: "sas_wrong")
                try await page.afterLoad { try await page.click(".sign-in [type=submit]") }
            },
            View("/laporan", "with the map") { page in
                try await page.wait(until: "document.querySelector('.map .sign')")
            },
            View("/laporan?kategori=pelanggaran_bangunan&status=selesai&area=53.71.01.1011", "empty"),
        ]

        @Test("The form and what anybody reads break no rule", arguments: ["id", "en"])
        func citizens(language: String) async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("iklan_liar", "Spanduk di pohon")
                let (secret, _) = try await stage.report("orang_hilang", "Kakek berbaju batik")
                let page = try await stage.citizen(.phone, expecting: [401, 404, 422, 429])
                let told = [View("/lacak/\(code)", "public"), View("/lacak/\(secret)", "in outline")]
                for view in Self.form + Self.reading + told {
                    try await view.expectNone(page, at: stage.address, in: language)
                }
            }
        }

        @Test("What belongs to a reporter breaks no rule: sent, kept, followed, rated", arguments: ["id", "en"])
        func reporter(language: String) async throws {
            try await Stage.play { stage in
                let page = try await stage.citizen(.phone, at: "/lapor?kategori=pkl_liar")
                try await page.afterLoad { try await page.sendForm("Lapak menutup trotoar") }
                let code = try await page.text(of: "#code")
                func expectNone(_ view: View) async throws {
                    try await view.expectNone(page, at: stage.address, in: language)
                }
                try await expectNone(View("/lapor/terkirim/\(code)"))
                try await expectNone(
                    View("/", "with a report kept") { try await $0.wait(until: "document.querySelector('.mine li b')") }
                )
                try await expectNone(
                    View("/lacak/\(code)", "one's own, with a form open") { page in
                        try await page.wait(until: "document.querySelector('.own summary')")
                        try await page.click(".own summary")
                    })
                let officer = try await stage.officer("satpolpp", .desktop)
                try await officer.waitForCard(code, in: "waiting")
                try await officer.openCard(code)
                try await Self.resolve(officer)
                try await expectNone(View("/lacak/\(code)", "one's own, resolved"))
            }
        }

        /// From waiting to resolved, by the keys of the commands.
        private static func resolve(_ officer: Page) async throws {
            try await officer.click("[data-command=acknowledge] button")
            try await officer.wait(until: "document.querySelector('[data-panel] .success')")
            try await officer.press("R")
            try await officer.waitForFocus(on: "#resolve-note")
            try await officer.send("Input.insertText", ["text": "Sudah ditertibkan"])
            try await officer.click("[data-command=resolve] [type=submit]")
            try await officer.wait(for: "Tercatat: selesai.", in: "[data-panel] .success")
        }

        /// What an agency's officer sees, with one of its reports.
        static func desk(_ agency: String, _ code: String, _ id: String, _ screen: Screen) -> [View] {
            let report = "/desk/\(agency)/laporan/\(id)"
            let usual = [
                View("/desk/\(agency)"), View("/desk/\(agency)?cari=zzz&lewat=1", "nothing found"),
                View("/desk/\(agency)?cari=\(code)", "filtered"), View("/desk/\(agency)/cetak"),
                View("/desk/\(agency == "pupr" ? "dlhk" : "pupr")", "403"),
                View("/desk/\(agency)/laporan/\(UUID().uuidString.lowercased())", "404"),
                View(report) { page in
                    try await page.wait(until: "document.querySelector('[data-where]')")
                    try await page.evaluate("document.querySelector('[data-where]').scrollIntoView()")
                    try await page.wait(until: "document.querySelector('[data-where] path.area')")
                    try await page.click(".forwarded summary")
                },
                View("/desk/\(agency)", "with a report open") { page in
                    guard screen == .desktop else { return }
                    try await page.openCard(code)
                },
            ]
            let forms = ["hold", "transfer", "reject", "comment"].map { command in
                View(report, command) { page in try await page.click("[data-command=\(command)] summary") }
            }
            return usual + forms
        }

        static let dashboard = View("/dashboard") { page in
            try await page.evaluate("document.querySelector('.map-side').scrollIntoView()")
            try await page.wait(until: "document.querySelector('[data-areas-map] path.area')")
        }

        @Test(
            "Desk, report, list for paper and dashboard break no rule",
            arguments: [("id", Screen.phone), ("en", Screen.desktop)])
        func staff(language: String, on screen: Screen) async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("parkir_liar", "Truk menutup gang")
                let officer = try await stage.officer("dishub", screen.settings, expecting: [403, 404])
                try await officer.waitForLiveDesk()
                try await officer.waitForCard(code, in: "waiting")
                let id = try #require(try await officer.evaluate("(\(Page.card(code))).dataset.id").text)
                let views = Self.desk("dishub", code, id, screen)
                for view in views { try await view.expectNone(officer, at: stage.address, in: language) }
                let mayor = try await stage.officer("operator", screen.settings)
                try await Self.dashboard.expectNone(mayor, at: stage.address, in: language)
            }
        }

        @Test("What opens without a line breaks no rule, nor does what the front door says by itself")
        func withoutLine() async throws {
            try await Stage.play { stage in
                let line = try Line(to: stage.address)
                defer { line.stop() }
                let citizen = try await stage.citizen(.phone, by: line)
                try await citizen.waitForWorker()
                try await citizen.lose(line)
                for path in ["/", "/lapor?kategori=sampah"] {
                    try await citizen.navigate(to: line.address + path)
                    try await citizen.wait(until: "document.querySelector('[data-offline]').checkVisibility()")
                    let found = try await citizen.violationsInBothThemes()
                    #expect(found.isEmpty, "\(path): \(found.joined(separator: "\n"))")
                }
                let front = try await stage.citizen(.phone, expecting: [404], named: "front door")
                try await front.navigate(to: stage.address + "/nirgends")
                let missing = try await front.violationsInBothThemes()
                #expect(missing.isEmpty, "not-found: \(missing.joined(separator: "\n"))")
                // It is shown when nothing behind the front door answers; its style is found from where this page is.
                let file = Axe.file.deletingLastPathComponent().deletingLastPathComponent()
                    .deletingLastPathComponent().deletingLastPathComponent()
                    .appending(path: "ops/frontdoor/unavailable.html")
                let html = JSONValue.string(try String(contentsOf: file, encoding: .utf8)).json
                try await front.evaluate("document.documentElement.innerHTML = \(html)")
                try await front.wait(
                    until: "getComputedStyle(document.querySelector('header')).borderBottomStyle == 'solid'")
                let away = try await front.violationsInBothThemes()
                #expect(away.isEmpty, "unavailable: \(away.joined(separator: "\n"))")
            }
        }
    }
}
