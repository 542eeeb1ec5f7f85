/// Lets a steady rate pass, and bursts up to a capacity.
package struct TokenBucket: Sendable {
    /// How fast it fills, and how much it holds.
    package struct Rate: Hashable, Sendable {
        package var perSecond: Double
        package var burst: Double

        package init(perSecond: Double, burst: Double) {
            precondition(perSecond > 0 && burst >= 1, "a rate lets something pass")
            self.perSecond = perSecond
            self.burst = burst
        }

        /// A minute's allowance, of which a sixth may come at once, ten at least.
        package static func perMinute(_ count: Int) -> Rate {
            let count = max(1, count)
            return Rate(perSecond: Double(count) / 60, burst: max(min(10, Double(count)), Double(count) / 6))
        }
    }

    private var level: Double
    private var time: ContinuousClock.Instant

    /// A full bucket.
    package init(_ rate: Rate, at now: ContinuousClock.Instant) {
        level = rate.burst
        time = now
    }

    /// Takes `cost` where it is there; else says how many seconds until it will be, at least one.
    package mutating func take(_ cost: Double = 1, of rate: Rate, at now: ContinuousClock.Instant) -> Int? {
        fill(rate, now)
        if let wait = wait(for: cost, of: rate, at: now) { return wait }
        level -= cost
        return nil
    }

    /// How many seconds until `cost` is there, at least one; nil where it is. Takes nothing.
    package func wait(for cost: Double = 1, of rate: Rate, at now: ContinuousClock.Instant) -> Int? {
        var copy = self
        copy.fill(rate, now)
        guard copy.level < cost else { return nil }
        return max(1, Int(((min(cost, rate.burst) - copy.level) / rate.perSecond).rounded(.up)))
    }

    /// Whether nothing was taken that has not come back: then the bucket need not be kept.
    package func isFull(_ rate: Rate, at now: ContinuousClock.Instant) -> Bool {
        var copy = self
        copy.fill(rate, now)
        return copy.level >= rate.burst
    }

    /// Sets the level to what is left where `seconds` will pass until it is full. It may lie below nothing: what
    /// several let pass together, while none knew of the others, is waited for.
    package mutating func set(fullIn seconds: Double, of rate: Rate, at now: ContinuousClock.Instant) {
        level = min(rate.burst, rate.burst - seconds * rate.perSecond)
        time = max(time, now)
    }

    private mutating func fill(_ rate: Rate, _ now: ContinuousClock.Instant) {
        let passed = now - time
        guard passed > .zero else { return }
        level = min(rate.burst, level + Double(passed.nanoseconds) / 1e9 * rate.perSecond)
        time = now
    }
}
