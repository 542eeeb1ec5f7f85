/// The number under which a person follows a report: the city's prefix, ten random characters and a check character.
///
/// The characters are Crockford's 32 (no I, L, O, U). The check character is that of Luhn's algorithm modulo 32: it
/// finds every wrong character, and every exchange of two neighbours but that of `0` with `Z`.
package struct TrackingCode: Hashable, Sendable, CustomStringConvertible {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// The canonical form, such as `KPG-7Q2M9X4A1BC`.
    package let text: String

    package var description: String { text }

    /// A new code from 50 of the random bits.
    package init(prefix: String, random: UInt64) {
        var digits: [UInt8] = []
        for index in 0..<10 { digits.append(UInt8(truncatingIfNeeded: random >> UInt64(5 * index)) & 31) }
        text = Self.text(prefix, digits + [Self.check(digits)])
    }

    /// Reads what a person typed: lower case, spaces and dashes anywhere, O for 0, I or L for 1.
    ///
    /// Nil when the length, a character or the check character is wrong. The prefix may be left out only where
    /// `defaultPrefix` names it.
    package init?(parsing typed: some StringProtocol, defaultPrefix: String? = nil) {
        var letters: [UInt8] = []
        for scalar in typed.unicodeScalars where scalar != "-" && !scalar.properties.isWhitespace {
            // U+2010 to U+2015: what word processors make of a dash.
            if (0x2010...0x2015).contains(scalar.value) { continue }
            guard scalar.isASCII, letters.count < 24 else { return nil }
            let byte = UInt8(scalar.value)
            letters.append((UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 32 : byte)
        }
        let prefix: String
        if letters.count > 11 {
            prefix = String(decoding: letters.dropLast(11), as: UTF8.self)
            guard Self.isPrefix(prefix) else { return nil }
        } else if let defaultPrefix {
            prefix = defaultPrefix
        } else {
            return nil
        }
        let digits = letters.suffix(11).compactMap(Self.digit)
        guard digits.count == 11, Self.check(digits.dropLast()) == digits[10] else { return nil }
        text = Self.text(prefix, digits)
    }

    /// Two to six letters.
    package static func isPrefix(_ text: String) -> Bool {
        (2...6).contains(text.utf8.count)
            && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }

    private static func text(_ prefix: String, _ digits: [UInt8]) -> String {
        prefix + "-" + String(decoding: digits.map { alphabet[Int($0)] }, as: UTF8.self)
    }

    private static func digit(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "O"): 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): 1
        default: alphabet.firstIndex(of: letter).map(UInt8.init)
        }
    }

    /// Luhn modulo N with N = 32: from the right, every other value is doubled and the digits of the product, in base
    /// 32, are summed.
    private static func check(_ digits: some BidirectionalCollection<UInt8>) -> UInt8 {
        var sum = 0
        var factor = 2
        for digit in digits.reversed() {
            let product = Int(digit) * factor
            sum += product / 32 + product % 32
            factor = 3 - factor
        }
        return UInt8((32 - sum % 32) % 32)
    }
}
