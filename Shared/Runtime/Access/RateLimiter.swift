internal import CoreMetrics
package import FoundationEssentials
internal import Synchronization
internal import Telemetry

/// A bounded table of token buckets, one for each key or address.
///
/// When it is full, buckets that have filled up again go; where that makes no room,
/// newcomers share one bucket. So a flood from many addresses costs neither
/// memory nor the limit.
package struct RateTable<Key: Hashable & Sendable>: Sendable {
    private struct Entry {
        var bucket: TokenBucket
        var rate: TokenBucket.Rate
        /// Taken, and not told to the other replicas yet.
        var untold = 0.0

        mutating func take(_ cost: Double, at now: ContinuousClock.Instant) -> Int? {
            let wait = bucket.take(cost, of: rate, at: now)
            if wait == nil { untold += cost }
            return wait
        }
    }

    /// What was taken from one bucket, in the seconds that it takes to fill up again.
    package struct Use: Sendable {
        package var key: Key
        package var rate: TokenBucket.Rate
        package var seconds: Double
    }

    private let limit: Int
    private var entries: [Key: Entry] = [:]
    private var shared: [TokenBucket.Rate: TokenBucket] = [:]
    private var lastSweep: ContinuousClock.Instant?

    package init(limit: Int) { self.limit = limit }

    package var count: Int { entries.count }

    /// Nil where the request may pass; else the seconds to wait, at least one.
    package mutating func take(
        _ key: Key, _ rate: TokenBucket.Rate, cost: Double = 1, at now: ContinuousClock.Instant
    ) -> Int? {
        if var entry = entries.removeValue(forKey: key) {
            if entry.rate != rate { entry = Entry(bucket: TokenBucket(rate, at: now), rate: rate) }
            let wait = entry.take(cost, at: now)
            entries[key] = entry
            return wait
        }
        if entries.count >= limit { sweep(now) }
        guard entries.count < limit else {
            if shared.count > 16 { shared.removeAll() }
            return shared[rate, default: TokenBucket(rate, at: now)].take(cost, of: rate, at: now)
        }
        var entry = Entry(bucket: TokenBucket(rate, at: now), rate: rate)
        let wait = entry.take(cost, at: now)
        entries[key] = entry
        return wait
    }

    /// What was taken since the others were told last, of at most so many keys; it counts as told.
    package mutating func takeUntold(atMost count: Int) -> [Use] {
        var uses: [Use] = []
        for (key, entry) in entries where entry.untold > 0 {
            uses.append(Use(key: key, rate: entry.rate, seconds: entry.untold / entry.rate.perSecond))
            if uses.count == count { break }
        }
        for use in uses { entries[use.key]?.untold = 0 }
        return uses
    }

    /// Takes over how long a bucket needs to fill up what all replicas took, these uses among it.
    package mutating func learn(_ use: Use, fullIn seconds: Double, at now: ContinuousClock.Instant) {
        guard var entry = entries[use.key], entry.rate == use.rate else { return }
        // What was taken here since is not in it.
        entry.bucket.set(fullIn: seconds + entry.untold / use.rate.perSecond, of: use.rate, at: now)
        entries[use.key] = entry
    }

    /// These uses could not be told after all.
    package mutating func giveBack(_ uses: [Use]) {
        for use in uses where entries[use.key]?.rate == use.rate {
            // Nobody needs to hear of more than empties the bucket.
            let untold = (entries[use.key]?.untold ?? 0) + use.seconds * use.rate.perSecond
            entries[use.key]?.untold = min(untold, use.rate.burst)
        }
    }

    /// What ``take(_:_:at:)`` would answer; takes nothing.
    package mutating func wait(_ key: Key, _ rate: TokenBucket.Rate, at now: ContinuousClock.Instant) -> Int? {
        if let entry = entries[key] { return entry.rate == rate ? entry.bucket.wait(of: rate, at: now) : nil }
        if entries.count >= limit { sweep(now) }
        return entries.count < limit ? nil : shared[rate]?.wait(of: rate, at: now)
    }

    /// Looks through the whole table, at most once a second.
    private mutating func sweep(_ now: ContinuousClock.Instant) {
        if let lastSweep, now - lastSweep < .seconds(1) { return }
        lastSweep = now
        entries = entries.filter { !$0.value.bucket.isFull($0.value.rate, at: now) }
    }
}

/// Limits how often a key or an address may ask, for all requests of a process.
package final class RateLimiter: Sendable {
    package enum Subject: Hashable, Sendable {
        case key(String)
        /// IPv6 by its network of 64 bits.
        case client(ClientAddress)
        /// A browser by a random number that it keeps.
        case device(UUID)
        /// The same address with what is done to reports that are stored, so that it uses up no allowance for sending.
        case acts(ClientAddress)
        /// With what readers find wrong with reports.
        case flags(ClientAddress)
        case flagsOfDevice(UUID)

        /// By network instead of address.
        fileprivate var shared: Subject {
            switch self {
            case .key, .device, .flagsOfDevice: self
            case .client(let address): .client(address.network)
            case .acts(let address): .acts(address.network)
            case .flags(let address): .flags(address.network)
            }
        }
    }

    private let table: Mutex<RateTable<Subject>>
    private let refused = Counter(.httpRateLimited)
    private let now: @Sendable () -> ContinuousClock.Instant

    package init(
        limit: Int = 50_000, now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        table = Mutex(RateTable(limit: limit))
        self.now = now
    }

    /// Nil where `subject` may go on; else the seconds until it may, at least one.
    ///
    /// - Parameter cost: how many requests it stands for.
    package func take(_ subject: Subject, _ rate: TokenBucket.Rate, cost: Double = 1) -> Int? {
        let now = now()
        let wait = table.withLock { $0.take(subject.shared, rate, cost: cost, at: now) }
        if wait != nil { refused.increment() }
        return wait
    }

    /// Takes one from the key's own rate, for who waits instead of being refused: the seconds to wait where nothing is left
    /// of it, at least one; nil where one more may come.
    package func pause(before principal: Principal) -> Int? {
        guard let rate = principal.ratePerMinute else { return nil }
        let now = now()
        return table.withLock { $0.take(.key(principal.keyID), .perMinute(rate), at: now) }
    }

    /// How many keys, addresses and devices are remembered.
    package var count: Int { table.withLock { $0.count } }

    /// Throws 429 with `Retry-After` where `subject` has asked too often.
    package func check(_ subject: Subject, _ rate: TokenBucket.Rate) throws(ProblemDetails) {
        if let wait = take(subject, rate) { throw .tooManyRequests(retryAfter_s: wait) }
    }

    /// Throws as ``check(_:_:)`` does, but takes nothing: for what counts only once it has failed. See ``charge(_:_:)``.
    package func checkAllowance(of subject: Subject, _ rate: TokenBucket.Rate) throws(ProblemDetails) {
        let now = now()
        guard let wait = table.withLock({ $0.wait(subject.shared, rate, at: now) }) else { return }
        refused.increment()
        throw .tooManyRequests(retryAfter_s: wait)
    }

    /// Counts one against `subject`, if anything is left of its allowance.
    package func charge(_ subject: Subject, _ rate: TokenBucket.Rate) {
        let now = now()
        _ = table.withLock { $0.take(subject.shared, rate, at: now) }
    }

    /// Throws 429 where the key's own rate is used up; a key without a rate always passes.
    package func check(_ principal: Principal) throws(ProblemDetails) {
        guard let rate = principal.ratePerMinute else { return }
        try check(.key(principal.keyID), .perMinute(rate))
    }

    // MARK: With the other replicas

    package func takeUntold(atMost count: Int) -> [RateTable<Subject>.Use] {
        table.withLock { $0.takeUntold(atMost: count) }
    }

    package func learn(_ use: RateTable<Subject>.Use, fullIn seconds: Double) {
        let now = now()
        table.withLock { $0.learn(use, fullIn: seconds, at: now) }
    }

    package func giveBack(_ uses: [RateTable<Subject>.Use]) { table.withLock { $0.giveBack(uses) } }
}
