import Domain
import TestSupport
import Testing

extension LivePages {
    /// Nothing of the main story needs a script.
    @Suite("Without JavaScript")
    struct UnscriptedTests {
        @Test("Report, track, sign in and the desk's commands work by plain forms", arguments: Screen.allCases)
        func story(on screen: Screen) async throws {
            try await Stage.play { stage in
                var settings = screen.settings
                settings.isScripted = false
                let citizen = try await stage.citizen(settings)
                let code = try await Self.send(citizen)
                try await Self.follow(citizen, code)

                let officer = try await stage.citizen(settings, at: "/masuk", named: "officer")
                try await officer.fill("#token", with: try await stage.token(of: "dlhk"))
                try await officer.afterLoad { try await officer.click(".sign-in [type=submit]") }
                try await officer.waitForCard(code, in: "waiting")
                try await officer.openCard(code)
                try await officer.afterLoad { try await officer.click("[data-command=acknowledge] button") }
                #expect(try await officer.text(of: ".success") == "Sudah ditanggapi.")
                try await officer.afterLoad { try await officer.click("[data-command=start] button") }
                #expect(try await officer.text(of: ".success") == "Tercatat: mulai dikerjakan.")
                try await officer.click("[data-command=resolve] summary")
                try await officer.fill("#resolve-note", with: "Sudah diangkut")
                try await officer.afterLoad { try await officer.click("[data-command=resolve] [type=submit]") }
                #expect(try await officer.text(of: ".success") == "Tercatat: selesai.")
                try await officer.afterLoad { try await officer.click(".crumb a") }
                try await officer.waitForCard(code, in: "done")

                try await citizen.reload()
                #expect(try await citizen.text(of: "h1").contains("Selesai"))
                #expect(try await citizen.text(of: ".history").contains("Sudah diangkut"))
                try await citizen.click(".mark:nth-child(5)")
                try await citizen.afterLoad { try await citizen.click(".rate [type=submit]") }
                #expect(try await citizen.text(of: ".own .success").contains("nilai Anda tercatat"))
            }
        }

        private static func send(_ citizen: Page) async throws -> String {
            try await citizen.afterLoad { try await citizen.click("a[href='/lapor'].main") }
            try await citizen.click("label[for=k-sampah]")
            try await citizen.choose("53.71.03.1010", in: "#area")
            try await citizen.fill("#landmark", with: "Belakang pasar")
            try await citizen.fill("#description", with: "Sampah menumpuk,\ndua baris")
            try await citizen.afterLoad { try await citizen.click("[data-send]") }
            // Other tests' reports lie in the same kelurahan.
            if try await citizen.count(of: "[data-onward]") == 1 {
                #expect(try await citizen.text(of: "main").contains("belum terkirim"))
                try await citizen.afterLoad { try await citizen.click("[data-onward]") }
            }
            #expect(try await citizen.isVisible("[data-copy]") == false)
            return try await citizen.text(of: "#code")
        }

        /// By the code, typed into the box as people type it, until an agency has the report.
        private static func follow(_ citizen: Page, _ code: String) async throws {
            try await citizen.afterLoad { try await citizen.click("header a[href='/lacak']") }
            try await citizen.fill("#kode", with: code.lowercased())
            try await citizen.afterLoad { try await citizen.click(".track [type=submit]") }
            #expect(try await citizen.text(of: ".code-line").contains(code))
            let deadline = ContinuousClock.now + .seconds(15)
            while !(try await citizen.text(of: "h1").contains("Menunggu tanggapan")) {
                try #require(ContinuousClock.now < deadline, "no agency has the report")
                try await citizen.reload()
            }
            #expect(try await citizen.text(of: "main").contains("Dinas Lingkungan Hidup dan Kebersihan"))
            #expect(try await citizen.isVisible("[data-live-note]") == false)
        }

        @Test("The dashboard shows its numbers, and newer ones when it is loaded again", arguments: Screen.allCases)
        func dashboard(on screen: Screen) async throws {
            try await Stage.play { stage in
                var settings = screen.settings
                settings.isScripted = false
                let dashboard = try await stage.officer("operator", settings)
                #expect(try await dashboard.text(of: "h1") == "Dasbor kota")
                #expect(try await dashboard.text(of: ".period").contains("data per"))
                let before = try await dashboard.tally(of: "dishub")
                _ = try await stage.report("parkir_liar", "Mobil menutup jalan masuk")
                let after = Page.Tally(received: before.received + 1, open: before.open + 1, resolved: before.resolved)
                let deadline = ContinuousClock.now + .seconds(20)
                while try await dashboard.tally(of: "dishub") != after {
                    try #require(ContinuousClock.now < deadline, "the dashboard does not count the report")
                    try await dashboard.reload()
                }
                // The six figures, of which the first is the sum of the agencies' rows.
                let figures = try await dashboard.evaluate(
                    "[...document.querySelectorAll('.figure-value')].map((figure) => figure.innerText)"
                ).elements.compactMap(\.text)
                try #require(figures.count == 6, "\(figures)")
                #expect(figures.allSatisfy { !$0.isEmpty }, "\(figures)")
                let received = try await dashboard.evaluate(
                    """
                    [...document.querySelectorAll('[data-live=agencies] tbody tr')]
                      .reduce((sum, row) => sum + Number(row.querySelector('td').dataset.value), 0)
                    """
                ).number
                #expect(Double(figures[0].filter(\.isNumber)) == received, "\(figures)")
                #expect(try await dashboard.text(of: "[data-live=categories]").contains("Parkir liar"))
                #expect(try await dashboard.text(of: "[data-area='53.71.03.1010']").contains("Oesapa"))
                // What only a script could fill is not there, and nothing claims to renew itself.
                #expect(try await dashboard.isVisible("[data-areas-map]") == false)
                #expect(try await dashboard.isVisible("[data-live-note]") == false)
            }
        }

        @Test("A stale form is told, and what was typed into a faulty one stays")
        func refusals() async throws {
            try await Stage.play { stage in
                var settings = Page.Settings.phone
                settings.isScripted = false
                let (code, _) = try await stage.report("iklan_liar", "Spanduk di pohon")
                let first = try await stage.officer("satpolpp", settings, expecting: [412, 422], named: "first")
                let second = try await stage.officer("satpolpp", settings, named: "second")
                let deadline = ContinuousClock.now + .seconds(20)
                for page in [first, second] {
                    while try await page.evaluate("Boolean(\(Page.card(code)))").flag != true {
                        try #require(ContinuousClock.now < deadline, "the desk does not show the report")
                        try await page.reload()
                    }
                    try await page.openCard(code)
                }
                try await second.afterLoad { try await second.click("[data-command=acknowledge] button") }
                try await first.afterLoad { try await first.click("[data-command=start] button") }
                try await first.waitForFocus(on: ".summary")
                #expect(try await first.text(of: ".summary").contains("diubah orang lain"))
                #expect(try await first.text(of: "header .status b") == "Sudah ditanggapi")
            }
        }
    }
}
