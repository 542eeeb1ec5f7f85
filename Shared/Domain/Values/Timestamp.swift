/// A moment, counted in microseconds since 1970-01-01T00:00:00Z, as PostgreSQL's `timestamptz` can hold it.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package init(seconds: Int64) { microseconds = seconds * 1_000_000 }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

    package func adding(seconds: Int) -> Timestamp { adding(microseconds: Int64(seconds) * 1_000_000) }

    package func adding(microseconds: Int64) -> Timestamp {
        Timestamp(microseconds: self.microseconds + microseconds)
    }

    /// The microseconds from `earlier` to this moment; negative when it is the other way round.
    package func microseconds(since earlier: Timestamp) -> Int64 { microseconds - earlier.microseconds }

    /// The whole seconds from `earlier` to this moment, rounded down.
    package func seconds(since earlier: Timestamp) -> Int {
        Int(microseconds(since: earlier).flooredQuotient(by: 1_000_000))
    }

    /// Whole milliseconds since the epoch, rounded down.
    package var milliseconds: Int64 { microseconds.flooredQuotient(by: 1_000) }
}

extension Timestamp: CustomStringConvertible {
    package var description: String { rfc3339(offsetSeconds: 0) }
}

// MARK: - RFC 3339

extension Timestamp {
    /// The RFC 3339 text with milliseconds, such as `2026-11-24T09:05:07.123+08:00`.
    ///
    /// An offset of 0 is written `+00:00`, so that the text has the same length in every zone.
    package func rfc3339(offsetSeconds: Int) -> String {
        String(unsafeUninitializedCapacity: Self.rfc3339Count) { buffer in
            writeRFC3339(offsetSeconds: offsetSeconds, into: buffer)
            return Self.rfc3339Count
        }
    }

    static let rfc3339Count = 29

    /// Writes the 29 ASCII bytes of `rfc3339(offsetSeconds:)` to the beginning of `buffer`.
    func writeRFC3339(offsetSeconds: Int, into buffer: UnsafeMutableBufferPointer<UInt8>) {
        let civil = CivilTime(adding(seconds: offsetSeconds))
        var at = 0
        func put(_ character: Unicode.Scalar) {
            buffer[at] = UInt8(ascii: character)
            at += 1
        }
        func pair(_ value: Int) {
            buffer[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10)
            buffer[at + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10)
            at += 2
        }
        let year = min(max(civil.year, 0), 9_999)
        pair(year / 100)
        pair(year % 100)
        put("-")
        pair(civil.month)
        put("-")
        pair(civil.day)
        put("T")
        pair(civil.hour)
        put(":")
        pair(civil.minute)
        put(":")
        pair(civil.second)
        put(".")
        pair(civil.microsecond / 10_000)
        buffer[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: civil.microsecond / 1_000 % 10)
        at += 1
        put(offsetSeconds < 0 ? "-" : "+")
        pair(abs(offsetSeconds) / 3600)
        put(":")
        pair(abs(offsetSeconds) / 60 % 60)
    }

    /// Reads an RFC 3339 date-time: `T`, `t` or a space between date and time, a fraction of any length (cut to
    /// microseconds), `Z`, `z` or a numeric offset. A leap second is the first moment of the next minute.
    ///
    /// Nil for everything else, such as a time without an offset, 30 February or hour 24.
    package init?(rfc3339 text: some StringProtocol) {
        var scanner = DigitScanner(Array(text.utf8))
        guard let year = scanner.number(digits: 4), scanner.take("-"),
            let month = scanner.number(digits: 2), scanner.take("-"),
            let day = scanner.number(digits: 2), scanner.take("T") || scanner.take("t") || scanner.take(" "),
            let hour = scanner.number(digits: 2), scanner.take(":"),
            let minute = scanner.number(digits: 2), scanner.take(":"),
            let second = scanner.number(digits: 2),
            (1...12).contains(month), day >= 1, day <= CivilTime.days(inMonth: month, of: year),
            hour < 24, minute < 60, second <= 60,
            let fraction = scanner.fractionAsMicroseconds(),
            let offset = scanner.offsetSeconds(), scanner.isAtEnd
        else { return nil }
        let days = CivilTime.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
        // A leap second can only be the last of a UTC day (RFC 3339 §5.7).
        if second == 60 {
            guard seconds.flooredRemainder(by: 86_400) == 0 else { return nil }
            self.init(seconds: seconds)
        } else {
            self.init(microseconds: seconds * 1_000_000 + Int64(fraction))
        }
    }
}

private struct DigitScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func digit() -> Int? {
        guard position < bytes.count, case UInt8(ascii: "0")...UInt8(ascii: "9") = bytes[position] else { return nil }
        defer { position += 1 }
        return Int(bytes[position] - UInt8(ascii: "0"))
    }

    mutating func number(digits count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let next = digit() else { return nil }
            value = value * 10 + next
        }
        return value
    }

    mutating func fractionAsMicroseconds() -> Int? {
        guard take(".") else { return 0 }
        guard var value = digit() else { return nil }
        var taken = 1
        while let next = digit() {
            if taken < 6 {
                value = value * 10 + next
                taken += 1
            }
        }
        while taken < 6 {
            value *= 10
            taken += 1
        }
        return value
    }

    mutating func offsetSeconds() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("-") ? -1 : take("+") ? 1 : 0
        guard sign != 0, let hours = number(digits: 2), take(":"), let minutes = number(digits: 2),
            hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
