/// What people wrote, as the public may read it: phone numbers, identity numbers, e-mail addresses and number plates
/// become dots. Agencies and the reporter read the original.
///
/// It is a net against carelessness, not against cunning: a number that is spelled out in words passes.
package enum PublicText {
    package static let mask = "•••"

    /// The text with every such part masked.
    package static func masked(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        result.reserveCapacity(scalars.count)
        var at = 0
        // Up to here no address begins: what looked like one had no end.
        var searched = 0
        while at < scalars.count {
            let address = at < searched ? nil : emailEnd(scalars, from: at, searched: &searched)
            let end = address ?? numberEnd(scalars, from: at) ?? plateEnd(scalars, from: at)
            if let end {
                result.append(contentsOf: mask.unicodeScalars)
                at = end
            } else {
                let word = isWord(scalars[at])
                repeat {
                    result.append(scalars[at])
                    at += 1
                    // A number, an address or a plate begins where a word does.
                } while word && at < scalars.count && isWord(scalars[at])
            }
        }
        return String(result)
    }

    // MARK: E-mail addresses

    private static let mostOfAnAddress = 254

    private static func emailEnd(_ text: [Unicode.Scalar], from start: Int, searched: inout Int) -> Int? {
        guard isWord(text[start]) else { return nil }
        let limit = min(text.count, start + mostOfAnAddress)
        var at = start
        while at < limit, isInName(text[at]) { at += 1 }
        searched = at
        guard at < limit, text[at] == "@" else { return nil }
        let host = at + 1
        at = host
        while at < limit, isWord(text[at]) || text[at] == "-" || text[at] == "." { at += 1 }
        // A full stop after the address is the sentence's.
        while at > host, text[at - 1] == "." || text[at - 1] == "-" { at -= 1 }
        return text[host..<max(at, host)].contains(".") ? at : nil
    }

    // MARK: Phone and identity numbers

    private static let mostDigits = 16

    /// The end of a number whose digits stand in groups, as people write them: `0812-3456-7890`, `(0380) 821 234`,
    /// `+62 812 3456 7890`, `5371.0112.3456.0001`.
    private static func numberEnd(_ text: [Unicode.Scalar], from start: Int) -> Int? {
        var at = start
        if text[at] == "(" { at += 1 }
        let isInternational = at < text.count && text[at] == "+"
        if isInternational { at += 1 }
        guard at < text.count, isDigit(text[at]) else { return nil }
        var digits = ""
        var firstGroup = 0
        var best: Int?
        while at < text.count, isDigit(text[at]), digits.utf8.count <= mostDigits {
            while at < text.count, isDigit(text[at]), digits.utf8.count <= mostDigits {
                digits.append(String(digit(text[at])))
                at += 1
            }
            if firstGroup == 0 { firstGroup = digits.utf8.count }
            guard at == text.count || !isWord(text[at]) else { break }
            if isIdentity(digits) || isPhone(digits, firstGroup, isInternational) { best = at }
            // At most two marks between groups.
            var marks = 0
            while marks < 2, at < text.count, isBetweenGroups(text[at]) {
                at += 1
                marks += 1
            }
        }
        return best
    }

    /// A NIK, or a family's card: 16 digits.
    private static func isIdentity(_ digits: String) -> Bool { digits.utf8.count == 16 }

    /// Not a price, a date or a time: those begin otherwise, or in groups of two.
    private static func isPhone(_ digits: String, _ firstGroup: Int, _ isInternational: Bool) -> Bool {
        let count = digits.utf8.count
        guard count <= 15 else { return false }
        if isInternational { return count >= 8 }
        if digits.hasPrefix("0") { return count >= 9 && firstGroup >= 3 }
        if digits.hasPrefix("62") { return count >= 10 && (firstGroup == 2 || firstGroup >= 5) }
        return digits.hasPrefix("8") && count >= 9 && firstGroup >= 3
    }

    // MARK: Number plates

    /// The regions that a plate of Indonesia begins with.
    private static let regions: Set<String> = [
        "A", "B", "D", "E", "F", "G", "H", "K", "L", "M", "N", "P", "R", "S", "T", "W", "Z", "AA", "AB", "AD", "AE",
        "AG", "BA", "BB", "BD", "BE", "BG", "BH", "BK", "BL", "BM", "BN", "BP", "DA", "DB", "DC", "DD", "DE", "DG",
        "DH", "DK", "DL", "DM", "DN", "DP", "DR", "DS", "DT", "DW", "EA", "EB", "ED", "KB", "KH", "KT", "KU", "PA",
        "PB",
    ]
    /// What follows a house number more often than it ends a plate.
    private static let noEndings: Set<String> = ["RT", "RW", "NO", "KM", "M", "CM", "KG"]

    /// The end of a plate: `DH 1234 AB`, `dh1234ab`. Of one letter it is a plate in capitals only: "blok b 12 dan" is
    /// none.
    private static func plateEnd(_ text: [Unicode.Scalar], from start: Int) -> Int? {
        var at = start
        func letters(atMost limit: Int) -> String {
            let from = at
            while at < text.count, at - from <= limit, isLetter(text[at]) { at += 1 }
            return String(String.UnicodeScalarView(text[from..<at]))
        }
        func skipSpace() {
            if at < text.count, text[at] == " " || text[at] == "-" || text[at] == "\u{A0}" { at += 1 }
        }
        let region = letters(atMost: 2)
        guard regions.contains(region.uppercased()) else { return nil }
        skipSpace()
        let number = at
        while at < text.count, at - number <= 4, isDigit(text[at]) { at += 1 }
        guard (1...4).contains(at - number), digit(text[number]) != 0 else { return nil }
        skipSpace()
        let ending = letters(atMost: 3)
        guard (1...3).contains(ending.utf8.count), !noEndings.contains(ending.uppercased()),
            at == text.count || !isWord(text[at])
        else { return nil }
        let isUpper = region == region.uppercased() && ending == ending.uppercased()
        let isLower = region == region.lowercased() && ending == ending.lowercased()
        return isUpper || isLower && region.utf8.count == 2 ? at : nil
    }

    // MARK: Letters and digits

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || isDigit(scalar)
    }

    private static func isInName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case ".", "_", "%", "+", "-": true
        default: isWord(scalar)
        }
    }

    private static func isBetweenGroups(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "-", ".", "(", ")", "/", "\u{A0}": true
        default: false
        }
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType == .decimal }

    private static func digit(_ scalar: Unicode.Scalar) -> Int { Int(scalar.properties.numericValue ?? 0) }
}
