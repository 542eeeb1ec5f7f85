import Domain
import TestSupport
import Testing

/// What people look for on the pages.
extension Page {
    /// From now on it can be told whether the page was loaded again.
    func markUnreloaded() async throws {
        try await evaluate("window.isUnreloaded = true")
    }

    func requireUnreloaded() async throws {
        try #require(try await evaluate("window.isUnreloaded === true").flag == true, "the page was loaded again")
    }

    func wait(for text: String, in selector: String, within bound: Duration = .seconds(15)) async throws {
        let element = "document.querySelector(\(JSONValue.string(selector).json))"
        try await wait(until: "\(element)?.innerText.includes(\(JSONValue.string(text).json))", within: bound)
    }

    /// Waits until an element that fits can be seen, and says where the focus is if not.
    func waitForFocus(on selector: String) async throws {
        try await wait(until: "document.activeElement?.matches(\(JSONValue.string(selector).json))")
    }

    func isVisible(_ selector: String) async throws -> Bool {
        let element = "document.querySelector(\(JSONValue.string(selector).json))"
        return try await evaluate("Boolean(\(element)?.checkVisibility())").flag == true
    }

    func value(of selector: String) async throws -> String {
        try await evaluate("document.querySelector(\(JSONValue.string(selector).json)).value").text ?? ""
    }

    // MARK: The desk

    static func card(_ code: String) -> String {
        """
        [...document.querySelectorAll(".card")].find(
          (card) => card.querySelector("[data-slot=code]").textContent === \(JSONValue.string(code).json))
        """
    }

    /// Waits until the desk is connected to its stream.
    func waitForLiveDesk() async throws {
        try await wait(until: "document.querySelector('[data-connection]')?.dataset.state === 'on'")
        try await markUnreloaded()
    }

    /// Waits for a report's card in a column: waiting, working or done.
    func waitForCard(_ code: String, in column: String) async throws {
        try await wait(
            until: "(\(Self.card(code)))?.closest('[data-column]').dataset.column === '\(column)'",
            within: .seconds(15))
    }

    /// How far below the window's upper edge the cards begin, in pixels.
    func tops(of codes: [String]) async throws -> [Double] {
        let tops = codes.map { "(\(Self.card($0))).getBoundingClientRect().top" }
        return try await evaluate("[\(tops.joined(separator: ", "))]").elements.compactMap(\.number)
    }

    func waitForNoCard(_ code: String) async throws {
        try await wait(until: "!(\(Self.card(code)))", within: .seconds(15))
    }

    /// Opens a report by its card: beside the list on a wide screen, else as a page of its own.
    func openCard(_ code: String) async throws {
        let id = try #require(try await evaluate("(\(Self.card(code))).dataset.id").text)
        try await click(".card[data-id='\(id)'] a")
        // On a phone it is a page of its own, which may be read as far as the panel's beginning only.
        let isThere = "document.querySelector('[data-panel]')?.dataset.report === '\(id)'"
        try await wait(until: "document.readyState !== 'loading' && \(isThere)")
    }

    // MARK: The dashboard

    struct Tally: Equatable {
        var received, open, resolved: Int
    }

    /// An agency's row.
    func tally(of agency: String) async throws -> Tally {
        let cells = "document.querySelectorAll('[data-live=agencies] tr[data-key=\(agency)] td')"
        let values = try await evaluate("[...\(cells)].map((cell) => Number(cell.dataset.value))").elements
        try #require(values.count >= 4, "no row of \(agency)")
        func cell(_ index: Int) -> Int { Int(values[index].number ?? -1) }
        return Tally(received: cell(0), open: cell(1), resolved: cell(3))
    }

    func waitForTally(of agency: String, _ tally: Tally) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        var seen = try await self.tally(of: agency)
        while seen != tally {
            try #require(ContinuousClock.now < deadline, "the dashboard says \(seen), not \(tally)")
            // pause: between two looks at the page
            try await Task.sleep(for: .milliseconds(50))
            seen = try await self.tally(of: agency)
        }
    }
}
