/// A Swift file, split into code, string literals and comments, so that a rule about one never trips over another.
struct SwiftSource {
    struct Piece: Hashable {
        let line: Int
        let text: String
    }

    let path: String
    /// The file with comments, string contents and regular expressions blanked; offsets and line breaks are kept.
    let code: [UInt8]
    /// String literals without their quotes; an interpolation stands as U+FFFC.
    let literals: [Piece]
    let comments: [Piece]

    init(path: String, text: String) {
        var lexer = Lexer(bytes: Array(text.utf8))
        lexer.run()
        self.path = path
        code = lexer.code
        literals = lexer.literals
        comments = lexer.comments
    }

    /// The code, line by line.
    var codeLines: [String] {
        code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Reads just enough of Swift: comments (nested), strings (raw, multi-line, interpolated) and regex literals.
private struct Lexer {
    let bytes: [UInt8]
    var code: [UInt8]
    var literals: [SwiftSource.Piece] = []
    var comments: [SwiftSource.Piece] = []
    private var at = 0
    private var line = 1

    init(bytes: [UInt8]) {
        self.bytes = bytes
        code = bytes
    }

    mutating func run() {
        readCode(untilClosingParenthesis: false)
    }

    private func starts(with text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard at + count <= bytes.count else { return false }
        let wanted = Array(text.description.utf8)
        return (0..<count).allSatisfy { bytes[at + $0] == wanted[$0] }
    }

    /// Steps over `count` bytes; `blank` removes them from the code.
    private mutating func step(_ count: Int = 1, blank: Bool) {
        for _ in 0..<count where at < bytes.count {
            if bytes[at] == UInt8(ascii: "\n") {
                line += 1
            } else if blank {
                code[at] = UInt8(ascii: " ")
            }
            at += 1
        }
    }

    private mutating func readCode(untilClosingParenthesis: Bool) {
        var depth = 0
        while at < bytes.count {
            if starts(with: "//") {
                readLineComment()
            } else if starts(with: "/*") {
                readBlockComment()
            } else if let hashes = hashesBefore(UInt8(ascii: "\"")) {
                readString(hashes: hashes)
            } else if let hashes = hashesBefore(UInt8(ascii: "/")), hashes > 0 || startsRegex {
                readRegex(hashes: hashes)
            } else {
                if bytes[at] == UInt8(ascii: "(") { depth += 1 }
                if bytes[at] == UInt8(ascii: ")") {
                    if untilClosingParenthesis, depth == 0 { return }
                    depth -= 1
                }
                step(blank: false)
            }
        }
    }

    private func hashesBefore(_ byte: UInt8) -> Int? {
        var end = at
        while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
        return end < bytes.count && bytes[end] == byte ? end - at : nil
    }

    /// A bare slash begins a regex where an expression may begin and no space follows.
    private var startsRegex: Bool {
        guard at + 1 < bytes.count, bytes[at + 1] != UInt8(ascii: " ") else { return false }
        let before = code[..<at].last { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
        return before.map { "(,=:[{!&|?".utf8.contains($0) } ?? true
    }

    private mutating func readLineComment() {
        let start = at
        let startLine = line
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { step(blank: true) }
        comments.append(.init(line: startLine, text: String(decoding: bytes[start..<at], as: UTF8.self)))
    }

    private mutating func readBlockComment() {
        let start = at
        let startLine = line
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                step(2, blank: true)
            } else if starts(with: "*/") {
                depth -= 1
                step(2, blank: true)
            } else {
                step(blank: true)
            }
        } while depth > 0 && at < bytes.count
        comments.append(.init(line: startLine, text: String(decoding: bytes[start..<at], as: UTF8.self)))
    }

    private mutating func readRegex(hashes: Int) {
        step(hashes + 1, blank: true)
        let isExtended = hashes > 0
        while at < bytes.count, isExtended || bytes[at] != UInt8(ascii: "\n") {
            if bytes[at] == UInt8(ascii: "\\") {
                step(2, blank: true)
            } else if bytes[at] == UInt8(ascii: "/"), hashesFollow(hashes, after: at + 1) {
                step(hashes + 1, blank: true)
                return
            } else {
                step(blank: true)
            }
        }
    }

    private func hashesFollow(_ hashes: Int, after index: Int) -> Bool {
        index + hashes <= bytes.count && bytes[index..<index + hashes].allSatisfy { $0 == UInt8(ascii: "#") }
    }

    private mutating func readString(hashes: Int) {
        let startLine = line
        step(hashes, blank: true)
        let quotes = starts(with: "\"\"\"") ? 3 : 1
        step(quotes, blank: true)
        var text: [UInt8] = []
        while at < bytes.count {
            let closes = starts(with: "\"\"\"") || (quotes == 1 && bytes[at] == UInt8(ascii: "\""))
            if closes, hashesFollow(hashes, after: at + quotes) {
                step(quotes + hashes, blank: true)
                break
            }
            if quotes == 1, bytes[at] == UInt8(ascii: "\n") { break }
            if bytes[at] == UInt8(ascii: "\\"), hashesFollow(hashes, after: at + 1) {
                let escaped = at + 1 + hashes
                if escaped < bytes.count, bytes[escaped] == UInt8(ascii: "(") {
                    step(hashes + 2, blank: true)
                    readCode(untilClosingParenthesis: true)
                    step(blank: true)
                    text += Array("\u{FFFC}".utf8)
                } else {
                    step(hashes + 2, blank: true)
                    text.append(UInt8(ascii: " "))
                }
                continue
            }
            text.append(bytes[at])
            step(blank: true)
        }
        literals.append(.init(line: startLine, text: String(decoding: text, as: UTF8.self)))
    }
}
