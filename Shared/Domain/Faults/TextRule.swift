/// What a text that people write must be like; lengths are counted in Unicode scalars, as PostgreSQL counts them.
package struct TextRule: Hashable, Sendable {
    package var minimum: Int
    package var maximum: Int

    package init(minimum: Int = 1, maximum: Int) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// What citizens and officers write at length.
    package static let note = TextRule(maximum: 4_000)
    /// Why an agency calls somebody.
    package static let contactReason = TextRule(minimum: 3, maximum: 500)
    package static let description = TextRule(minimum: 3, maximum: 4_000)

    /// The first thing wrong with `text`, and the bound that it breaks.
    package func violation(in text: String) -> (FaultCode, String)? {
        if Self.hasControlCharacter(text) { return (.controlCharacter, "") }
        if text.unicodeScalars.allSatisfy(Self.isBlank) { return (.blank, "") }
        // A scalar takes at most four bytes, so short texts need no counting.
        if text.utf8.count > maximum, text.unicodeScalars.count > maximum { return (.tooLong, "\(maximum)") }
        if minimum > 1, text.utf8.count < minimum * 12 {
            let written = text.unicodeScalars.lazy.filter { !Self.isBlank($0) }.count
            if written < minimum { return (.tooShort, "\(minimum)") }
        }
        return nil
    }

    /// White space, and what shows nothing, such as a zero-width joiner.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x80 { return scalar.value <= 0x20 }
        return scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
    }

    /// Whether there is a control character (U+0000–1F, 7F–9F) other than tab, line feed and carriage return.
    static func hasControlCharacter(_ text: String) -> Bool {
        var afterC2 = false
        for byte in text.utf8 {
            if afterC2, byte < 0xA0 { return true }
            afterC2 = byte == 0xC2
            if byte < 0x20 ? (byte != 0x09 && byte != 0x0A && byte != 0x0D) : byte == 0x7F { return true }
        }
        return false
    }
}
