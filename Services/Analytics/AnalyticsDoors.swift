internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// What analytics' doors share: which city is asked, who asks, and how a page is sent.
struct AnalyticsDoors: Sendable {
    let registry: CityRegistry
    let authenticator: Authenticator
    let limiter: RateLimiter
    /// What whole addresses are built from; nil where nobody said.
    let publicURL: String?
    let clock: @Sendable () -> Timestamp

    private var isSecure: Bool { publicURL?.hasPrefix("https:") ?? false }

    /// - Throws: `ProblemDetails` 503 while no city is loaded.
    func city(of request: Request) throws(ProblemDetails) -> City {
        guard let city = registry.city(host: request.head.authority)?.city else {
            throw .unavailable("No city is loaded yet; try again in a moment.")
        }
        return city
    }

    /// - Throws: `ProblemDetails` 401 and 403 for anyone else; 403 where another site made a browser send it; 429
    ///   where the key has a limit.
    func requireOperator(_ request: Request, in city: City) async throws -> Principal {
        let principal = try await authenticator.principal(of: request, in: city.code)
        try principal.requireOperator()
        try limiter.check(principal)
        return principal
    }

    func frame(_ request: Request, _ city: City, isOperator: Bool = false) -> Frame {
        let viewer = Viewer(name: city.triageAgency?.short ?? "Operator", home: "/dashboard")
        return Frame(
            city: city, now: clock(), path: request.uri.string, viewer: isOperator ? viewer : nil, publicURL: publicURL)
    }

    func page(
        _ page: some Page, _ request: Request, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var response = Response.html(page.render(language: request.language), status: status, headers: headers)
        response.rememberLanguage(of: request, isSecure: isSecure)
        return response
    }

    /// The way to sign in, and back to what was asked for.
    func signIn(_ problem: ProblemDetails, _ request: Request, _ city: City) -> Response {
        let page = SignIn(frame: frame(request, city), returnPath: LocalPath(request.uri.string), hasFailed: false)
        return self.page(page, request, status: .unauthorized, headers: problem.headers)
    }
}
