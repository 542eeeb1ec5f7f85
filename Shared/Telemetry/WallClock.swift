internal import Glibc

/// The time of day as text, without a calendar library.
enum WallClock {
    /// Microseconds since the Unix epoch.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

extension ByteText {
    /// Appends an RFC 3339 time in UTC with milliseconds, "2026-11-24T01:05:07.123Z".
    mutating func append(rfc3339 microseconds: Int64) {
        let day = Int(floorDivide(microseconds, 86_400_000_000))
        let rest = Int(microseconds - Int64(day) * 86_400_000_000) / 1000
        let date = civil(day)
        append(decimal: date.year, width: 4)
        append("-")
        append(decimal: date.month, width: 2)
        append("-")
        append(decimal: date.day, width: 2)
        append("T")
        append(decimal: rest / 3_600_000, width: 2)
        append(":")
        append(decimal: rest / 60_000 % 60, width: 2)
        append(":")
        append(decimal: rest / 1000 % 60, width: 2)
        append(".")
        append(decimal: rest % 1000, width: 3)
        append("Z")
    }
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : (value - divisor + 1) / divisor
}

/// The proleptic Gregorian date of a day counted from 1970-01-01.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
private func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
}
