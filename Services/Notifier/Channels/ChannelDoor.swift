internal import Domain
internal import Hummingbird
internal import Runtime

/// Lets a channel's own integrator in, and nobody else.
struct ChannelDoor: Sendable {
    let jurisdiction: JurisdictionCode
    let authenticator: Authenticator
    let limiter: RateLimiter

    /// The channel. Throws 401 without a good key, 403 for another channel's, for one without the scope `read` and for a
    /// test key, and 429 where the key has a limit.
    func admit(_ request: Request, _ context: WebContext) async throws -> ChannelCode {
        let principal = try await authenticator.principal(of: request, in: jurisdiction)
        let channel = try principal.requireChannel(context.parameters.get("code"), for: .read)
        if principal.isTest {
            throw ProblemDetails.forbidden(
                "What a test key sends reaches no agency, so there is nothing to tell. Use a live key.")
        }
        try limiter.check(principal)
        return channel
    }
}
