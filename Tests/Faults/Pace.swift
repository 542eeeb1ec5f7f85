/// How long each row takes, and how much is sent meanwhile.
struct Pace: Sendable {
    /// Of a fault that touches everyone.
    let length: Duration
    /// Of one window of calm or of a fault, where others are measured: half a dozen of each. Long enough for more than
    /// a hundred reports: of fewer, the 99th percentile is the slowest one.
    let window: Duration
    let rate: Int

    /// The least number of pairs of windows that a judgement rests on, and the most that a doubtful one is given.
    static let pairs = 5
    static let mostPairs = 12
    /// Within this time after a fault everything that waited must have passed.
    static let drain = Duration.seconds(30)
    static let clients = 12
    private static let shortestWindow = Duration.milliseconds(1_200)

    /// - Parameter total: for all rows together; nil: as short as is worth it.
    init(faults: [Fault], total: Duration?, rate: Int) {
        self.rate = rate
        guard let total else {
            length = .seconds(4)
            window = Self.shortestWindow
            return
        }
        let share = total / max(1, faults.count)
        length = max(.seconds(4), share)
        window = max(Self.shortestWindow, share / (2 * Self.pairs))
    }

    /// Between two reports of one client.
    var interval: Duration { .seconds(1) * Self.clients / rate }
}
