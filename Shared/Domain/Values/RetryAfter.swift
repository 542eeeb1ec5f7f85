/// How long an answer asks to wait: the header `Retry-After` (RFC 9110, section 10.2.3).
package enum RetryAfter {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds from `now`, 0 for a date that has passed; nil for what is neither a number nor a date such as
    /// `Fri, 27 Nov 2026 11:00:00 GMT`.
    package static func seconds(_ text: String, at now: Timestamp) -> Int? {
        if let seconds = Int(text) { return max(0, seconds) }
        let parts = text.split(whereSeparator: { " ,:".contains($0) })
        guard parts.count == 8, parts[7] == "GMT", let month = months.firstIndex(of: String(parts[2])),
            let day = Int(parts[1]), let year = Int(parts[3]), let hour = Int(parts[4]), let minute = Int(parts[5]),
            let second = Int(parts[6]), (1...31).contains(day), (1970...9999).contains(year),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        let days = CivilTime.daysSinceEpoch(year: year, month: month + 1, day: day)
        let at = Timestamp(seconds: Int64(days * 86_400 + hour * 3_600 + minute * 60 + second))
        return max(0, at.seconds(since: now))
    }
}
