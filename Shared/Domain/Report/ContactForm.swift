/// Whether what a person typed can be a telephone number or an e-mail address; whether it works only a call can tell.
package enum ContactForm {
    /// 8 to 15 digits (E.164's bound), with a leading `+` and spaces, dots, dashes and brackets between them.
    static func isPhone(_ text: String) -> Bool {
        var digits = 0
        for (index, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
            case UInt8(ascii: "+") where index == 0: break
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: ")"): break
            default: return false
            }
        }
        return (8...15).contains(digits) && text.utf8.count <= 32
    }

    /// One `@` between a name of 64 bytes at most and a host name with a dot, 254 bytes together, no blanks.
    static func isEmail(_ text: String) -> Bool {
        guard text.utf8.count <= 254, !TextRule.hasControlCharacter(text),
            !text.unicodeScalars.contains(where: \.properties.isWhitespace)
        else { return false }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count) else { return false }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { label in
                !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
            }
    }

    /// A number as one writes it to dial it from anywhere, in digits alone, so that two spellings of one number are
    /// equal: `0812-3456-7890` and `+62 812 3456 7890` both give `6281234567890`.
    ///
    /// - Parameter country: the calling code of numbers that begin with a single zero.
    package static func canonicalPhone(_ text: String, country: String = "62") -> String {
        let digits = text.filter { $0.isASCII && $0.isNumber }
        if text.contains("+") {
            // Abroad one leaves out the zero that stands in brackets.
            return digits.hasPrefix(country + "0") ? country + digits.dropFirst(country.count + 1) : digits
        }
        if digits.hasPrefix("00") { return String(digits.dropFirst(2)) }
        return digits.hasPrefix("0") ? country + digits.dropFirst() : digits
    }

    /// An address as it is compared: whatever the case of its letters.
    package static func canonicalEmail(_ text: String) -> String { text.lowercased() }
}
