internal import CoreMetrics
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
    }

    private let limit: Int
    private var entries: [Key: Entry] = [:]
    private var shared: [TokenBucket.Rate: TokenBucket] = [:]
    private var lastSweep: ContinuousClock.Instant?

    package init(limit: Int) { self.limit = limit }

    package var count: Int { entries.count }

    /// Nil where the request may pass; else the seconds to wait, at least one.
    package mutating func take(_ key: Key, _ rate: TokenBucket.Rate, at now: ContinuousClock.Instant) -> Int? {
        if var entry = entries.removeValue(forKey: key) {
            if entry.rate != rate { entry = Entry(bucket: TokenBucket(rate, at: now), rate: rate) }
            let wait = entry.bucket.take(of: rate, at: now)
            entries[key] = entry
            return wait
        }
        if entries.count >= limit { sweep(now) }
        guard entries.count < limit else {
            if shared.count > 16 { shared.removeAll() }
            return shared[rate, default: TokenBucket(rate, at: now)].take(of: rate, at: now)
        }
        var bucket = TokenBucket(rate, at: now)
        let wait = bucket.take(of: rate, at: now)
        entries[key] = Entry(bucket: bucket, rate: rate)
        return wait
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
        /// The same address with what cannot wait, so that nothing else uses its allowance up.
        case urgent(ClientAddress)

        /// By network instead of address.
        fileprivate var shared: Subject {
            switch self {
            case .key: self
            case .client(let address): .client(address.network)
            case .urgent(let address): .urgent(address.network)
            }
        }
    }

    private let table: Mutex<RateTable<Subject>>
    private let refused = Counter(.httpRateLimited)

    package init(limit: Int = 50_000) { table = Mutex(RateTable(limit: limit)) }

    /// Throws 429 with `Retry-After` where `subject` has asked too often.
    package func check(_ subject: Subject, _ rate: TokenBucket.Rate) throws(ProblemDetails) {
        try pass(table.withLock { $0.take(subject.shared, rate, at: .now) })
    }

    /// Throws as ``check(_:_:)`` does, but takes nothing: for what counts only once it has failed. See ``charge(_:_:)``.
    package func checkAllowance(of subject: Subject, _ rate: TokenBucket.Rate) throws(ProblemDetails) {
        try pass(table.withLock { $0.wait(subject.shared, rate, at: .now) })
    }

    /// Counts one against `subject`, if anything is left of its allowance.
    package func charge(_ subject: Subject, _ rate: TokenBucket.Rate) {
        _ = table.withLock { $0.take(subject.shared, rate, at: .now) }
    }

    private func pass(_ wait: Int?) throws(ProblemDetails) {
        guard let wait else { return }
        refused.increment()
        throw .tooManyRequests(retryAfter_s: wait)
    }

    /// Throws 429 where the key's own rate is used up; a key without a rate always passes.
    package func check(_ principal: Principal) throws(ProblemDetails) {
        guard let rate = principal.ratePerMinute else { return }
        try check(.key(principal.keyID), .perMinute(rate))
    }
}
