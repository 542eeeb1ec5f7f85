import Domain
import TestSupport
import Testing

extension LivePages {
    /// What an officer has beside the cards: looking for something, the sound, the ways to the field, paper.
    @Suite("The desk's tools", .serialized)
    struct DeskToolsTests {
        @Test("A desk that shows a choice lets in what fits and nothing else, live", arguments: Screen.allCases)
        func filterLive(on screen: Screen) async throws {
            try await Stage.play { stage in
                let word = "gerobak\(screen)"
                let desk = try await stage.officer("satpolpp", screen.settings)
                try await desk.waitForLiveDesk()
                if try await !desk.isVisible("#cari") { try await desk.click(".filter summary") }
                try await desk.fill("#cari", with: word.uppercased())
                try await desk.choose("pkl_liar", in: "#kategori")
                try await desk.choose("53.71.03.1010", in: "#area")
                try await desk.afterLoad { try await desk.click(".filter [type=submit]") }
                #expect(try await desk.value(of: "#cari") == word.uppercased())
                #expect(try await desk.text(of: ".filtered-by").contains("Oesapa"))
                try await desk.waitForLiveDesk()

                // One lacks the word, one the kelurahan, one the category; the last one fits.
                _ = try await stage.report("pkl_liar", "Lapak buah")
                _ = try await stage.report("pkl_liar", "Satu \(word)", area: "53.71.01.1008")
                _ = try await stage.report("iklan_liar", "Spanduk pada \(word)")
                let (code, _) = try await stage.report("pkl_liar", "Dua \(word) di trotoar")
                try await desk.waitForCard(code, in: "waiting")
                try await desk.wait(for: "3 laporan baru di luar saringan", in: "[data-outside]")
                #expect(try await desk.count(of: ".columns .card") == 1)

                // What another officer does is followed; what no longer fits leaves.
                let colleague = try await stage.officer("satpolpp", .desktop, named: "colleague")
                try await colleague.waitForCard(code, in: "waiting")
                try await colleague.openCard(code)
                try await colleague.click("[data-command=acknowledge] button")
                try await desk.waitForCard(code, in: "working")
                try await colleague.wait(for: "Sudah ditanggapi.", in: "[data-panel] .success")
                try await colleague.press("R")
                try await colleague.waitForFocus(on: "#resolve-note")
                try await colleague.send("Input.insertText", ["text": "Sudah pindah"])
                try await colleague.click("[data-command=resolve] [type=submit]")
                try await desk.waitForNoCard(code)
                try await desk.requireUnreloaded()
                try await desk.afterLoad { try await desk.click(".filtered-by a") }
                #expect(try await desk.address == stage.address + "/desk/satpolpp")
                #expect(try await desk.count(of: "[data-column]") == 3)
            }
        }

        @Test("A chosen status follows the reports as they go on")
        func statusLive() async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("pkl_liar", "Tenda di taman")
                let desk = try await stage.officer("satpolpp", .desktop, at: "/desk/satpolpp?status=acknowledged")
                try await desk.waitForLiveDesk()
                #expect(try await desk.evaluate("Boolean(\(Page.card(code)))").flag == false)
                let colleague = try await stage.officer("satpolpp", .desktop, named: "colleague")
                try await colleague.waitForCard(code, in: "waiting")
                try await colleague.openCard(code)
                try await colleague.click("[data-command=acknowledge] button")
                try await desk.waitForCard(code, in: "working")
                try await colleague.wait(for: "Sudah ditanggapi.", in: "[data-panel] .success")
                try await colleague.click("[data-command=start] button")
                try await desk.waitForNoCard(code)
                try await desk.requireUnreloaded()
            }
        }

        @Test("Looking for something needs no script")
        func filterUnscripted() async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("pkl_liar", "Kios rokok di halte")
                _ = try await stage.report("pkl_liar", "Kios pulsa di jembatan")
                var settings = Page.Settings.phone
                settings.isScripted = false
                let desk = try await stage.officer("satpolpp", settings)
                try await desk.click(".filter summary")
                try await desk.fill("#cari", with: "ROKOK halte")
                try await desk.afterLoad { try await desk.click(".filter [type=submit]") }
                let deadline = ContinuousClock.now + .seconds(15)
                while try await desk.evaluate("Boolean(\(Page.card(code)))").flag != true {
                    try #require(ContinuousClock.now < deadline, "the desk does not show what fits")
                    try await desk.reload()
                }
                #expect(try await desk.count(of: ".columns .card") == 1)
                #expect(try await desk.isVisible("[data-sound]") == false)
                try await desk.afterLoad { try await desk.click(".desk-tools a.button") }
                #expect(try await desk.count(of: "tbody tr") == 1)
                #expect(try await desk.text(of: "tbody tr").contains("Kios rokok di halte"))
                #expect(try await desk.isVisible("[data-print]") == false)
                #expect(try await desk.isVisible("[data-unscripted]"))
            }
        }

        /// Notes the tones that a page makes: pitch in hertz and moment in milliseconds.
        private static let listening = """
            window.heard = [];
            const start = OscillatorNode.prototype.start;
            OscillatorNode.prototype.start = function (at) {
              heard.push({ pitch: this.frequency.value, at: performance.now() });
              return start.call(this, at);
            };
            """

        /// Others may report to the same agency meanwhile, so nothing counts exactly.
        @Test("The sound is off until it is wanted, and differs for what is urgent; a rush is one sound")
        func sound() async throws {
            try await Stage.play { stage in
                let desk = try await stage.officer("dinsos", .desktop)
                try await desk.waitForLiveDesk()
                try await desk.evaluate(Self.listening)
                let (first, _) = try await stage.report("fasilitas_anak", "Ayunan rusak")
                try await desk.waitForCard(first, in: "waiting")
                #expect(try await desk.text(of: "[data-sound]") == "Bunyi: mati")
                #expect(try await desk.evaluate("heard.length").number == 0)

                try await desk.click("[data-sound]")
                try await desk.wait(for: "Bunyi: nyala", in: "[data-sound]")
                try await desk.wait(until: "heard.length >= 2")
                try await desk.evaluate("heard.length = 0")
                for number in 1...6 {
                    let (code, _) = try await stage.report("fasilitas_anak", "Jungkat-jungkit \(number)")
                    try await desk.waitForCard(code, in: "waiting")
                }
                try await desk.wait(until: "heard.some(({ pitch }) => pitch === 660)")
                let pauses = try await desk.evaluate(
                    """
                    heard.filter(({ pitch }) => pitch === 660).map(({ at }) => at)
                      .map((at, index, all) => all[index + 1] - at).filter((pause) => pause < 2000)
                    """)
                #expect(pauses.elements.isEmpty, "\(pauses.json) ms between two")
                let (urgent, _) = try await stage.report("orang_hilang", "Nenek berkebaya biru")
                try await desk.waitForCard(urgent, in: "waiting")
                try await desk.wait(until: "heard.filter(({ pitch }) => pitch === 988).length >= 3")
            }
        }

        @Test("After a reload the sound waits for the first touch, and can be switched off for good")
        func soundRemembered() async throws {
            try await Stage.play { stage in
                let desk = try await stage.officer("dinsos", .phone)
                try await desk.click("[data-sound]")
                try await desk.wait(for: "Bunyi: nyala", in: "[data-sound]")
                try await desk.reload()
                try await desk.wait(for: "Bunyi: ketuk", in: "[data-sound]")
                try await desk.press("Tab")
                try await desk.wait(for: "Bunyi: nyala", in: "[data-sound]")
                try await desk.click("[data-sound]")
                try await desk.wait(for: "Bunyi: mati", in: "[data-sound]")
                try await desk.reload()
                try await desk.wait(for: "Bunyi: mati", in: "[data-sound]")
            }
        }

        @Test(
            "A report goes to the field: to the phone's navigation, and as a text for the team",
            arguments: Screen.allCases)
        func forward(on screen: Screen) async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("pkl_liar", "Lapak di jalur landai & licin")
                let officer = try await stage.officer("satpolpp", screen.settings)
                try await officer.waitForLiveDesk()
                try await officer.waitForCard(code, in: "waiting")
                try await officer.openCard(code)
                #expect(try await officer.count(of: "[data-panel] a[href^='geo:-10.']") == 1)
                try await officer.allow(["clipboardReadWrite", "clipboardSanitizedWrite"])
                try await officer.click("[data-panel] [data-copy]")
                try await officer.wait(for: "Tersalin", in: "[data-panel] [data-copy]")
                let copied = try await officer.evaluate("navigator.clipboard.readText()").text ?? ""
                let sent = try await officer.evaluate(
                    "new URL(document.querySelector(\"[data-panel] a[href^='https://wa.me/']\").href).searchParams.get('text')"
                ).text
                #expect(copied == sent)
                for part in [
                    "*Pedagang kaki lima liar* · \(code)", "Kelurahan Oesapa", "https://www.google.com/maps/search/",
                    "Ditanggapi paling lambat: ", "Lapak di jalur landai & licin",
                ] { #expect(copied.contains(part), "\(copied)") }
            }
        }

        @Test("On paper there is the table and nothing to press")
        func paper() async throws {
            try await Stage.play { stage in
                _ = try await stage.report("pkl_liar", "Meja di badan jalan")
                let officer = try await stage.officer("satpolpp", .desktop)
                try await officer.waitForLiveDesk()
                try await officer.afterLoad { try await officer.click(".desk-tools a.button") }
                #expect(try await officer.isVisible("[data-print]"))
                try await officer.evaluate("window.printed = 0; window.print = () => { printed += 1 }")
                try await officer.click("[data-print]")
                try await officer.wait(until: "printed === 1")
                try await officer.send("Emulation.setEmulatedMedia", ["media": "print"])
                for gone in [".top", ".crumb a", "[data-print]"] {
                    #expect(try await officer.isVisible(gone) == false, "\(gone)")
                }
                #expect(try await officer.isVisible("table thead"))
                #expect(try await officer.text(of: "table").contains("Meja di badan jalan"))
                let sheet = try await officer.send("Page.printToPDF", ["preferCSSPageSize": true])
                let document = try #require(sheet["data"]?.text)
                #expect(document.hasPrefix("JVBERi0"))
            }
        }
    }
}
