/// What a Swift file declares and imports, as far as the rules of the house need to know.
extension SwiftSource {
    struct Import: Hashable {
        let module: String
        /// The one thing that `import func Glibc.cos` asks for.
        let symbol: String?
        let line: Int
    }

    struct Function: Hashable {
        let name: String
        let line: Int
        /// From the line of the declaration to that of the closing brace.
        let lineCount: Int
    }

    private struct Word {
        let text: String
        let line: Int
        let range: Range<Int>
    }

    private static let declarers: Set<String> = [
        "func", "init", "deinit", "subscript", "var", "let", "case", "struct", "class", "enum", "protocol", "actor",
        "extension", "typealias", "associatedtype", "static", "mutating", "import",
    ]

    private var words: [Word] {
        var words: [Word] = []
        var line = 1
        var index = 0
        while index < code.count {
            guard code[index].isWordByte else {
                if code[index] == UInt8(ascii: "\n") { line += 1 }
                index += 1
                continue
            }
            let start = index
            while index < code.count, code[index].isWordByte { index += 1 }
            let text = String(decoding: code[start..<index], as: UTF8.self)
            words.append(.init(text: text, line: line, range: start..<index))
        }
        return words
    }

    var imports: [Import] {
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor"]
        let words = words
        return words.indices.dropLast().compactMap { index in
            guard words[index].text == "import", !isMember(words[index]) else { return nil }
            let isScoped = kinds.contains(words[index + 1].text) && index + 3 < words.count
            let module = isScoped ? index + 2 : index + 1
            return Import(
                module: words[module].text, symbol: isScoped ? words[module + 1].text : nil, line: words[index].line)
        }
    }

    /// Types that the file declares (extensions are not declarations).
    var typeNames: [Piece] {
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
        let words = words
        return words.indices.dropLast().compactMap { index in
            guard kinds.contains(words[index].text), !isMember(words[index]) else { return nil }
            return Piece(line: words[index + 1].line, text: words[index + 1].text)
        }
    }

    /// Functions, initialisers, subscripts and computed properties with a body.
    var functions: [Function] {
        let words = words
        return words.indices.compactMap { index in
            let word = words[index]
            guard ["func", "init", "deinit", "subscript", "var"].contains(word.text), !isMember(word) else {
                return nil
            }
            let isNamed = ["func", "var"].contains(word.text) && index + 1 < words.count
            guard let body = bodyStart(after: word.range.upperBound, isProperty: word.text == "var") else { return nil }
            let count = lines(from: word.range.lowerBound, closing: body)
            return Function(name: isNamed ? words[index + 1].text : word.text, line: word.line, lineCount: count)
        }
    }

    private func isMember(_ word: Word) -> Bool {
        word.range.lowerBound > 0 && [UInt8(ascii: "."), UInt8(ascii: "`")].contains(code[word.range.lowerBound - 1])
    }

    /// The offset of the `{` that opens the body; nil for a requirement of a protocol or a stored property.
    private func bodyStart(after start: Int, isProperty: Bool) -> Int? {
        var depth = 0
        var index = start
        while index < code.count {
            let byte = code[index]
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "{") where depth == 0: return index
            case UInt8(ascii: "}") where depth == 0: return nil
            case UInt8(ascii: "=") where depth == 0 && isProperty: return nil
            case UInt8(ascii: "\n") where depth == 0 && isProperty: return nil
            default: break
            }
            if depth < 0 { return nil }
            if byte.isWordByte, depth == 0 {
                let word = index
                while index < code.count, code[index].isWordByte { index += 1 }
                if Self.declarers.contains(String(decoding: code[word..<index], as: UTF8.self)) { return nil }
            } else {
                index += 1
            }
        }
        return nil
    }

    private func lines(from start: Int, closing brace: Int) -> Int {
        var depth = 0
        var index = brace
        repeat {
            if code[index] == UInt8(ascii: "{") { depth += 1 }
            if code[index] == UInt8(ascii: "}") { depth -= 1 }
            index += 1
        } while depth > 0 && index < code.count
        return code[start..<index].count { $0 == UInt8(ascii: "\n") } + 1
    }
}

extension UInt8 {
    /// A byte of an identifier; bytes of non-ASCII letters count.
    fileprivate var isWordByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xFF: true
        default: false
        }
    }
}
