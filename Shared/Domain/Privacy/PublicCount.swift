/// How many reports of a sensitive kind there were, as anyone may read it: a few could be recognised, so from 1 to 4 no
/// number is told.
package enum PublicCount: Hashable, Sendable {
    /// None, or 5 and more.
    case exactly(Int)
    /// 1 to 4.
    case few

    /// The least number above 0 that is told.
    package static let leastTold = 5

    package init(_ count: Int) {
        self = (1..<Self.leastTold).contains(count) ? .few : .exactly(max(0, count))
    }

    /// The number, or nil for a few.
    package var number: Int? {
        if case .exactly(let number) = self { number } else { nil }
    }
}

/// A month of the city's calendar.
package struct CivilMonth: Hashable, Comparable, Sendable {
    /// Months since the year 0.
    private var number: Int

    package init(year: Int, month: Int) { number = year * 12 + month - 1 }

    /// The month in which `moment` lies, by a clock that is `offsetSeconds` from UTC.
    package init(_ moment: Timestamp, offsetSeconds: Int) {
        let local = CivilTime(moment.adding(seconds: offsetSeconds))
        self.init(year: local.year, month: local.month)
    }

    /// The month of a day, given as days since 1970-01-01.
    package init(day: Int) {
        let date = CivilTime.date(daysSinceEpoch: day)
        self.init(year: date.year, month: date.month)
    }

    package var year: Int { number.quotientAndRemainder(dividingBy: 12).quotient }
    /// 1 to 12.
    package var month: Int { number % 12 + 1 }

    package func adding(_ months: Int) -> CivilMonth {
        var other = self
        other.number += months
        return other
    }

    /// Its first day, as days since 1970-01-01.
    package var firstDay: Int { CivilTime.daysSinceEpoch(year: year, month: month, day: 1) }

    /// `2026-11`
    package var text: String { "\(year)-" + (month < 10 ? "0\(month)" : "\(month)") }

    package static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}
