internal import Domain

/// How one page speaks: its language, the city's clock, and the moment at which it is written.
package struct Wording: Sendable {
    let language: Language
    /// The city's distance from UTC, in seconds, and what its people call the zone.
    let offset: Int
    let zone: String
    let now: Timestamp

    /// The text at `group.key` with its places filled. A missing text shows its key, so that a test finds it.
    func callAsFunction(_ key: String, _ places: [String: String] = [:]) -> String {
        guard var text = Texts.texts(language).find(key) else { return "⟦\(key)⟧" }
        for (name, value) in places {
            text = text.replacing("{\(name)}", with: value)
        }
        return text
    }

    /// The text at `group.key`, or nil where there is none.
    func find(_ key: String) -> String? {
        Texts.texts(language).find(key)
    }

    // MARK: times

    /// "14.05 WITA"
    func clock(_ at: Timestamp) -> String {
        "\(shortClock(at)) \(zone)"
    }

    private func shortClock(_ at: Timestamp) -> String {
        let local = local(at)
        return twoDigits(local.hour) + (language == .indonesian ? "." : ":") + twoDigits(local.minute)
    }

    /// "hari ini 14.05 WITA", "kemarin 09.00 WITA", else "24 Nov 2026, 14.05 WITA"
    func moment(_ at: Timestamp) -> String {
        let days = dayNumber(at) - dayNumber(now)
        switch days {
        case 0: return "\(self("time.today")) \(clock(at))"
        case 1: return "\(self("time.tomorrow")) \(clock(at))"
        case -1: return "\(self("time.yesterday")) \(clock(at))"
        default: return "\(day(at)), \(clock(at))"
        }
    }

    private func local(_ at: Timestamp) -> CivilTime {
        CivilTime(at.adding(seconds: offset))
    }

    /// The city's days since 1970-01-01.
    private func dayNumber(_ at: Timestamp) -> Int {
        let local = local(at)
        return CivilTime.daysSinceEpoch(year: local.year, month: local.month, day: local.day)
    }

    /// "24 Nov 2026"
    func day(_ at: Timestamp) -> String {
        let local = local(at)
        return "\(local.day) \(monthName(local.month)) \(local.year)"
    }

    /// "24 Nov", from a date such as "2026-11-24"; the text itself where it is not one.
    func shortDay(_ date: String) -> String {
        let parts = date.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3, (1...12).contains(parts[1]) else { return date }
        return "\(parts[2]) \(monthName(parts[1]))"
    }

    /// "Nov 2026", from a date such as "2026-11-24" or a month such as "2026-11"; the text itself where it is neither.
    func monthOfYear(_ date: String) -> String {
        let parts = date.split(separator: "-").compactMap { Int($0) }
        guard parts.count >= 2, (1...12).contains(parts[1]) else { return date }
        return "\(monthName(parts[1])) \(parts[0])"
    }

    private func monthName(_ month: Int) -> String {
        let names = self("time.months").split(separator: " ")
        return names.indices.contains(month - 1) ? String(names[month - 1]) : String(month)
    }

    /// "2 jam 10 menit": the two largest units; seconds only below ten minutes.
    func duration(seconds total: Int) -> String {
        let seconds = abs(total)
        let parts: [(Int, String)]
        switch seconds {
        case 86_400...: parts = [(seconds / 86_400, "time.day"), (seconds % 86_400 / 3_600, "time.hour")]
        case 3_600...: parts = [(seconds / 3_600, "time.hour"), (seconds % 3_600 / 60, "time.minute")]
        case 600...: parts = [(seconds / 60, "time.minute")]
        default: parts = [(seconds / 60, "time.minute"), (seconds % 60, "time.second")]
        }
        let shown = parts.filter { $0.0 > 0 }.map { "\($0.0) \(self($0.1))" }
        return shown.isEmpty ? "0 \(self("time.second"))" : shown.joined(separator: " ")
    }

    /// "2 jam 10 menit lagi", or "terlambat 15 menit" once `due` has passed.
    func countdown(to due: Timestamp) -> String {
        let seconds = due.seconds(since: now)
        return self(seconds >= 0 ? "time.left" : "time.late", ["d": duration(seconds: seconds)])
    }

    func isLate(_ due: Timestamp) -> Bool { due < now }

    /// The machine's form for `datetime` attributes and scripts.
    func machine(_ at: Timestamp) -> String {
        at.rfc3339(offsetSeconds: offset)
    }

    // MARK: numbers

    /// "12.345" in Indonesian, "12,345" in English.
    func number(_ value: Int) -> String {
        let separator = language == .indonesian ? "." : ","
        var digits = String(value.magnitude)
        var grouped = ""
        while digits.count > 3 {
            grouped = separator + digits.suffix(3) + grouped
            digits.removeLast(3)
        }
        return (value < 0 ? "−" : "") + digits + grouped
    }

    /// "92 %", of a share from 0 to 1. Never rounds up to 100 or down to 0 what is not quite that.
    func percent(_ share: Double) -> String {
        guard share.isFinite else { return "–" }
        let rounded = Int((share * 100).rounded())
        if rounded == 100, share < 1 { return "99 %" }
        if rounded == 0, share > 0 { return "1 %" }
        return "\(rounded) %"
    }

    private func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
