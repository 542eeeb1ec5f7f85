import Testing

/// Tests wait for the thing, not for the clock. A pause that is meant (a load's pace, a process held stopped) says so
/// in a comment `// pause: why`, on its line or on the one above. The load generator paces its load, and is no test.
enum Waiting {
    static func violations(in source: SwiftSource) -> [Violation] {
        guard source.path.hasPrefix("Tests/"), !source.path.hasPrefix("Tests/Bench/") else { return [] }
        let reasons = source.comments.filter { $0.text.contains(/\/\/ pause: \S+ \S+/) }
        let codeLines = source.codeLines
        let explained = Set(
            reasons.flatMap { codeLines[$0.line - 1].allSatisfy(\.isWhitespace) ? [$0.line + 1] : [$0.line] })
        return codeLines.enumerated().filter { $0.element.utf8.count > 5 && $0.element.contains("sleep") }
            .filter { $0.element.contains(/(^|\W)(u|nano)?sleep\s*\(/) && !explained.contains($0.offset + 1) }
            .map { Violation(path: source.path, line: $0.offset + 1, what: "a sleep without a reason") }
    }

    /// A test that is switched off tests nothing.
    static func disabled(in source: SwiftSource) -> [Violation] {
        guard source.path.hasPrefix("Tests/") else { return [] }
        return source.codeLines.enumerated().filter { $0.element.contains(/\.disabled\s*\(/) }
            .map { Violation(path: source.path, line: $0.offset + 1, what: "a disabled test") }
    }
}

@Suite("Waiting")
struct WaitingTests {
    @Test("no test sleeps to wait for something")
    func noSleeps() {
        let violations = Checkout.current.swiftSources.flatMap(Waiting.violations)
        #expect(violations.isEmpty, "\(violations.listed)")
    }

    @Test("no test is switched off")
    func noneDisabled() {
        let violations = Checkout.current.swiftSources.flatMap(Waiting.disabled)
        #expect(violations.isEmpty, "\(violations.listed)")
    }

    @Test(
        "a sleep is seen",
        arguments: ["try await Task.sleep(for: .seconds(1))", "usleep(10)", "nanosleep (&t, nil)", "a.sleep(until: x)"])
    func sleepIsSeen(line: String) {
        #expect(Waiting.violations(in: SwiftSource(path: "Tests/A.swift", text: line)).count == 1)
    }

    @Test("a pause with a reason passes, one without does not")
    func explained() {
        let text = """
            // pause: the process stays stopped this long
            try await Task.sleep(for: .seconds(3))
            usleep(1)  // pause: paces the load
            usleep(1)
            usleep(1)  // pause:
            let a = "sleep(1)"
            """
        #expect(Waiting.violations(in: SwiftSource(path: "Tests/A.swift", text: text)).map(\.line) == [4, 5])
    }
}
