internal import PostgreSQL
internal import Synchronization
internal import TestSupport

/// Deals a row's blows: one that touches everyone, or, where others must not notice, one in every second window.
struct Blows: Sendable {
    struct Struck: Sendable {
        var acts: Int
        /// When the last blow was mended.
        var healed: ContinuousClock.Instant
        var others: Verdict
    }

    private let fault: Fault
    private let target: any Target
    private let pool: PostgresPool
    private let city: City
    private let pace: Pace
    private let dice: Dice
    /// What runs on after the last blow, and before a window of calm, which must not see the blow before it.
    private static let afterwards = Duration.seconds(1)
    private static let settling = Duration.milliseconds(400)

    init(_ fault: Fault, on target: any Target, _ pool: PostgresPool, _ city: City, _ pace: Pace, _ dice: Dice) {
        self.fault = fault
        self.target = target
        self.pool = pool
        self.city = city
        self.pace = pace
        self.dice = dice
    }

    func run() async throws -> Struck {
        switch fault.reach {
        case .everyone:
            let acts = try await strike(max(pace.length, fault.least))
            let healed = ContinuousClock.now
            try await hold(Self.afterwards)
            return Struck(acts: acts, healed: healed, others: .unjudged)
        case .agency(let agency): return try await interleave(except: agency)
        case .nobody: return try await interleave(except: nil)
        }
    }

    private func strike(_ length: Duration) async throws -> Int {
        try await fault.strike(Scene(target: target, pool: pool, dice: dice, length: length))
    }

    private func hold(_ time: Duration) async throws {
        // pause: the length of a window
        try await Task.sleep(for: time)
    }

    // MARK: Windows

    private func interleave(except agency: String?) async throws -> Struck {
        var acts = 0
        var calm: [Double] = []
        var struck: [Double] = []
        var healed = ContinuousClock.now
        var verdict = Verdict.unjudged
        // Both of a pair are as long, so that their 99th percentiles are of as many reports.
        let window = max(pace.window, fault.least)
        try await hold(Self.afterwards)
        for pair in 1...Pace.mostPairs {
            let start = ContinuousClock.now
            try await hold(window)
            let middle = ContinuousClock.now
            acts += try await strike(window)
            healed = ContinuousClock.now
            if let agency { try await target.awaitReady(Stack.notifier(agency)) }
            try await hold(Self.settling)
            guard let before = percentile(0.99, of: city.delays(from: start, to: middle, except: agency)),
                let during = percentile(0.99, of: city.delays(from: middle, to: healed, except: agency))
            else { throw Unexpected("a window without reports") }
            calm.append(before)
            struck.append(during)
            verdict = Self.judge(calm, struck)
            // On a busy machine five windows may lie badly; what is really slower stays so.
            if pair >= Pace.pairs, !verdict.isBroken { break }
        }
        return Struck(acts: acts, healed: healed, others: verdict)
    }

    /// Medians of the windows' 99th percentiles, in milliseconds.
    static func judge(_ calm: [Double], _ struck: [Double]) -> Verdict {
        guard let before = percentile(0.5, of: calm), let during = percentile(0.5, of: struck) else { return .unjudged }
        let words = "\(before.rounded(toPlaces: 1))→\(during.rounded(toPlaces: 1)) ms"
        if during <= max(1.3 * before, before + 5) { return .held(words) }
        let all = zip(calm, struck).map { "\($0.rounded(toPlaces: 0))→\($1.rounded(toPlaces: 0))" }
        return .broken("\(words); by pairs \(all.joined(separator: ", "))")
    }
}

extension Double {
    func rounded(toPlaces places: Int) -> Double {
        var factor = 1.0
        for _ in 0..<places { factor *= 10 }
        return (self * factor).rounded() / factor
    }
}

/// A value that another task leaves behind.
final class Latest<Value: Sendable>: Sendable {
    private let held = Mutex<Value?>(nil)

    var value: Value? { held.withLock { $0 } }

    func set(_ value: Value) { held.withLock { $0 = value } }
}
