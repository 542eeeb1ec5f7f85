/// Reads JSON (RFC 8259) and says of what it could read all that is wrong with it.
///
/// Text that is no JSON at all is unreadable. Three things can be read but not be used; they become faults with a
/// pointer each, so that a caller learns of them together with everything else: the literals NaN and Infinity and
/// numbers beyond a double's range, half of a surrogate pair, and a member that is given twice.
package struct JSONReader {
    /// The text is no JSON, from this byte on.
    package struct Unreadable: Error, Hashable, Sendable {
        package var offset: Int
    }

    package struct Reading: Hashable, Sendable {
        package var value: JSONValue
        package var faults: [Fault]
    }

    /// Reads one value, whose containers are nested no deeper than `maximumDepth`.
    package static func read(_ text: [UInt8], maximumDepth: Int = 32) throws(Unreadable) -> Reading {
        guard let end = String(validating: text, as: UTF8.self).map({ _ in text.count }) else {
            throw Unreadable(offset: 0)
        }
        var reader = JSONReader(text: text, end: end, depthLeft: maximumDepth)
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { reader.at = 3 }
        let value = try reader.value()
        reader.skipSpace()
        guard reader.at == end else { throw Unreadable(offset: reader.at) }
        return Reading(value: value, faults: reader.faults)
    }

    private let text: [UInt8]
    private let end: Int
    private var at = 0
    private var depthLeft: Int
    private var faults: [Fault] = []

    private init(text: [UInt8], end: Int, depthLeft: Int) {
        self.text = text
        self.end = end
        self.depthLeft = depthLeft
    }

    private var unreadable: Unreadable { Unreadable(offset: at) }

    private mutating func skipSpace() {
        while at < end {
            switch text[at] {
            case 0x20, 0x0A, 0x0D, 0x09: at += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard at < end, text[at] == byte else { return false }
        at += 1
        return true
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard at + count <= end else { return false }
        let matches = word.withUTF8Buffer { $0.elementsEqual(text[at..<at + count]) }
        if matches { at += count }
        return matches
    }

    private mutating func value() throws(Unreadable) -> JSONValue {
        skipSpace()
        guard at < end else { throw unreadable }
        switch text[at] {
        case UInt8(ascii: "{"): return try nested { reader throws(Unreadable) in try reader.object() }
        case UInt8(ascii: "["): return try nested { reader throws(Unreadable) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "n") where take("null"): return .null
        default: return try number()
        }
    }

    private mutating func nested(
        _ body: (inout JSONReader) throws(Unreadable) -> JSONValue
    ) throws(Unreadable) -> JSONValue {
        guard depthLeft > 0 else { throw unreadable }
        depthLeft -= 1
        at += 1
        let value = try body(&self)
        depthLeft += 1
        return value
    }

    private mutating func object() throws(Unreadable) -> JSONValue {
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard at < end, text[at] == UInt8(ascii: "\"") else { throw unreadable }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw unreadable }
            let before = faults.count
            let value = try value()
            if faults.count > before { prefix(from: before, with: Fault.step(name)) }
            if members.updateValue(value, forKey: name) != nil {
                faults.append(Fault(.duplicateMember, at: Fault.step(name), name))
            }
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw unreadable }
        return .object(members)
    }

    private mutating func array() throws(Unreadable) -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            let before = faults.count
            let value = try value()
            if faults.count > before { prefix(from: before, with: "/\(elements.count)") }
            elements.append(value)
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw unreadable }
        return .array(elements)
    }

    /// Faults are found with the pointer of their innermost step and get the outer ones on the way out.
    private mutating func prefix(from first: Int, with step: String) {
        for index in faults[first...].indices { faults[index].pointer = step + faults[index].pointer }
    }

    private mutating func number() throws(Unreadable) -> JSONValue {
        let start = at
        let negative = take(UInt8(ascii: "-"))
        if take("NaN") || take("Infinity") {
            faults.append(Fault(.notANumber, at: ""))
            return .null
        }
        guard digits() else { throw unreadable }
        let first = start + (negative ? 1 : 0)
        if text[first] == UInt8(ascii: "0"), at > first + 1 { throw Unreadable(offset: first) }
        var isWhole = true
        if take(UInt8(ascii: ".")) {
            isWhole = false
            guard digits() else { throw unreadable }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
            guard digits() else { throw unreadable }
        }
        let digits = String(decoding: text[start..<at], as: UTF8.self)
        if isWhole, let whole = Int64(digits) { return .int(whole) }
        guard let double = Double(digits), double.isFinite else {
            faults.append(Fault(.numberOutOfRange, at: ""))
            return .null
        }
        return .double(double)
    }

    private mutating func digits() -> Bool {
        let start = at
        while at < end, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[at]) { at += 1 }
        return at > start
    }

    // MARK: Strings

    /// Reads a string from its opening quote on.
    private mutating func string() throws(Unreadable) -> String {
        at += 1
        let start = at
        while at < end {
            switch text[at] {
            case UInt8(ascii: "\""):
                defer { at += 1 }
                return String(decoding: text[start..<at], as: UTF8.self)
            case UInt8(ascii: "\\"):
                return try escapedString(from: Array(text[start..<at]))
            case 0..<0x20: throw unreadable
            default: at += 1
            }
        }
        throw unreadable
    }

    private mutating func escapedString(from beginning: [UInt8]) throws(Unreadable) -> String {
        var bytes = beginning
        var isBroken = false
        while at < end {
            let byte = text[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                if isBroken { faults.append(Fault(.loneSurrogate, at: "")) }
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                if let scalar = try escape() {
                    bytes.append(contentsOf: UTF8.encode(scalar)!)
                } else {
                    bytes.append(contentsOf: [0xEF, 0xBF, 0xBD])
                    isBroken = true
                }
            case 0..<0x20:
                at -= 1
                throw unreadable
            default: bytes.append(byte)
            }
        }
        throw unreadable
    }

    /// The scalar that an escape stands for, or nil for half a surrogate pair.
    private mutating func escape() throws(Unreadable) -> Unicode.Scalar? {
        guard at < end else { throw unreadable }
        at += 1
        switch text[at - 1] {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try hexUnit()
            guard (0xD800...0xDBFF).contains(unit) else { return Unicode.Scalar(unit) }
            let afterHigh = at
            guard take("\\u") else { return nil }
            let low = try hexUnit()
            guard (0xDC00...0xDFFF).contains(low) else {
                at = afterHigh
                return nil
            }
            return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        default:
            at -= 1
            throw unreadable
        }
    }

    private mutating func hexUnit() throws(Unreadable) -> UInt32 {
        guard at + 4 <= end else { throw unreadable }
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(text[at])).hexDigitValue else { throw unreadable }
            unit = unit << 4 | UInt32(digit)
            at += 1
        }
        return unit
    }
}
