import Domain
import Foundation
import TestSupport

/// axe-core, the accessibility rules that browsers' own tools use; `ops/test` fetches it.
enum Axe {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: ".build/python/axe_playwright_python/axe.min.js")

    private static let source = Result { try String(contentsOf: file, encoding: .utf8) }

    static func script() throws -> String {
        do {
            return try source.get()
        } catch {
            throw Failure(description: "\(file.path) is not there: ops/test fetches it (\(error))")
        }
    }

    /// Which rules are tried.
    enum Rules {
        /// WCAG 2.2 A and AA, and what is good practice besides.
        case all
        /// Those about colours: nothing else differs between the themes.
        case colours

        var runOnly: JSONValue {
            switch self {
            case .all:
                let tags: JSONValue = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
                return ["type": "tag", "values": tags]
            case .colours: return ["type": "rule", "values": ["color-contrast", "link-in-text-block"]]
            }
        }

        /// So many are kept on every page, which shows that they were tried at all.
        var least: Int { self == .all ? 15 : 1 }
    }

    /// What breaks a rule, each with its element.
    static func run(_ rules: Rules) -> String {
        """
        axe.run(document, { runOnly: \(rules.runOnly.json), resultTypes: ["violations"] })
          .then(({ passes, violations }) => violations.flatMap(({ id, nodes }) => nodes.map(
            ({ target, any, all, none }) =>
              `${id} at ${target.join(" ")}: ${[...any, ...all, ...none].map(({ message }) => message).join("; ")}`))
            .concat(passes.length >= \(rules.least) ? [] : [`only ${passes.length} rules were kept`]))
        """
    }
}

extension Page {
    /// What is wrong with the page as it is shown now.
    ///
    /// The rules come by the debugging protocol, since the page's own policy lets no foreign script in.
    func violations(of rules: Axe.Rules = .all) async throws -> [String] {
        if try await evaluate("typeof axe").text == "undefined" {
            let answer = try await send("Runtime.evaluate", ["expression": .string(try Axe.script())])
            if let details = answer["exceptionDetails"] {
                throw Axe.Failure(description: "axe-core does not start: \(details.json.prefix(400))")
            }
        }
        return try await evaluate(Axe.run(rules)).elements.compactMap(\.text)
    }

    /// The same in the light and in the dark theme, each named.
    func violationsInBothThemes() async throws -> [String] {
        var found: [String] = []
        for isDark in [false, true] {
            try await setDark(isDark)
            let broken = try await violations(of: isDark ? .colours : .all)
            found += broken.map { "\(isDark ? "dark" : "light"): \($0)" }
        }
        try await setDark(false)
        return found
    }
}
