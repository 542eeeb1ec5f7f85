import Domain
import Foundation
import TestSupport
import Testing

extension LivePages {
    /// Reports that are written without a line, or on one that breaks: each arrives once, and none in silence.
    @Suite("Reports wait on the phone")
    struct OutboxTests {
        /// Of each run's own reports, to count them by.
        private let mark = "Uji \(UUID().uuidString.prefix(8))"

        @Test("A report that is written without a line arrives once when it is back", arguments: Screen.allCases)
        func offline(on screen: Screen) async throws {
            try await Stage.play { stage, line in
                let citizen = try await stage.citizen(screen.settings, by: line)
                try await citizen.waitForWorker()
                try await citizen.lose(line)
                try await citizen.navigate(to: line.address + "/lapor?kategori=iklan_liar")
                try await citizen.sendForm("\(mark) spanduk di pohon")
                try await citizen.wait(for: "aman di ponsel ini", in: "[data-underway]")
                try await citizen.waitForFocus(on: "[data-underway]")
                // The page is closed, and another one finds the report.
                try await citizen.navigate(to: line.address + "/")
                try await citizen.wait(for: "Menunggu sambungan", in: "[data-mine] li")
                #expect(try await citizen.text(of: "[data-mine] li").contains("Iklan liar"))
                #expect(try await stage.arrivals(at: "satpolpp", saying: mark).isEmpty)

                try await citizen.find(line)
                try await citizen.wait(for: "Terkirim", in: "[data-mine] li")
                let code = try #require(try await citizen.keptReports().first?["receipt"]?["tracking_code"]?.text)
                #expect(try await citizen.text(of: "[data-mine] li").contains(code))
                #expect(try await stage.waitForArrivals(1, at: "satpolpp", saying: mark).values.allSatisfy { $0 == 1 })
                // The list leads to the report as its own reporter sees it.
                try await citizen.afterLoad { try await citizen.click("[data-mine] [data-part=follow]") }
                #expect(try await citizen.address == "\(line.address)/lacak/\(code)")
                #expect(try await citizen.text(of: ".text") == "\(mark) spanduk di pohon")
            }
        }

        @Test("An answer that is lost is asked for again, and gives the same receipt", arguments: Line.Fate.allCases)
        func lost(fate: Line.Fate) async throws {
            try await Stage.play { stage, line in
                let citizen = try await stage.citizen(.phone, at: "/lapor?kategori=iklan_liar", by: line)
                line.decide([fate, fate])
                try await citizen.afterLoad(within: .seconds(60)) {
                    try await citizen.sendForm("\(mark) \(fate)")
                }
                let code = try await citizen.text(of: "#code")
                #expect(try await citizen.keptReports().first?["receipt"]?["tracking_code"]?.text == code)
                #expect(
                    try await stage.waitForArrivals(1, at: "satpolpp", saying: mark) == ["\(mark) \(fate)": 1])
            }
        }

        @Test("Two windows that send at once send it once")
        func twoWindows() async throws {
            try await Stage.play { stage, line in
                let first = try await stage.citizen(.phone, named: "first", by: line)
                try await first.waitForWorker()
                let second = try await stage.citizen(.phone, named: "second", by: line, beside: first)
                try await first.lose(line)
                try await second.setOffline(true)
                try await first.navigate(to: line.address + "/lapor?kategori=iklan_liar")
                try await first.sendForm("\(mark) baliho")
                try await first.wait(for: 1, "waiting")
                let before = line.reports
                line.restore()
                async let one: Void = first.setOffline(false)
                async let other: Void = second.setOffline(false)
                _ = try await (one, other)
                try await second.wait(for: "Terkirim", in: "[data-mine] li")
                #expect(line.reports - before == 1)
                #expect(try await stage.waitForArrivals(1, at: "satpolpp", saying: mark) == ["\(mark) baliho": 1])
            }
        }

        @Test("What the city refuses is shown with what is wrong, kept, and sent once it is corrected")
        func refused() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(
                    .phone, at: "/lapor?kategori=iklan_liar", expecting: [422])
                try await citizen.sendForm("\(mark) papan", fields: ["rt": "x"])
                try await citizen.waitForFocus(on: "[data-refusal]")
                #expect(try await citizen.text(of: "[data-refusal]").contains("belum bisa diterima"))
                #expect(try await citizen.count(of: ".field.wrong #rt") == 1)

                try await citizen.navigate(to: stage.address + "/")
                try await citizen.wait(for: "Perlu diperbaiki", in: "[data-mine] li")
                try await citizen.afterLoad { try await citizen.click("[data-part=correct]") }
                try await citizen.waitForFocus(on: "[data-refusal]")
                #expect(try await citizen.value(of: "#description") == "\(mark) papan")
                try await citizen.click("[data-refusal] a[href='#rt']")
                try await citizen.waitForFocus(on: "#rt")
                try await citizen.fill("#rt", with: "7")
                try await citizen.afterLoad {
                    try await citizen.evaluate("document.querySelector('[data-report]').requestSubmit()")
                }
                #expect(try await citizen.text(of: "#code").hasPrefix("KPG-"))
                #expect(try await citizen.keptReports().map { $0["state"]?.text } == ["sent"])
                #expect(try await stage.waitForArrivals(1, at: "satpolpp", saying: mark) == ["\(mark) papan": 1])
            }
        }

        @Test("What is half written outlives a reload, and is gone once it is sent")
        func draft() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(.phone, at: "/lapor?kategori=iklan_liar")
                try await citizen.wait(until: "document.querySelector('[data-report]').matches('[data-kept]')")
                try await citizen.choose("53.71.03.1010", in: "#area")
                try await citizen.click("[data-step=di-mana] [data-next]")
                try await citizen.fill("#description", with: "\(mark) belum")
                try await citizen.waitForDraft(saying: "\(mark) belum")
                try await citizen.reload()
                try await citizen.wait(until: "!document.querySelector('[data-restored]').hidden")
                #expect(try await citizen.value(of: "#description") == "\(mark) belum")
                #expect(try await citizen.value(of: "#area") == "53.71.03.1010")
                try await citizen.afterLoad {
                    try await citizen.evaluate("document.querySelector('[data-report]').requestSubmit()")
                }
                try await citizen.navigate(to: stage.address + "/lapor")
                try await citizen.wait(for: 1, "sent")
                #expect(try await citizen.value(of: "#description") == "")
                #expect(try await citizen.isVisible("[data-restored]") == false)
            }
        }

        @Test("A report that waits can be deleted after a question, and a sent one taken off the phone")
        func removal() async throws {
            try await Stage.play { stage, line in
                let citizen = try await stage.citizen(.phone, at: "/lapor?kategori=iklan_liar", by: line)
                try await citizen.waitForWorker()
                try await citizen.afterLoad { try await citizen.sendForm("\(mark) satu") }
                try await citizen.lose(line)
                try await citizen.navigate(to: line.address + "/lapor?kategori=iklan_liar")
                try await citizen.sendForm("\(mark) dua")
                try await citizen.wait(for: 1, "waiting")
                try await citizen.navigate(to: line.address + "/")
                try await citizen.wait(until: "document.querySelectorAll('[data-mine] li').length === 2")
                // The newest first: the one that waits, then the one that was sent.
                for left in [1, 0] {
                    let item = "[data-mine] li:first-child"
                    try await citizen.click("\(item) [data-part=remove]")
                    try await citizen.waitForFocus(on: "\(item) [data-part=yes]")
                    try await citizen.click("\(item) [data-part=yes]")
                    try await citizen.wait(until: "document.querySelectorAll('[data-mine] li').length === \(left)")
                }
                try await citizen.wait(until: "document.querySelector('[data-nothing]').checkVisibility()")
                try await citizen.find(line)
                #expect(try await citizen.keptReports().isEmpty)
                #expect(try await stage.waitForArrivals(1, at: "satpolpp", saying: mark) == ["\(mark) satu": 1])
            }
        }

        @Test("Only what our own server says ends the waiting: a receipt, or a refusal with its reasons")
        func judged() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(.phone)
                for (answer, outcome) in Self.answers {
                    let told = try await citizen.evaluate(
                        """
                        import('/assets/attempt.js').then(({ judge }) => {
                          const receipt = { tracking_code: 'KPG-1', links: { manage: '/k/1' } };
                          const problem = { title: 'Problem', errors: [{ pointer: '/rt', code: 'x', message: 'y' }] };
                          return judge(\(answer)); })
                        """)
                    #expect(told[outcome] != nil, "\(answer): \(told.json)")
                    if answer.contains("'30'") { #expect(told["wait_ms"]?.number == 30_000) }
                }
            }
        }

        private static let answers = [
            ("201, 'application/json', receipt, null", "sent"),
            ("200, 'application/json', receipt, null", "sent"),
            // A sign-in page of somebody's network.
            ("200, 'text/html', undefined, null", "later"),
            ("200, 'application/json', {}, null", "later"),
            ("422, 'application/problem+json', problem, null", "refused"),
            ("413, 'application/problem+json', problem, null", "refused"),
            ("403, 'text/html', undefined, null", "later"),
            ("409, 'application/problem+json', problem, '1'", "later"),
            ("408, 'application/problem+json', problem, null", "later"),
            ("429, 'application/problem+json', problem, '30'", "later"),
            ("500, 'application/problem+json', problem, null", "later"),
            ("503, 'application/problem+json', problem, 'soon'", "later"),
        ]

        @Test("Fifty reports on a line that is cut at any moment arrive once each", .timeLimit(.minutes(2)))
        func fifty() async throws {
            try await Stage.play { stage, line in
                let citizen = try await stage.citizen(.phone, by: line)
                try await citizen.waitForWorker()
                var generator = SeededGenerator(seed: 50)
                for number in 1...50 {
                    line.decide((0..<4).map { _ in Line.Fate.allCases.randomElement(using: &generator)! })
                    if Bool.random(using: &generator) { line.cut() } else { line.restore() }
                    try await Self.write("\(mark) \(number)", as: number, by: line, citizen, &generator)
                }
                line.decide([])
                line.restore()
                try await citizen.arrive(at: line.address + "/")
                try await citizen.wait(for: 50, "sent", within: .seconds(40))
                let codes = try await citizen.keptReports().compactMap { $0["receipt"]?["tracking_code"]?.text }
                #expect(Set(codes).count == 50)
                let arrived = try await stage.waitForArrivals(50, at: "dishub", saying: mark)
                #expect(arrived.count == 50)
                #expect(arrived.values.allSatisfy { $0 == 1 }, "\(arrived.filter { $0.value != 1 })")
                #expect(line.reports > 50, "no report was ever sent again")
            }
        }

        /// One report by the form; then the page is left at once, or a little later, whatever it is doing.
        private static func write(
            _ words: String, as number: Int, by line: Line, _ citizen: Page, _ generator: inout SeededGenerator
        ) async throws {
            try await citizen.arrive(at: line.address + "/lapor?kategori=kemacetan")
            try await citizen.sendForm(words)
            try await citizen.waitForKept(number)
            // pause: the line is cut at a moment of its own
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...60, using: &generator)))
            if Bool.random(using: &generator) { line.cut() }
        }
    }
}
