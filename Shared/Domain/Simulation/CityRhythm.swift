/// When people report, and what: by hour of the day, day of the week and season.
///
/// The numbers are a model and no measurement. The seasons are those of Nusa Tenggara: rain from December to March,
/// dengue with it; the grass dry, and burning, from July to November.
struct CityRhythm: Sendable {
    /// What is known of one kind of report.
    struct Kind: Sendable {
        /// Among all reports, relative to the others.
        var weight: Double
        /// So many times as often at the height of the rains as in the dry months.
        var inRain = 1.0
        /// So many times as often on a Saturday or a Sunday as on a weekday.
        var onWeekend = 0.8
        var hours: Hours = .daylight
    }

    /// At which hours people see it and report it.
    enum Hours: Sendable {
        case daylight, rush, evening, always

        var weights: [Double] {
            switch self {
            case .daylight: [1, 1, 1, 1, 2, 5, 9, 12, 12, 10, 9, 8, 7, 7, 8, 9, 11, 12, 10, 9, 7, 5, 3, 2]
            case .rush: [1, 1, 1, 1, 1, 4, 14, 18, 10, 6, 5, 8, 9, 7, 6, 9, 15, 18, 14, 7, 4, 3, 2, 1]
            case .evening: [4, 2, 1, 1, 1, 2, 3, 4, 3, 3, 2, 2, 2, 2, 2, 2, 3, 6, 14, 18, 17, 14, 10, 7]
            case .always: [5, 4, 4, 4, 4, 5, 6, 7, 8, 8, 8, 9, 9, 9, 9, 8, 8, 8, 8, 8, 7, 7, 6, 5]
            }
        }
    }

    /// What is known of the categories by their codes; any other is of the usual kind.
    static let kinds: [CategoryCode: Kind] = [
        "sampah": Kind(weight: 230, inRain: 1.3),
        "lampu_rambu": Kind(weight: 140, inRain: 1.4, hours: .evening),
        "kemacetan": Kind(weight: 90, inRain: 1.1, onWeekend: 0.45, hours: .rush),
        "pelanggaran_lalin": Kind(weight: 50, onWeekend: 0.9, hours: .rush),
        "parkir_liar": Kind(weight: 75, inRain: 0.9, onWeekend: 1.1),
        "tunawisma_pengemis": Kind(weight: 35, onWeekend: 1.0, hours: .evening),
        "fasilitas_anak": Kind(weight: 20, inRain: 0.8, onWeekend: 1.3),
        "orang_hilang": Kind(weight: 8, onWeekend: 1.1, hours: .always),
        "pkl_liar": Kind(weight: 55, inRain: 0.8, onWeekend: 1.2),
        "pelanggaran_bangunan": Kind(weight: 35, inRain: 0.7),
        "iklan_liar": Kind(weight: 35, inRain: 0.8),
        "fogging_dbd": Kind(weight: 50, inRain: 4.0),
        "masalah_kesehatan": Kind(weight: 45, inRain: 1.3, onWeekend: 0.9, hours: .always),
        "kebakaran": Kind(weight: 22, inRain: 0.3, onWeekend: 1.0, hours: .always),
    ]
    static let usual = Kind(weight: 50)
    /// Reports without a category: fallen trees, water, whatever people do not know where to put.
    static let uncategorised = Kind(weight: 110, inRain: 1.4)

    /// How wet each month is, from January on; 1 is the height of the rains.
    static let wetness: [Double] = [1, 1, 0.8, 0.35, 0.1, 0, 0, 0, 0, 0.05, 0.35, 0.8]

    /// The categories in the order of the choices; nil is none.
    let categories: [CategoryCode?]
    private let start: Timestamp
    /// The plan's last hour may be a part of one, in microseconds.
    private let lastPart: Double
    /// For each hour of the plan, how much comes in it.
    private let hours: WeightedChoice
    /// For each hour of the plan, the first of its choices in `choices`.
    private let kindOfHour: [Int]
    /// For each month, day of the week and hour of the day, what comes.
    private let choices: [WeightedChoice]

    init(city: City, plan: SimulationPlan) {
        categories = city.categories.map(\.code) + [nil]
        start = plan.start
        let kinds = categories.map { code in
            code.map { Self.kinds[$0] ?? Self.usual } ?? Self.uncategorised
        }
        var choices: [WeightedChoice] = []
        for month in 0..<12 {
            for day in 0..<7 {
                for hour in 0..<24 {
                    choices.append(WeightedChoice(kinds.map { Self.rate($0, month: month, day: day, hour: hour) }))
                }
            }
        }
        let count = max((plan.end.seconds(since: plan.start) + 3599) / 3600, 1)
        let kindOfHour = (0..<count).map { hour in
            let moment = plan.start.adding(seconds: hour * 3600 + city.utcOffset)
            let civil = CivilTime(moment)
            return (civil.month - 1) * 168 + moment.weekday * 24 + civil.hour
        }
        lastPart = Double(plan.end.microseconds(since: plan.start.adding(seconds: (count - 1) * 3600)))
        let parts = lastPart / 3.6e9
        hours = WeightedChoice(
            kindOfHour.enumerated().map { choices[$1].total * ($0 == count - 1 ? parts : 1) })
        self.kindOfHour = kindOfHour
        self.choices = choices
    }

    private static func rate(_ kind: Kind, month: Int, day: Int, hour: Int) -> Double {
        let hours = kind.hours.weights
        let season = 1 + (kind.inRain - 1) * wetness[month]
        return kind.weight * season * (day >= 5 ? kind.onWeekend : 1) * hours[hour] / hours.reduce(0, +)
    }

    /// When the report at a `share` (0 ..< 1) of all comes: later for a greater share.
    func moment(at share: Double) -> Timestamp {
        let (hour, within) = hours.place(at: share)
        let length = hour == kindOfHour.count - 1 ? lastPart : 3.6e9
        return start.adding(seconds: hour * 3600).adding(microseconds: Int64(within * length))
    }

    /// What a report at `moment` is about.
    func category(at moment: Timestamp, share: Double) -> CategoryCode? {
        let hour = min(moment.seconds(since: start) / 3600, kindOfHour.count - 1)
        return categories[choices[kindOfHour[hour]].place(at: share).index]
    }
}

extension Timestamp {
    /// 0 for a Monday … 6 for a Sunday, in UTC; 1970-01-01 was a Thursday.
    var weekday: Int { Int((milliseconds.flooredQuotient(by: 86_400_000) + 3).flooredRemainder(by: 7)) }
}
