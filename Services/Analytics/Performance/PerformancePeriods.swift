internal import Domain

/// The days that the public page counts, from a moment on: pure.
struct PerformancePeriods: Sendable {
    static let days: Int32 = 30
    static let months = 12
    static let weeks = 12
    /// A month is published so many days after its end: until then what came late in it is still being sorted.
    static let settlingDays = 7

    /// The day after today.
    let end: CityDay
    /// The first of the last 30 days.
    let late: CityDay
    /// The first day of the month that was eleven months ago.
    let first: CityDay
    /// The Mondays on which the last 12 weeks began, today's week last.
    let mondays: [CityDay]
    /// The last 12 months, this one last.
    let recentMonths: [CivilMonth]
    /// The latest months that may be published, the latest first.
    let published: [CivilMonth]

    init(now: Timestamp, offsetSeconds: Int) {
        let today = CityDay(now, offsetSeconds: offsetSeconds)
        end = CityDay(number: today.number + 1)
        late = CityDay(number: end.number - Self.days)
        let month = CivilMonth(now, offsetSeconds: offsetSeconds)
        recentMonths = (0..<Self.months).reversed().map { month.adding(-$0) }
        first = CityDay(number: Int32(month.adding(1 - Self.months).firstDay))
        // 1970-01-01 was a Thursday.
        let monday = today.number - (today.number + 3) % 7
        mondays = (0..<Int32(Self.weeks)).reversed().map { CityDay(number: monday - $0 * 7) }
        let isSettled = Int(today.number) - month.firstDay >= Self.settlingDays
        let newest = month.adding(isSettled ? -1 : -2)
        published = (0..<Self.months).map { newest.adding(-$0) }
    }
}
