/// A position in a stream: the events up to and including `seq` have been seen; seq 0 is before the first.
package struct Cursor: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Counts the lossy restores of the store; it begins at 1.
    package var epoch: Int
    package var seq: Int64

    package init(epoch: Int, seq: Int64) {
        self.epoch = epoch
        self.seq = seq
    }

    /// `<epoch>-<seq>`, such as `1-42`.
    package var text: String { "\(epoch)-\(seq)" }

    package var description: String { text }

    /// Reads `<epoch>-<seq>` in decimal digits without signs or leading zeros; nil for anything else.
    package init?(text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = Self.number(parts[0]), let seq = Self.number(parts[1]), epoch >= 1,
            epoch <= Int32.max
        else { return nil }
        self.init(epoch: Int(epoch), seq: seq)
    }

    private static func number(_ digits: some StringProtocol) -> Int64? {
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            digits == "0" || digits.utf8.first != UInt8(ascii: "0")
        else { return nil }
        return Int64(digits)
    }

    package static func < (a: Cursor, b: Cursor) -> Bool { (a.epoch, a.seq) < (b.epoch, b.seq) }
}
