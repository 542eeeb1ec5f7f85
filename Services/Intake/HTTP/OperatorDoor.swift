internal import Domain
internal import Hummingbird
internal import Pages
internal import Runtime

/// Lets the city's operator in, by token or by session.
struct OperatorDoor: Sendable {
    let authenticator: Authenticator
    let limits: CitizenLimits

    /// - Throws: `ProblemDetails` 401 for who shows nothing, 403 for anybody else, and for a session that another site
    ///   made a browser send; 429 where the key has a limit.
    func admit(_ request: Request, to city: City) async throws -> Principal {
        let principal = try await authenticator.principal(of: request, in: city.code)
        try principal.requireOperator()
        try limits.check(principal)
        return principal
    }

    static func viewer(in city: City) -> Viewer {
        Viewer(name: city.triageAgency?.short ?? "Operator", home: "/dashboard")
    }

    /// Where the operator's pages are; who is not signed in is asked to.
    static func isOperators(_ path: String) -> Bool {
        ["/moderasi", "/loket"].contains { path == $0 || path.hasPrefix("\($0)/") }
    }
}
