import Domain
import TestSupport
import Testing

extension LivePages {
    /// A report's way from a citizen to the agency that acts on it, and back; each looks at a window of their own.
    @Suite("The whole story")
    struct StoryTests {
        @Test("A report is sent, worked on and followed to its end, live in every window", arguments: Screen.allCases)
        func story(on screen: Screen) async throws {
            try await Stage.play { stage in
                let desk = try await stage.officer("dlhk", screen.settings, named: "desk")
                try await desk.waitForLiveDesk()
                let dashboard = try await stage.officer("operator", screen.settings)
                try await dashboard.markUnreloaded()
                let before = try await dashboard.tally(of: "dlhk")

                var settings = screen.settings
                settings.position = Stage.oesapa
                let citizen = try await stage.citizen(settings)
                let code = try await Self.send(citizen)

                try await desk.waitForCard(code, in: "waiting")
                let countdown = try #require(
                    try await desk.evaluate("(\(Page.card(code))).querySelector('.countdown').innerText").text)
                #expect(countdown.hasSuffix("lagi"), "\(countdown)")
                try await dashboard.waitForTally(
                    of: "dlhk",
                    .init(received: before.received + 1, open: before.open + 1, resolved: before.resolved))

                try await Self.work(on: code, stage, screen, desk: desk, citizen: citizen)

                try await dashboard.waitForTally(
                    of: "dlhk",
                    .init(received: before.received + 1, open: before.open, resolved: before.resolved + 1))
                for page in [desk, dashboard, citizen] { try await page.requireUnreloaded() }
                try await Self.reopen(code, desk: desk, citizen: citizen)
            }
        }

        /// From the front page to the tracking page; gives the tracking code.
        private static func send(_ citizen: Page) async throws -> String {
            try await citizen.afterLoad { try await citizen.click("a.tile[href='/lapor?kategori=sampah']") }
            try await citizen.click("[data-locate]")
            try await citizen.wait(for: "Oesapa", in: "[data-said]")
            try await citizen.click("[data-step=di-mana] [data-next]")
            try await citizen.fill(
                "#description", with: "Sampah menumpuk sejak tiga hari, <b>baunya</b> sampai ke rumah")
            try await citizen.afterLoad { try await citizen.click("[data-send]") }
            let code = try await citizen.text(of: "#code")
            #expect(code.wholeMatch(of: /KPG-[0-9A-Z]{11}/) != nil, "\(code)")
            #expect(try await citizen.text(of: "#link").contains("/k/"))
            #expect(try await citizen.text(of: "main").contains("Dinas Lingkungan Hidup dan Kebersihan"))
            try await citizen.afterLoad { try await citizen.click("a[href^='/lacak/'].main") }
            try await citizen.markUnreloaded()
            try await citizen.wait(for: "Menunggu tanggapan", in: "h1")
            #expect(try await citizen.text(of: ".text").contains("<b>baunya</b>"))
            return code
        }

        /// The reporter rates what was done, and opens the report again; the desk has it among what waits.
        private static func reopen(_ code: String, desk: Page, citizen: Page) async throws {
            try await citizen.reload()
            try await citizen.click(".mark:nth-child(2)")
            try await citizen.afterLoad { try await citizen.click(".rate [type=submit]") }
            #expect(try await citizen.text(of: ".own .success").contains("nilai Anda tercatat"))
            #expect(try await citizen.text(of: ".history").contains("Dinilai pelapor: 2 dari 5"))
            try await citizen.click("[name=own] summary")
            try await citizen.fill("#reopen-note", with: "Masih ada sisanya")
            try await citizen.afterLoad { try await citizen.click("[name=own][open] [type=submit]") }
            #expect(try await citizen.text(of: "h1").contains("Dibuka kembali"))
            #expect(try await citizen.text(of: ".history").contains("Masih ada sisanya"))
            try await desk.waitForCard(code, in: "waiting")
            try await desk.requireUnreloaded()
        }

        /// An officer acknowledges, starts and resolves; the desk of a colleague and the reporter's page follow.
        private static func work(
            on code: String, _ stage: Stage, _ screen: Screen, desk: Page, citizen: Page
        ) async throws {
            let officer = try await stage.officer("dlhk", screen.settings, named: "officer")
            try await officer.waitForLiveDesk()
            try await officer.openCard(code)
            #expect(try await officer.text(of: "[data-panel] .why").contains("sampah"))
            #expect(try await officer.text(of: "[data-panel] .deadlines").contains("lagi"))

            try await officer.click("[data-command=acknowledge] button")
            try await officer.wait(for: "Sudah ditanggapi.", in: "[data-panel] .success")
            try await desk.waitForCard(code, in: "working")
            try await citizen.wait(for: "Sudah ditanggapi", in: "h1")

            try await officer.press("S")
            try await officer.wait(for: "Sedang dikerjakan", in: "[data-panel] header")
            try await citizen.wait(for: "Sedang dikerjakan", in: "h1")

            try await officer.press("R")
            try await officer.waitForFocus(on: "#resolve-note")
            try await officer.send("Input.insertText", ["text": "Diangkut truk pukul sembilan"])
            try await officer.click("[data-command=resolve] [type=submit]")
            try await officer.wait(for: "Tercatat: selesai.", in: "[data-panel] .success")
            try await desk.waitForCard(code, in: "done")
            try await citizen.wait(for: "Selesai", in: "h1")
            try await citizen.wait(for: "Diangkut truk pukul sembilan", in: ".history")
            // Beside the list nothing is loaded again; on a phone each command is a page.
            if screen == .desktop { try await officer.requireUnreloaded() }
        }

        @Test("A transfer takes the card from one desk and puts it on another")
        func transfer() async throws {
            try await Stage.play { stage in
                let from = try await stage.officer("dlhk", .desktop)
                try await from.waitForLiveDesk()
                let to = try await stage.officer("pupr", .phone)
                try await to.waitForLiveDesk()
                let (code, _) = try await stage.report("sampah", "Drainase tersumbat, bukan hanya sampah")
                try await from.waitForCard(code, in: "waiting")
                try await from.openCard(code)
                try await from.press("T")
                try await from.waitForFocus(on: "#to")
                try await from.choose("pupr", in: "#to")
                try await from.fill("#transfer-reason", with: "Pekerjaan drainase")
                try await from.click("[data-command=transfer] [type=submit]")
                try await from.waitForNoCard(code)
                try await to.waitForCard(code, in: "waiting")
                try await from.wait(until: "document.querySelector('[data-panel-place]').hidden")
                for page in [from, to] { try await page.requireUnreloaded() }
                try await to.openCard(code)
                #expect(try await to.text(of: "[data-panel] .history").contains("Dialihkan"))
            }
        }

        @Test("A report without a category comes to triage, which gives it to an agency")
        func triage() async throws {
            try await Stage.play { stage in
                let desk = try await stage.officer("kominfo", .desktop)
                try await desk.waitForLiveDesk()
                let dishub = try await stage.officer("dishub", .desktop)
                try await dishub.waitForLiveDesk()
                let citizen = try await stage.citizen(.phone, at: "/lapor")
                try await citizen.click("[data-step=apa] .choice:last-child label")
                try await citizen.click("[data-step=apa] [data-next]")
                try await citizen.choose("53.71.03.1010", in: "#area")
                try await citizen.click("[data-step=di-mana] [data-next]")
                try await citizen.fill("#description", with: "Ada mobil berhenti tiga hari di tikungan")
                try await citizen.afterLoad { try await citizen.click("[data-send]") }
                let code = try await citizen.text(of: "#code")

                try await desk.waitForCard(code, in: "waiting")
                #expect(try await desk.evaluate("(\(Page.card(code))).innerText").text?.contains("dipilah") == true)
                try await desk.openCard(code)
                try await desk.click("[data-command=transfer] summary")
                try await desk.choose("dishub", in: "#to")
                try await desk.choose("parkir_liar", in: "#transfer-category")
                try await desk.click("[data-command=transfer] [type=submit]")
                try await desk.waitForNoCard(code)
                try await dishub.waitForCard(code, in: "waiting")
                try await dishub.wait(until: "(\(Page.card(code))).innerText.includes('Parkir liar')")
            }
        }

        @Test("On a phone the open reports are one list, the first due on top, whatever their status")
        func oneList() async throws {
            try await Stage.play { stage in
                let desk = try await stage.officer("dinsos", .phone)
                try await desk.waitForLiveDesk()
                // Due in 24 h once it is in work, and the other one's first answer 24 h after it came, which is later.
                let (first, _) = try await stage.report("orang_hilang", "Nenek belum pulang")
                try await desk.waitForCard(first, in: "waiting")
                let (second, _) = try await stage.report("fasilitas_anak", "Ayunan patah")
                try await desk.waitForCard(second, in: "waiting")
                let officer = try await stage.officer("dinsos", .desktop, named: "officer")
                try await officer.openCard(first)
                try await officer.click("[data-command=acknowledge] button")
                try await desk.waitForCard(first, in: "working")
                let tops =
                    "[\"\(first)\", \"\(second)\"].map((code) => (\(Page.card("CODE"))).getBoundingClientRect().top)"
                    .replacing("\"CODE\"", with: "code")
                let seen = try await desk.evaluate(tops).elements.compactMap(\.number)
                try #require(seen.count == 2)
                #expect(seen[0] < seen[1], "\(seen)")
                #expect(try await desk.isVisible("#working h2") == false)
                try await desk.requireUnreloaded()
            }
        }

        @Test(
            "A fire that is acknowledged elsewhere counts down to the arrival, and keeps its place on top",
            arguments: Screen.allCases)
        func urgent(on screen: Screen) async throws {
            try await Stage.play { stage in
                let desk = try await stage.officer("damkar", screen.settings, named: "desk")
                try await desk.waitForLiveDesk()
                let officer = try await stage.officer("damkar", .phone, named: "officer")
                // In work, so that only its end is still due, which is before the later one's end.
                let (older, _) = try await stage.report("kebakaran", "Alang-alang terbakar di tepi jalan")
                try await desk.waitForCard(older, in: "waiting")
                try await Self.give("acknowledge", on: older, of: desk, by: officer, "Sudah ditanggapi.")
                try await Self.give("start", on: older, of: desk, by: officer, "Tercatat: mulai dikerjakan.")
                try await desk.waitForCard(older, in: "working")

                let (fire, _) = try await stage.report("kebakaran", "Atap rumah terbakar")
                try await desk.waitForCard(fire, in: "waiting")
                if screen == .phone { try await Self.expect(fire, above: older, on: desk) }
                try await Self.give("acknowledge", on: fire, of: desk, by: officer, "Sudah ditanggapi.")
                try await desk.waitForCard(fire, in: "working")
                let card = "(\(Page.card(fire)))"
                let promised = try await desk.evaluate(
                    """
                    fetch('/v1/agencies/damkar/reports/' + \(card).dataset.id).then((answer) => answer.json())
                      .then((report) => Date.parse(report.deadlines.arrive_by))
                    """
                ).number
                try #require(promised != nil)
                #expect(try await desk.evaluate("Date.parse(\(card).dataset.due)").number == promised)
                let countdown = try await desk.evaluate("\(card).querySelector('.countdown').innerText").text ?? ""
                #expect(countdown.hasSuffix("menit lagi"), "\(countdown)")
                try await Self.expect(fire, above: older, on: desk)
                try await desk.requireUnreloaded()
            }
        }

        /// Gives a command of one button on the report's own page.
        private static func give(
            _ command: String, on code: String, of desk: Page, by officer: Page, _ answer: String
        ) async throws {
            let link = try #require(try await desk.evaluate("(\(Page.card(code))).querySelector('a').href").text)
            try await officer.navigate(to: link)
            try await officer.click("[data-command=\(command)] button")
            try await officer.wait(for: answer, in: "[data-panel] .success")
        }

        private static func expect(_ upper: String, above lower: String, on desk: Page) async throws {
            let tops = try await desk.tops(of: [upper, lower])
            try #require(tops.count == 2)
            #expect(tops[0] < tops[1], "\(tops)")
        }

        @Test("The reporter reads why a report was turned away and whom to turn to, and why another one waits")
        func reasons() async throws {
            try await Stage.play { stage in
                let desk = try await stage.officer("satpolpp", .desktop)
                try await desk.waitForLiveDesk()
                let (refused, _) = try await stage.report("iklan_liar", "Papan reklame di tepi jalan nasional")
                let (held, _) = try await stage.report("pkl_liar", "Gerobak menutup trotoar")
                let first = try await stage.citizen(.phone, at: "/lacak/\(refused)", named: "first")
                let second = try await stage.citizen(.phone, at: "/lacak/\(held)", named: "second")
                for (code, page) in [(refused, first), (held, second)] {
                    try await desk.waitForCard(code, in: "waiting")
                    try await page.markUnreloaded()
                    try await page.wait(for: "Menunggu tanggapan", in: "h1")
                }

                let contact = "Balai Jalan Nasional, jalan \"Frans Seda\""
                try await desk.openCard(refused)
                try await desk.click("[data-command=reject] summary")
                try await desk.click("[data-command=reject] input[value=not_ours]")
                try await desk.fill("#refer_to", with: contact)
                try await desk.click("[data-command=reject] [type=submit]")
                try await desk.wait(for: "Tercatat: ditolak.", in: "[data-panel] .success")
                try await first.wait(for: "Ditolak", in: "h1")
                #expect(
                    try await first.text(of: ".history .because")
                        == "Bukan kewenangan kami. Silakan hubungi: \(contact)")

                try await desk.openCard(held)
                try await desk.click("[data-command=hold] summary")
                try await desk.fill("#hold-reason", with: "Menunggu surat peringatan kedua")
                try await desk.click("[data-command=hold] [type=submit]")
                try await desk.wait(for: "Tercatat: ditunda.", in: "[data-panel] .success")
                try await second.wait(for: "Ditunda", in: "h1")
                #expect(try await second.text(of: ".history .because") == "Menunggu surat peringatan kedua")
                for page in [desk, first, second] { try await page.requireUnreloaded() }
            }
        }

        @Test("While a report is open, new ones wait behind a button, and nothing jumps")
        func quiet() async throws {
            try await Stage.play { stage in
                let desk = try await stage.officer("satpolpp", .desktop)
                try await desk.waitForLiveDesk()
                let (first, _) = try await stage.report("iklan_liar", "Spanduk menutup rambu")
                try await desk.waitForCard(first, in: "waiting")
                try await desk.openCard(first)
                let (second, _) = try await stage.report("iklan_liar", "Baliho di trotoar")
                try await desk.wait(for: "1 baru", in: "[data-fresh]")
                #expect(try await desk.evaluate("Boolean(\(Page.card(second)))").flag == false)
                try await desk.click("[data-fresh]")
                try await desk.waitForCard(second, in: "waiting")
                try await desk.press("Escape")
                try await desk.requireUnreloaded()
            }
        }
    }
}

/// They share a city and, with it, what its pages count: one after the other.
@Suite("The pages, live", .serialized)
enum LivePages {}
