import Domain
import Foundation
import TestSupport
import Testing

extension LivePages {
    /// What the city shows of itself, and what it asks and offers before a report is sent.
    @Suite("The city's own pages")
    struct CityTests {
        private static func settings(isScripted: Bool) -> Page.Settings {
            var settings = Page.Settings.phone
            settings.isScripted = isScripted
            return settings
        }

        @Test("A report that is there already is offered while the place is said, and followed instead")
        func followed() async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("parkir_liar", "Truk di trotoar", area: "53.71.02.1005")
                try await Self.waitUntilOpen(code, stage)
                let citizen = try await stage.citizen(.phone, at: "/lapor?kategori=parkir_liar")
                try await citizen.choose("53.71.02.1005", in: "#area")
                try await citizen.wait(until: "document.querySelector('[data-similar]').checkVisibility()")
                #expect(try await citizen.text(of: "[data-similar]").contains("Truk di trotoar"))
                #expect(try await citizen.text(of: "[data-similar-said]").contains("laporan serupa"))
                try await citizen.afterLoad { try await citizen.click("[data-similar] button") }
                #expect(try await citizen.address.contains("/lacak/\(code)"))
                #expect(try await citizen.text(of: ".success").contains("Anda juga mengalami"))
                // Another kind of problem at the same place is offered nothing.
                try await citizen.navigate(to: stage.address + "/lapor?kategori=iklan_liar")
                try await citizen.choose("53.71.02.1005", in: "#area")
                try await citizen.wait(
                    until: "performance.getEntriesByType('resource').some(({ name }) => name.includes('nearby'))")
                #expect(try await citizen.isVisible("[data-similar]") == false)
            }
        }

        @Test("Without scripts a page stands between, once; following and sending both lead on from it")
        func between() async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("pkl_liar", "Lapak di tikungan", area: "53.71.02.1007")
                try await Self.waitUntilOpen(code, stage)
                let citizen = try await stage.citizen(Self.settings(isScripted: false), at: "/lapor?kategori=pkl_liar")
                func fillIn() async throws {
                    try await citizen.choose("53.71.02.1007", in: "#area")
                    try await citizen.fill("#description", with: "Lapak menutup \"trotoar\"")
                    try await citizen.afterLoad { try await citizen.click("[data-send]") }
                    #expect(try await citizen.text(of: "main").contains("belum terkirim"))
                    #expect(try await citizen.text(of: ".similar").contains("Lapak di tikungan"))
                }
                try await fillIn()
                try await citizen.afterLoad { try await citizen.click(".similar [type=submit]") }
                #expect(try await citizen.text(of: ".success").contains("Anda juga mengalami"))
                try await citizen.navigate(to: stage.address + "/lapor?kategori=pkl_liar")
                try await fillIn()
                try await citizen.afterLoad { try await citizen.click("[data-onward]") }
                #expect(try await citizen.text(of: "h1") == "Laporan terkirim")
                let own = try await citizen.text(of: "#code")
                try await citizen.afterLoad { try await citizen.click("a[href='/lacak/\(own)'].main") }
                #expect(try await citizen.text(of: ".text") == "Lapak menutup \"trotoar\"")
            }
        }

        private static func waitUntilOpen(_ code: String, _ stage: Stage) async throws {
            let door = Door(stage.address)
            try await TestSupport.wait(for: "an agency to have \(code)", within: .seconds(15)) {
                try await door.get("/v1/reports/\(code)")["status"]?.text == "assigned"
            }
        }

        @Test("A fire is sent at once, whatever is open nearby")
        func urgent() async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("kebakaran", "Api di gudang", area: "53.71.02.1006")
                try await Self.waitUntilOpen(code, stage)
                let citizen = try await stage.citizen(Self.settings(isScripted: false), at: "/lapor?kategori=kebakaran")
                try await citizen.choose("53.71.02.1006", in: "#area")
                try await citizen.fill("#description", with: "Api di gudang beras")
                try await citizen.afterLoad { try await citizen.click("[data-send]") }
                #expect(try await citizen.text(of: "h1") == "Laporan terkirim")
            }
        }

        @Test("What a category asks is asked last, and the officer reads the answers", arguments: [true, false])
        func questions(isScripted: Bool) async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(
                    Self.settings(isScripted: isScripted), at: "/lapor?kategori=lampu_rambu")
                try await citizen.click("[name=subtype][value=rambu]")
                if isScripted { try await citizen.click("[data-step=apa] [data-next]") }
                try await citizen.choose("53.71.01.1011", in: "#area")
                if isScripted {
                    try await citizen.click("[data-step=di-mana] [data-next]")
                    try await citizen.wait(until: "document.querySelector('#q-lampu_rambu-jumlah').checkVisibility()")
                    #expect(try await citizen.isVisible("#q-sampah-banyaknya") == false)
                }
                try await citizen.fill("#q-lampu_rambu-jumlah", with: "2")
                try await citizen.fill("#q-lampu_rambu-nomor_tiang", with: "NT-17")
                try await citizen.fill("#description", with: "Rambu roboh")
                try await citizen.afterLoad { try await citizen.click("[data-send]") }
                if try await citizen.count(of: "[data-onward]") == 1 {
                    try await citizen.afterLoad { try await citizen.click("[data-onward]") }
                }
                let code = try await citizen.text(of: "#code")
                let officer = try await stage.officer("dishub", .desktop)
                try await officer.waitForLiveDesk()
                try await officer.waitForCard(code, in: "waiting")
                try await officer.openCard(code)
                let panel = try await officer.text(of: "[data-panel]")
                #expect(panel.contains("Berapa yang rusak?") && panel.contains("NT-17"), "\(panel)")
            }
        }

        @Test("An answer that cannot be one is refused beside its field")
        func refusedAnswer() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(
                    .phone, at: "/lapor?kategori=lampu_rambu", expecting: [422])
                try await citizen.click("[data-step=apa] [data-next]")
                try await citizen.choose("53.71.01.1011", in: "#area")
                try await citizen.click("[data-step=di-mana] [data-next]")
                try await citizen.fill("#q-lampu_rambu-jumlah", with: "0")
                try await citizen.fill("#description", with: "Lampu mati")
                try await citizen.click("[data-send]")
                try await citizen.wait(for: "1–200", in: "[data-refusal]")
                try await citizen.waitForFocus(on: "[data-refusal]")
                try await citizen.wait(until: "document.querySelector('#q-lampu_rambu-jumlah[aria-invalid]')")
                try await citizen.click("[data-refusal] a")
                try await citizen.waitForFocus(on: "#q-lampu_rambu-jumlah")
            }
        }

        @Test("What the operator announces is seen where it matters, until it is ended; all without a script there")
        func announced() async throws {
            try await Stage.play { stage in
                let desk = try await stage.officer(
                    "operator", Self.settings(isScripted: false), at: "/pengumuman")
                let words = "Fogging di Naioni, pengujian \(UUID().uuidString.prefix(8))"
                try await desk.fill("#text_id", with: words)
                try await desk.choose("fasilitas_anak", in: "#category")
                let city = DateFormatter()
                city.locale = Locale(identifier: "en_US_POSIX")
                city.timeZone = TimeZone(secondsFromGMT: 28_800)
                city.dateFormat = "yyyy-MM-dd'T'HH:mm"
                let until = city.string(from: Date(timeIntervalSinceNow: 7_200))
                try await desk.evaluate("document.querySelector('#until').value = '\(until)'")
                try await desk.click("details.areas summary")
                try await desk.click("[name=areas][value='53.71.01.1011']")
                try await desk.afterLoad { try await desk.click("form[action='/pengumuman'] [type=submit]") }
                #expect(try await desk.text(of: ".success") == "Pengumuman tersimpan.")
                #expect(try await desk.text(of: ".announced").contains("Naioni"))

                let citizen = try await stage.citizen(.phone)
                try await Self.reload(citizen, until: true, words)
                try await citizen.navigate(to: stage.address + "/lapor?kategori=fasilitas_anak")
                try await citizen.wait(until: Self.shows(words))
                try await citizen.choose("53.71.03.1010", in: "#area")
                try await citizen.wait(until: "!(\(Self.shows(words)))")
                try await citizen.choose("53.71.01.1011", in: "#area")
                try await citizen.wait(until: Self.shows(words))
                try await desk.afterLoad { try await desk.click(".announced form [type=submit]") }
                #expect(try await desk.text(of: ".success") == "Pengumuman diakhiri.")
                try await citizen.navigate(to: stage.address + "/laporan")
                try await Self.reload(citizen, until: false, words)
            }
        }

        private static func shows(_ words: String) -> String {
            "[...document.querySelectorAll('.known')].some((one) => one.checkVisibility() && one.innerText.includes('\(words)'))"
        }

        /// The pages ask for what is announced once in some seconds.
        private static func reload(_ page: Page, until isShown: Bool, _ words: String) async throws {
            let deadline = ContinuousClock.now + .seconds(20)
            while try await page.evaluate(shows(words)).flag != isShown {
                try #require(ContinuousClock.now < deadline, "\(words) should be shown: \(isShown)")
                try await page.reload()
            }
        }

        @Test("A place is looked for by its name, and one that is not known is said beside the field")
        func search() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(Self.settings(isScripted: false), at: "/laporan")
                try await citizen.click(".choose-box summary")
                try await citizen.fill("#dekat", with: "jalan Oesapa")
                try await citizen.afterLoad { try await citizen.click(".choose [type=submit]") }
                #expect(try await citizen.address.hasSuffix("/laporan?area=53.71.03.1010"))
                #expect(try await citizen.value(of: "#area") == "53.71.03.1010")
                try await citizen.navigate(to: stage.address + "/laporan?dekat=kecamatan+oebobo")
                #expect(try await citizen.address.hasSuffix("/laporan?kecamatan=53.71.04"))
                #expect(try await citizen.text(of: ".district").contains("Kecamatan Oebobo"))
                try await citizen.click(".choose-box summary")
                try await citizen.fill("#dekat", with: "Jakarta")
                try await citizen.afterLoad { try await citizen.click(".choose [type=submit]") }
                #expect(try await citizen.text(of: "#dekat-fault").contains("tidak ada dalam daftar"))
                #expect(try await citizen.value(of: "#dekat") == "Jakarta")
            }
        }

        @Test("How the city performs is read without a script, in both periods", arguments: Screen.allCases)
        func performance(on screen: Screen) async throws {
            try await Stage.play { stage in
                var settings = screen.settings
                settings.isScripted = false
                let citizen = try await stage.citizen(settings)
                try await citizen.afterLoad { try await citizen.click("footer a[href='/kinerja']") }
                #expect(try await citizen.text(of: ".period").contains("data per hari ini"))
                #expect(try await citizen.count(of: "section[aria-labelledby=agencies-heading] tbody tr") >= 7)
                #expect(try await citizen.text(of: "section[aria-labelledby=categories-heading]").contains("Sampah"))
                try await citizen.afterLoad { try await citizen.click(".spans a:not([aria-current])") }
                #expect(try await citizen.text(of: ".spans [aria-current]") == "12 bulan")
                #expect(try await citizen.text(of: "#flow-heading").contains("per bulan"))
            }
        }
    }
}
