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
        let (principal, channel) = try await principal(of: request, at: context.parameters.get("code"))
        try limiter.check(principal)
        return channel
    }

    /// Who asks for the channel with this code, without taking from a limit. Throws 401 and 403 as ``admit(_:_:)`` does.
    func principal(of request: Request, at code: String?) async throws -> (Principal, ChannelCode) {
        let principal = try await authenticator.principal(of: request, in: jurisdiction)
        let channel = try principal.requireChannel(code, for: .read)
        if principal.isTest {
            throw ProblemDetails.forbidden(
                "What a test key sends reaches no agency, so there is nothing to tell. Use a live key.")
        }
        return (principal, channel)
    }
}
