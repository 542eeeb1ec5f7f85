import Domain
import TestSupport
import Testing

extension LivePages {
    /// More open work than one page of a desk carries.
    @Suite("A long desk", .serialized)
    struct DeskPagesTests {
        private static let cards = "[data-column]:not([data-column=done]) > .card"

        /// Sixty reports for an agency that no other test here asks for anything.
        private static func fill(_ stage: Stage) async throws {
            for number in 1...60 {
                let answer = try await stage.stack.integrator.post(
                    "/v1/reports", json: Sample.report("fogging_dbd", "Banyak nyamuk di RT \(number)"))
                try #require(answer.status == 201)
            }
        }

        @Test("shows what is due later when it is asked, and stays live", arguments: Screen.allCases)
        func more(on screen: Screen) async throws {
            try await Stage.play { stage in
                try await Self.fill(stage)
                let desk = try await stage.officer("dinkes", screen.settings)
                try await desk.waitForLiveDesk()
                #expect(try await desk.count(of: Self.cards) == 50)
                var seen = 50
                while try await desk.isVisible("[data-more] a") {
                    try #require(seen < 1_000)
                    try await desk.click("[data-more] a")
                    let before = seen
                    try await desk.wait(until: "document.querySelectorAll('\(Self.cards)').length > \(before)")
                    seen = try await desk.count(of: Self.cards)
                }
                #expect(seen >= 60)
                #expect(try await desk.evaluate(Self.isInOrder) == .bool(true))
                // Whoever reads further down is not disturbed by what is new.
                _ = try await desk.evaluate("scrollTo(0, 0)")
                let (code, _) = try await stage.report("fogging_dbd", "Dua anak demam berdarah")
                try await desk.waitForCard(code, in: "waiting")
                try await desk.requireUnreloaded()
            }
        }

        /// Each card once, and what is due first before what is due later.
        private static let isInOrder = """
            [...document.querySelectorAll("[data-column]:not([data-column=done])")].every(({ children }) => {
              const due = [...children].map((card) => Date.parse(card.dataset.due));
              return due.every((time, at) => at === 0 || due[at - 1] <= time);
            }) && new Set([...document.querySelectorAll(".card")].map((card) => card.dataset.id)).size
              === document.querySelectorAll(".card").length
            """

        @Test("is read page by page without scripts")
        func unscripted() async throws {
            try await Stage.play { stage in
                try await Self.fill(stage)
                var settings = Screen.phone.settings
                settings.isScripted = false
                let desk = try await stage.officer("dinkes", settings)
                let first = try await desk.text(of: "\(Self.cards) .card-text")
                try await desk.afterLoad { try await desk.click("[data-more] a") }
                #expect(try await desk.text(of: "main").contains("Kembali ke awal"))
                #expect(try await desk.text(of: "\(Self.cards) .card-text") != first)
            }
        }
    }
}
