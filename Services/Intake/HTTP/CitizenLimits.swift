internal import Runtime

/// How often one address may report. Many phones can share one, and nobody there is kept from reporting a fire because
/// of what the others report.
struct CitizenLimits: Sendable {
    /// So many times as much of what is urgent, beside the rest: more than a real emergency brings from one address,
    /// and yet an end to a flood that calls itself one.
    static let urgentFactor = 10.0

    private let limiter: RateLimiter
    private let rate: TokenBucket.Rate
    private let urgentRate: TokenBucket.Rate

    /// - Parameter rate: of reports that are not urgent.
    init(limiter: RateLimiter, rate: TokenBucket.Rate) {
        self.limiter = limiter
        self.rate = rate
        urgentRate = TokenBucket.Rate(
            perSecond: rate.perSecond * Self.urgentFactor, burst: rate.burst * Self.urgentFactor)
    }

    /// - Throws: `ProblemDetails` 429 with Retry-After.
    func check(_ address: ClientAddress, isUrgent: Bool) throws(ProblemDetails) {
        if isUrgent {
            try limiter.check(.urgent(address), urgentRate)
        } else {
            try limiter.check(.client(address), rate)
        }
    }

    func check(_ principal: Principal) throws(ProblemDetails) { try limiter.check(principal) }
}
