/// Whether what a person typed can be a telephone number or an e-mail address; whether it works only a call can tell.
enum ContactForm {
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
}
