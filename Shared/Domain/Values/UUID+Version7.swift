package import FoundationEssentials

extension UUID {
    /// A UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then 74 bits taken from `random`.
    package static func version7(at moment: Timestamp, random: (UInt64, UInt64)) -> UUID {
        let milliseconds = UInt64(bitPattern: moment.milliseconds) & 0xFFFF_FFFF_FFFF
        let high = milliseconds << 16 | 0x7000 | (random.0 & 0x0FFF)
        let low = 0x8000_0000_0000_0000 | (random.1 & 0x3FFF_FFFF_FFFF_FFFF)
        return UUID(high: high, low: low)
    }

    package init(high: UInt64, low: UInt64) {
        func byte(_ word: UInt64, _ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * index)) }
        self.init(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3),
                byte(high, 4), byte(high, 5), byte(high, 6), byte(high, 7),
                byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3),
                byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }

    /// The 36 characters of RFC 9562 §4, in lower case.
    package var text: String {
        String(unsafeUninitializedCapacity: Self.textCount) { buffer in
            writeText(into: buffer)
            return Self.textCount
        }
    }

    static let textCount = 36

    /// Writes the 36 ASCII bytes of `text` to the beginning of `buffer`.
    func writeText(into buffer: UnsafeMutableBufferPointer<UInt8>) {
        func hex(_ nibble: UInt8) -> UInt8 {
            nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a")
        }
        var at = 0
        withUnsafeBytes(of: uuid) { bytes in
            for index in 0..<16 {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    buffer[at] = UInt8(ascii: "-")
                    at += 1
                }
                buffer[at] = hex(bytes[index] >> 4)
                buffer[at + 1] = hex(bytes[index] & 15)
                at += 2
            }
        }
    }

    /// Reads the 36-character form in either case; nil for anything else.
    package init?(text: some StringProtocol) {
        var (words, digits, position): ((UInt64, UInt64), Int, Int) = ((0, 0), 0, 0)
        for byte in text.utf8 {
            defer { position += 1 }
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let nibble: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): nibble = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): nibble = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): nibble = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            guard digits < 32 else { return nil }
            if digits < 16 { words.0 = words.0 << 4 | UInt64(nibble) } else { words.1 = words.1 << 4 | UInt64(nibble) }
            digits += 1
        }
        guard position == 36, digits == 32 else { return nil }
        self.init(high: words.0, low: words.1)
    }
}
