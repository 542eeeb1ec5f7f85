package import FoundationEssentials

/// Writes JSON (RFC 8259) into bytes: members in the order given, no white space, so the same calls give the same bytes.
///
/// It keeps only what placing commas needs; that brackets match is the caller's business.
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    package var string: String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Containers

    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    package mutating func object(_ members: (inout JSONWriter) throws -> Void) rethrows {
        beginObject()
        try members(&self)
        endObject()
    }

    package mutating func array(_ elements: (inout JSONWriter) throws -> Void) rethrows {
        beginArray()
        try elements(&self)
        endArray()
    }

    package mutating func key(_ name: String) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Values

    package mutating func value(_ text: String) {
        separate()
        quote(text)
    }

    package mutating func value(_ number: some BinaryInteger) {
        separate()
        if let small = UInt8(exactly: number), small < 10 {
            bytes.append(UInt8(ascii: "0") + small)
        } else {
            bytes.append(contentsOf: String(number).utf8)
        }
    }

    /// The shortest digits that read back as the same number; what is not finite has no JSON and becomes `null`.
    package mutating func value(_ number: Double) {
        separate()
        bytes.append(contentsOf: number.isFinite ? "\(number)".utf8 : "null".utf8)
    }

    package mutating func value(_ flag: Bool) {
        separate()
        bytes.append(contentsOf: flag ? "true".utf8 : "false".utf8)
    }

    package mutating func value(_ code: some Code) { value(code.rawValue) }

    package mutating func value(_ id: UUID) {
        quote(count: UUID.textCount) { id.writeText(into: $0) }
    }

    package mutating func value(_ moment: Timestamp, offsetSeconds: Int) {
        quote(count: Timestamp.rfc3339Count) { moment.writeRFC3339(offsetSeconds: offsetSeconds, into: $0) }
    }

    package mutating func value(_ tree: JSONValue) { tree.write(to: &self) }

    package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Puts in JSON that is already written.
    package mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    package mutating func raw(_ json: String) { raw(json.utf8) }

    // MARK: Members

    package mutating func member(_ name: String, _ text: String?) { member(name, text) { $0.value($1) } }
    package mutating func member(_ name: String, _ number: (some BinaryInteger)?) {
        member(name, number) { $0.value($1) }
    }
    package mutating func member(_ name: String, _ number: Double?) { member(name, number) { $0.value($1) } }
    package mutating func member(_ name: String, _ flag: Bool?) { member(name, flag) { $0.value($1) } }
    package mutating func member(_ name: String, _ code: (some Code)?) { member(name, code) { $0.value($1) } }
    package mutating func member(_ name: String, _ id: UUID?) { member(name, id) { $0.value($1) } }
    package mutating func member(_ name: String, _ tree: JSONValue?) { member(name, tree) { $0.value($1) } }
    package mutating func member(_ name: String, _ moment: Timestamp?, offsetSeconds: Int) {
        member(name, moment) { $0.value($1, offsetSeconds: offsetSeconds) }
    }

    /// A member whose absent value is written as `null`.
    @inline(__always)
    private mutating func member<Value>(
        _ name: String, _ value: Value?, _ write: (inout JSONWriter, Value) -> Void
    ) {
        key(name)
        if let value { write(&self, value) } else { null() }
    }

    // MARK: Bytes

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            if utf8.contains(where: Self.needsEscape) {
                for byte in utf8 { escape(byte) }
            } else {
                bytes.append(contentsOf: utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A string of `count` bytes that need no escape, as `write` gives them.
    private mutating func quote(count: Int, _ write: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { buffer in
            write(buffer)
            bytes.append(contentsOf: buffer)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
        case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
        case UInt8(ascii: "\n"): bytes.append(contentsOf: #"\n"#.utf8)
        case UInt8(ascii: "\r"): bytes.append(contentsOf: #"\r"#.utf8)
        case UInt8(ascii: "\t"): bytes.append(contentsOf: #"\t"#.utf8)
        case 0x00..<0x20:
            bytes.append(contentsOf: #"\u00"#.utf8)
            bytes.append(byte < 16 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            let nibble = byte & 15
            bytes.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        default: bytes.append(byte)
        }
    }
}
