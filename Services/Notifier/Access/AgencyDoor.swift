internal import Domain
internal import Hummingbird
internal import Runtime

/// Lets the agency itself in, and nobody else.
struct AgencyDoor: Sendable {
    let jurisdiction: JurisdictionCode
    let agency: AgencyCode
    let authenticator: Authenticator
    let limiter: RateLimiter

    /// Throws 404 for another agency's address (the front door leads to its own process), 401 without a good
    /// token, 403 for anyone else's, and 429 where the key has a limit.
    @discardableResult
    func admit(_ request: Request, _ context: WebContext) async throws -> Principal {
        guard context.parameters.get("code") == agency.rawValue else {
            throw ProblemDetails.notFound("This process does not serve that agency.")
        }
        let principal = try await principal(of: request)
        try limiter.check(principal)
        return principal
    }

    /// Who asks, without taking from a limit. Throws 401 and 403 as ``admit(_:_:)`` does.
    func principal(of request: Request) async throws -> Principal {
        let principal = try await authenticator.principal(of: request, in: jurisdiction)
        try principal.require(agency: agency)
        return principal
    }
}
