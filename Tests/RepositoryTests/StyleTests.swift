import Foundation
import Testing

/// Sizes and names.
enum HouseStyle {
    static let longestFile = 400
    static let longestFunction = 70
    private static let emptyWords: Set<String> = [
        "util", "utils", "utility", "utilities", "helper", "helpers", "manager", "common", "misc",
    ]
    static let measured = [".swift", ".sh", ".js", ".mustache", ".css", ".sql"]

    static func overlongFunctions(in source: SwiftSource) -> [Violation] {
        source.functions.filter { $0.lineCount > longestFunction }
            .map { Violation(path: source.path, line: $0.line, what: "\($0.name) has \($0.lineCount) lines") }
    }

    /// Functions of a shell script: from `name() {` at the line's start to `}` at a line's start.
    static func overlongShellFunctions(in text: String, path: String) -> [Violation] {
        var open: (name: Substring, line: Int)?
        var violations: [Violation] = []
        for (offset, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let match = line.prefixMatch(of: /([\w.]+)\(\) \{/) {
                open = (match.1, offset + 1)
            } else if line == "}", let function = open {
                let count = offset + 2 - function.line
                if count > longestFunction {
                    let what = "\(function.name) has \(count) lines"
                    violations.append(.init(path: path, line: function.line, what: what))
                }
                open = nil
            }
        }
        return violations
    }

    /// A name with one of these words does not say what it holds.
    static func saysNothing(_ name: String) -> Bool {
        let words = name.matches(of: /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/).map { $0.output.lowercased() }
        return words.contains { emptyWords.contains($0) }
    }

    static func emptyNames(in source: SwiftSource) -> [Violation] {
        source.typeNames.filter { saysNothing($0.text) }
            .map { Violation(path: source.path, line: $0.line, what: "the type \($0.text) says nothing") }
    }
}

@Suite("Style")
struct StyleTests {
    let checkout = Checkout.current

    @Test("no file is longer than 400 lines")
    func fileLength() {
        let measured = checkout.files.filter { path in HouseStyle.measured.contains { path.hasSuffix($0) } }
        let tooLong = measured.compactMap { path in
            let count = checkout.text(of: path)?.utf8.count { $0 == UInt8(ascii: "\n") } ?? 0
            return count > HouseStyle.longestFile ? Violation(path: path, line: count, what: "the file's length") : nil
        }
        #expect(tooLong.isEmpty, "\(tooLong.listed)")
    }

    @Test("no function is longer than 70 lines")
    func functionLength() {
        let swift = checkout.swiftSources.flatMap(HouseStyle.overlongFunctions)
        let shell = checkout.shellScripts.flatMap { path in
            HouseStyle.overlongShellFunctions(in: checkout.text(of: path) ?? "", path: path)
        }
        #expect((swift + shell).isEmpty, "\((swift + shell).listed)")
    }

    @Test("names say what they hold")
    func names() {
        let files = checkout.files
            .filter { path in path.split(separator: "/").contains { HouseStyle.saysNothing(String($0)) } }
            .map { Violation(path: $0, line: 1, what: "the name of the file or folder") }
        let types = checkout.swiftSources.flatMap(HouseStyle.emptyNames)
        #expect((files + types).isEmpty, "\((files + types).listed)")
    }

    @Test("C stays where it is wrapped: unchecked Sendable only in the targets that face C")
    func uncheckedSendable() {
        let facingC =
            ["PostgreSQL", "ZeroMQ", "Reactor", "Outbound", "QRCode", "XML"].flatMap {
                ["Shared/\($0)/", "Tests/\($0)Tests/"]
            } + ["Tests/Peers/"]
        let found = checkout.swiftSources.filter { source in !facingC.contains { source.path.hasPrefix($0) } }
            .flatMap { source in
                source.codeLines.enumerated().filter { $0.element.contains("@unchecked Sendable") }
                    .map { Violation(path: source.path, line: $0.offset + 1, what: "@unchecked Sendable") }
            }
        #expect(found.isEmpty, "\(found.listed)")
    }

    @Test("a function's length is counted from its declaration to its closing brace")
    func functionsAreMeasured() {
        let text = """
            protocol P { func a(b: Int) -> Int
                func c() }
            struct S: P {
                var stored = [1].map { $0 }
                var computed: Int {
                    1
                }
                func a(
                    b: Int = { 1 }()
                ) -> Int {
                    let text = "} \\(b.map { $0 }) {"
                    return b
                }
                init() { S.init() }
                subscript(i: Int) -> Int { 1 }
            }
            """
        let functions = SwiftSource(path: "A.swift", text: text).functions
        #expect(functions.map(\.name) == ["computed", "a", "init", "subscript"])
        #expect(functions.map(\.lineCount) == [3, 6, 1, 1])
    }

    @Test("a function over the bound is seen, in Swift and in shell", arguments: [70, 71])
    func overlong(lines: Int) {
        let body = String(repeating: "\n", count: lines - 1)
        let swift = SwiftSource(path: "A.swift", text: "func long() {\(body)}\n")
        #expect(HouseStyle.overlongFunctions(in: swift).count == (lines > 70 ? 1 : 0))
        let shell = HouseStyle.overlongShellFunctions(in: "long() {\(body)}\n", path: "a.sh")
        #expect(shell.count == (lines > 70 ? 1 : 0))
    }

    @Test(
        "a name that says nothing is seen",
        arguments: ["StringUtils", "helpers", "ConnectionManager", "HTTPHelper", "Common.swift"])
    func sayingNothing(name: String) {
        #expect(HouseStyle.saysNothing(name))
    }

    @Test("a name that only contains such letters is fine", arguments: ["Commons", "Utilisation", "Management"])
    func sayingSomething(name: String) {
        #expect(!HouseStyle.saysNothing(name))
    }
}
