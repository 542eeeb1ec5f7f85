internal import Runtime

/// How often one address may report: many phones can share one, and nobody is kept from reporting a fire.
struct CitizenLimits: Sendable {
    let limiter: RateLimiter
    let rate: TokenBucket.Rate

    /// - Throws: `ProblemDetails` 429 with Retry-After.
    func check(_ address: ClientAddress, isUrgent: Bool) throws(ProblemDetails) {
        if isUrgent { return }
        try limiter.check(.client(address), rate)
    }

    func check(_ principal: Principal) throws(ProblemDetails) { try limiter.check(principal) }
}
