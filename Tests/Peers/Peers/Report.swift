/// The reports of a load: all alike but for a number of ten digits.
struct ReportTemplate: Sendable {
    private static let digits = 10
    private let bytes: [UInt8]
    private let numberStart: Int

    init(_ text: String) throws(BrokerFailure) {
        let placeholder = Array(("#" + String(repeating: "0", count: Self.digits)).utf8)
        let bytes = Array(text.utf8)
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: placeholder) }) else {
            throw BrokerFailure("the report has no place for its number")
        }
        self.bytes = bytes
        numberStart = start + 1
    }

    func body(number: Int) -> [UInt8] {
        var body = bytes
        var rest = number
        for offset in (0..<Self.digits).reversed() {
            body[numberStart + offset] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        return body
    }

    /// The number in a body of this load.
    func number(in body: [UInt8]) throws(BrokerFailure) -> Int {
        guard body.count == bytes.count else { throw BrokerFailure("a message of \(body.count) bytes is not ours") }
        return body[numberStart..<numberStart + Self.digits].reduce(0) { $0 * 10 + Int($1) - 48 }
    }
}

/// What a hop decides by.
struct AgencyTable: Sendable {
    private static let category = Array("category".utf8)
    private let agencies: [String: String]
    /// Every agency of the table, each once.
    let codes: [String]

    init(_ agencies: [String: String]) {
        self.agencies = agencies
        codes = Set(agencies.values).sorted()
    }

    /// The agency for a report, by the category in its JSON.
    func agency(for body: [UInt8]) throws(BrokerFailure) -> String {
        guard let category = JSONText.member(Self.category, of: body), let agency = agencies[category] else {
            throw BrokerFailure("no agency for: \(String(decoding: body.prefix(80), as: UTF8.self))")
        }
        return agency
    }
}

/// Reads one member of a JSON object and skips the rest: the least that a hop can do to decide.
enum JSONText {
    /// The text of the member called `name` of the outermost object; nil when it has none, or one with an escape.
    static func member(_ name: [UInt8], of json: [UInt8]) -> String? {
        var depth = 0
        var at = 0
        while at < json.count {
            switch json[at] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                guard let end = endOfString(from: at, in: json) else { return nil }
                if depth == 1, json[at + 1..<end].elementsEqual(name), let value = value(after: end, in: json) {
                    return value
                }
                at = end
            default: break
            }
            at += 1
        }
        return nil
    }

    /// The offset of the quote that ends the string whose first quote is at `start`.
    private static func endOfString(from start: Int, in json: [UInt8]) -> Int? {
        var at = start + 1
        while at < json.count, json[at] != UInt8(ascii: "\"") { at += json[at] == UInt8(ascii: "\\") ? 2 : 1 }
        return at < json.count ? at : nil
    }

    /// The string after the colon, if the string that ended at `end` was a name and its value is a plain string.
    private static func value(after end: Int, in json: [UInt8]) -> String? {
        let isSpace = { (byte: UInt8) in " \t\r\n".utf8.contains(byte) }
        guard let colon = json[(end + 1)...].firstIndex(where: { !isSpace($0) }), json[colon] == UInt8(ascii: ":"),
            let start = json[(colon + 1)...].firstIndex(where: { !isSpace($0) }), json[start] == UInt8(ascii: "\""),
            let last = endOfString(from: start, in: json)
        else { return nil }
        let text = json[start + 1..<last]
        return text.contains(UInt8(ascii: "\\")) ? nil : String(decoding: text, as: UTF8.self)
    }
}
