/// Where a report's way began, in the form of W3C Trace Context: `00-<trace>-<parent>-<flags>`.
///
/// The trace's id is what log lines of all services carry; of the flags only `sampled` has a meaning here, and is
/// passed on.
package struct TraceContext: Hashable, Sendable {
    /// The trace's 16 bytes; never all zero.
    private let high: UInt64
    private let low: UInt64
    /// Who handed the trace on; never 0.
    private let span: UInt64
    package let isSampled: Bool

    static let textCount = 55

    /// - Parameter random: what the ids are made of; the two zeros that the format forbids become ones.
    package init(random: (UInt64, UInt64, UInt64), isSampled: Bool = false) {
        (high, low) = random.0 | random.1 == 0 ? (0, 1) : (random.0, random.1)
        span = max(1, random.2)
        self.isSampled = isSampled
    }

    /// Reads a `traceparent` (W3C Trace Context, section 3.2.2), of a later version by the rules for such.
    ///
    /// Nil for what the recommendation calls invalid: then whoever receives it begins a trace of its own.
    package init?(text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= Self.textCount, [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
            let version = Self.number(bytes[0..<2]), version != 0xff,
            let high = Self.number(bytes[3..<19]), let low = Self.number(bytes[19..<35]), high | low != 0,
            let span = Self.number(bytes[36..<52]), span != 0, let flags = Self.number(bytes[53..<55])
        else { return nil }
        let endsHere = bytes.count == Self.textCount
        guard endsHere || (version > 0 && bytes[Self.textCount] == UInt8(ascii: "-")) else { return nil }
        (self.high, self.low, self.span, isSampled) = (high, low, span, flags & 1 == 1)
    }

    /// The same trace, handed on by another.
    package func handedOn(by span: UInt64) -> TraceContext {
        TraceContext(random: (high, low, span), isSampled: isSampled)
    }

    /// The trace's id: 32 hexadecimal digits.
    package var traceID: String {
        String(unsafeUninitializedCapacity: 32) { buffer in
            Self.write(high, to: buffer, at: 0)
            Self.write(low, to: buffer, at: 16)
            return 32
        }
    }

    /// The `traceparent` of 55 characters.
    package var text: String {
        String(unsafeUninitializedCapacity: Self.textCount) { buffer in
            for index in 0..<Self.textCount { buffer[index] = UInt8(ascii: "0") }
            for index in [2, 35, 52] { buffer[index] = UInt8(ascii: "-") }
            Self.write(high, to: buffer, at: 3)
            Self.write(low, to: buffer, at: 19)
            Self.write(span, to: buffer, at: 36)
            if isSampled { buffer[54] = UInt8(ascii: "1") }
            return Self.textCount
        }
    }

    private static func write(_ word: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
        for index in 0..<16 {
            let nibble = UInt8(word >> UInt64(60 - 4 * index) & 15)
            buffer[start + index] = nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a")
        }
    }

    /// Up to 16 digits in lower case, which the format asks for.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for byte in digits {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}
