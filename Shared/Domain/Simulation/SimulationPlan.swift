/// What is simulated: for the same city, the same plan always gives the same reports and the same lives.
package struct SimulationPlan: Hashable, Sendable {
    /// The channel by which every simulated report comes: that is how it is known, and taken out again.
    package static let channel: ChannelCode = "simulasi"
    /// The longest period, in days.
    package static let longestDays = 366

    package var seed: UInt64
    /// How many reports come in.
    package var reports: Int
    package var start: Timestamp
    /// When it stops: what is open then stays open.
    package var end: Timestamp

    /// - Precondition: the period is longer than nothing, and at most ``longestDays``.
    package init(seed: UInt64, reports: Int, start: Timestamp, end: Timestamp) {
        precondition(
            start < end && end.seconds(since: start) <= Self.longestDays * 86_400, "a period of a year at most")
        self.seed = seed
        self.reports = reports
        self.start = start
        self.end = end
    }

    /// A calendar year in the city's time, or as much of it as is over at `now`; nil for a year yet to come.
    package static func year(
        _ year: Int, seed: UInt64, reports: Int, in city: City, now: Timestamp
    ) -> SimulationPlan? {
        func beginning(_ year: Int) -> Timestamp {
            let days = CivilTime.daysSinceEpoch(year: year, month: 1, day: 1)
            return Timestamp(seconds: Int64(days) * 86_400 - Int64(city.utcOffset))
        }
        let (start, end) = (beginning(year), min(beginning(year + 1), now))
        return start < end ? SimulationPlan(seed: seed, reports: reports, start: start, end: end) : nil
    }

    /// The 365 days before `now`.
    package static func lastYear(seed: UInt64, reports: Int, now: Timestamp) -> SimulationPlan {
        SimulationPlan(seed: seed, reports: reports, start: now.adding(seconds: -365 * 86_400), end: now)
    }
}
