/// How fast an agency works: who is on duty at night, and what share of the promised time each step usually takes.
struct WorkHabits: Sendable {
    /// An office's hours, in minutes after midnight, Monday to Friday.
    static let officeHours = 7 * 60 + 30..<16 * 60

    /// The share of steps outside office hours that someone on duty takes at once.
    let duty: Double
    /// So many times as long as others.
    let slowness: Double
    private let offset: Int

    init(agency: AgencyCode, seed: UInt64, isTriage: Bool, offsetSeconds: Int) {
        // Each agency is slower or faster in its own way, in every run with this seed.
        let name = agency.rawValue.utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        var random = SeededRandom(seed: seed, stream: name)
        duty = isTriage ? 0.9 : 0.6 + 0.35 * random.share()
        slowness = 0.7 + 0.6 * random.share()
        offset = offsetSeconds
    }

    /// When a step is done that usually takes `share` of what was `promised` (seconds) from `now` on.
    func moment(
        after now: Timestamp, share: Double, of promised: Int, isUrgent: Bool, _ random: inout SeededRandom
    ) -> Timestamp {
        let usual = share * slowness * Double(promised)
        let seconds = random.duration(median: max(usual, 20), spread: 0.85)
        let waits = !isUrgent && !random.happens(duty)
        let begin = waits ? opening(from: now) : now
        return begin.adding(microseconds: Int64(min(seconds, 120 * 86_400) * 1e6))
    }

    /// `moment` itself within office hours, else the next opening.
    func opening(from moment: Timestamp) -> Timestamp {
        let local = moment.adding(seconds: offset)
        let civil = CivilTime(local)
        let minute = civil.hour * 60 + civil.minute
        if local.weekday < 5, Self.officeHours.contains(minute) { return moment }
        let midnight = local.adding(seconds: -(civil.hour * 3600 + civil.minute * 60 + civil.second))
            .adding(microseconds: -Int64(civil.microsecond))
        var days = local.weekday < 5 && minute < Self.officeHours.lowerBound ? 0 : 1
        while midnight.adding(seconds: days * 86_400).weekday >= 5 { days += 1 }
        return midnight.adding(seconds: days * 86_400 + Self.officeHours.lowerBound * 60 - offset)
    }
}
