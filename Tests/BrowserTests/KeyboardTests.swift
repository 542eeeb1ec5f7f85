import Domain
import TestSupport
import Testing

extension LivePages {
    /// Everything can be done without a mouse, and one sees where one is.
    @Suite("By keyboard alone")
    struct KeyboardTests {
        @Test("A report is sent, followed, acknowledged, resolved and rated", arguments: Screen.allCases)
        func story(on screen: Screen) async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(screen.settings)
                let code = try await Self.send(citizen, byMap: screen == .desktop)

                let officer = try await stage.citizen(screen.settings, at: "/masuk", named: "officer")
                try await officer.tab(to: "#token")
                try await officer.type(try await stage.token(of: "satpolpp"))
                try await officer.afterLoad { try await officer.press("Enter") }
                try await officer.waitForLiveDesk()
                try await Self.work(officer, on: code)

                try await citizen.wait(for: "Selesai", in: "h1")
                try await citizen.reload()
                try await citizen.tab(to: "[name=rating]")
                try await citizen.press(" ")
                for _ in 0..<3 { try await citizen.press("ArrowDown") }
                try await citizen.tab(to: ".rate [type=submit]")
                try await citizen.afterLoad { try await citizen.press("Enter") }
                #expect(try await citizen.text(of: ".history").contains("Dinilai pelapor: 4 dari 5"))
            }
        }

        /// From the front page to the tracking page; gives the tracking code.
        private static func send(_ citizen: Page, byMap: Bool) async throws -> String {
            try await citizen.press("Tab")
            #expect(try await citizen.focusStop().element.contains("class=\"skip\""))
            try await citizen.press("Enter")
            try await citizen.waitForFocus(on: "#main")
            try await citizen.tab(to: "a[href='/lapor'].main")
            try await citizen.afterLoad { try await citizen.press("Enter") }

            try await citizen.wait(until: "document.querySelector('main.stepwise')")
            try await citizen.tab(to: "[name=category]")
            try await citizen.press(" ")
            while try await citizen.evaluate("document.activeElement.value").text != "pkl_liar" {
                try await citizen.press("ArrowDown")
            }
            try await citizen.tab(to: "[data-step=apa] [data-next]")
            try await citizen.press("Enter")
            try await citizen.waitForFocus(on: "[data-step=di-mana]")
            if byMap {
                try await citizen.tab(to: "[data-open-map]")
                try await citizen.press("Enter")
                try await citizen.waitForFocus(on: "#pin-map")
                try await citizen.press("Enter")
                try await citizen.wait(for: "Pin diletakkan", in: "[data-said]")
                let before = try await citizen.value(of: "[name=lon]")
                for _ in 0..<3 { try await citizen.press("ArrowRight") }
                try await citizen.wait(until: "Number(document.querySelector('[name=lon]').value) > \(before)")
            } else {
                try await citizen.tab(to: "#area")
                try await citizen.press("ArrowDown")
                try await citizen.wait(until: "document.querySelector('#area').value !== ''")
            }
            try await citizen.tab(to: "[data-step=di-mana] [data-next]")
            try await citizen.press("Enter")
            try await citizen.waitForFocus(on: "[data-step=cerita]")
            try await citizen.tab(to: "#description")
            try await citizen.type("Lapak menutup trotoar, kursi roda tidak bisa lewat")
            try await citizen.tab(to: "[data-send]")
            try await citizen.afterLoad { try await citizen.press("Enter") }
            let code = try await citizen.text(of: "#code")
            try await citizen.tab(to: "a[href^='/lacak/'].main")
            try await citizen.afterLoad { try await citizen.press("Enter") }
            return code
        }

        private static func work(_ officer: Page, on code: String) async throws {
            try await officer.waitForCard(code, in: "waiting")
            let id = try #require(try await officer.evaluate("(\(Page.card(code))).dataset.id").text)
            try await officer.tab(to: ".card[data-id='\(id)'] a", within: 250)
            try await officer.press("Enter")
            try await officer.wait(
                until:
                    "document.readyState === 'complete' && document.querySelector('[data-panel]')?.dataset.report === '\(id)'"
            )
            try await officer.waitForFocus(on: "[data-panel]")
            try await officer.press("A")
            try await officer.wait(for: "Sudah ditanggapi.", in: "[data-panel] .success")
            try await officer.waitForFocus(on: "[data-panel]")
            // What has no key of its own is reached as well.
            try await officer.tab(to: "[data-command=resolve] summary")
            try await officer.press("Enter")
            try await officer.tab(to: "#resolve-note")
            try await officer.type("Sudah ditertibkan bersama lurah")
            try await officer.tab(to: "[data-command=resolve] [type=submit]")
            try await officer.press("Enter")
            try await officer.wait(for: "Tercatat: selesai.", in: "[data-panel] .success")
        }

        @Test("At the desk one looks for a report, opens it, copies it and comes back to its card")
        func desk() async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("pkl_liar", "Gerobak kelapa muda di tikungan")
                let officer = try await stage.officer("satpolpp", .desktop)
                try await officer.waitForLiveDesk()
                try await officer.tab(to: ".filter summary")
                try await officer.press("Enter")
                try await officer.tab(to: "#cari")
                try await officer.type(code.lowercased())
                try await officer.afterLoad { try await officer.press("Enter") }
                try await officer.waitForLiveDesk()
                #expect(try await officer.count(of: ".card[data-id]:not([data-id=''])") == 1)
                try await officer.tab(to: ".card a")
                try await officer.press("Enter")
                try await officer.waitForFocus(on: "[data-panel]")
                try await officer.tab(to: "[data-copy]")
                try await officer.press("Enter")
                try await officer.press("Escape")
                try await officer.waitForFocus(on: ".card a")
            }
        }

        /// Who goes through what.
        private static let pages: [(holder: String?, path: String)] = [
            (nil, "/"), (nil, "/lapor"), (nil, "/lapor?kategori=lampu_rambu"), (nil, "/lacak"), (nil, "/laporan"),
            (nil, "/masuk"), (nil, "/tidak-ada"), ("satpolpp", "/desk/satpolpp?cari=x"),
            ("satpolpp", "/desk/satpolpp/cetak"), ("operator", "/dashboard"),
        ]

        @Test("Tab leads through every page in the order in which it is read, to its end", arguments: Screen.allCases)
        func order(on screen: Screen) async throws {
            try await Stage.play { stage in
                let people = [
                    nil: try await stage.citizen(screen.settings, expecting: [404]),
                    "satpolpp": try await stage.officer("satpolpp", screen.settings),
                    "operator": try await stage.officer("operator", screen.settings),
                ]
                for (holder, path) in Self.pages {
                    let page = try #require(people[holder])
                    try await page.navigate(to: stage.address + path)
                    let stops = try await page.focusOrder()
                    #expect(!stops.isEmpty && stops.map(\.index) == stops.map(\.index).sorted(), "\(path): \(stops)")
                    for stop in stops {
                        #expect(stop.isSeen, "\(path): out of sight: \(stop.element)")
                        #expect(stop.isMarked, "\(path): nothing marks \(stop.element)")
                    }
                    let last = try await page.evaluate(Self.lastIndex).number
                    #expect(stops.last.map { Double($0.index) } == last, "\(path): Tab does not reach the end")
                }
            }
        }

        /// The last element that can be reached; of radio buttons only one is.
        private static let lastIndex = """
            (() => {
              const all = [...document.querySelectorAll("*")];
              const reached = all.filter((element) => element.matches(
                "a[href], button:not(:disabled), input:not([type=hidden]), select, textarea, summary, [tabindex='0']")
                && element.checkVisibility({ visibilityProperty: true }) && element.tabIndex >= 0);
              return all.indexOf(reached.at(-1));
            })()
            """
    }
}
