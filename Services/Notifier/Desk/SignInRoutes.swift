internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime
internal import Storage

/// `/masuk` and `/keluar`: a token for a cookie, for every agency and the operator. Every notifier serves them.
struct SignInRoutes: Sendable {
    /// Failed attempts from one address. Those that succeed do not count: many officers share one.
    static let rate = TokenBucket.Rate(perSecond: 10.0 / 60, burst: 10)

    let jurisdiction: JurisdictionCode
    let access: AccessStore
    let authenticator: Authenticator
    let limiter: RateLimiter
    let pages: StaffPages
    let sameOrigin: SameOrigin

    /// `GET /masuk[?ke=/desk/dlhk]`
    func form(_ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try? await authenticator.principalIfAny(of: request, in: jurisdiction)
        let page = SignIn(
            frame: pages.frame(request, viewer: principal), returnPath: LocalPath(request.query["ke"]))
        return pages.response(page, request)
    }

    /// `POST /masuk`: `token`, and `ke` for where to go after; or `action=sign_out`.
    func submit(_ request: Request, _ context: WebContext) async throws -> Response {
        try sameOrigin.refuseOtherSites(request)
        let fields = try await request.collectForm()
        if fields["action"] == "sign_out" { return try await signOut(request, context) }
        let client = RateLimiter.Subject.client(context.client(of: request))
        try limiter.checkAllowance(of: client, Self.rate)
        let returnPath = LocalPath(fields["ke"])
        guard let (token, principal) = try await open(fields["token"] ?? "") else {
            limiter.charge(client, Self.rate)
            let page = SignIn(frame: pages.frame(request), returnPath: returnPath, hasFailed: true)
            var response = pages.response(page, request, status: .unauthorized)
            response.headers[.wwwAuthenticate] = "Bearer realm=\"sasando\""
            return response
        }
        var response = Response.seeOther(returnPath?.text ?? principal.home)
        response.setCookie(
            Credential.sessionCookie, token.text, seconds: Credential.sessionSeconds, isSecure: pages.isSecure)
        return response
    }

    /// `POST /keluar`: ends the session, here and in the store.
    func signOut(_ request: Request, _ context: WebContext) async throws -> Response {
        try sameOrigin.refuseOtherSites(request)
        if let token = request.cookie(Credential.sessionCookie).flatMap(Token.init(_:)) {
            try await access.closeSession(token.hash.bytes, in: jurisdiction)
            authenticator.forget(token, in: jurisdiction)
        }
        var response = Response.seeOther("/masuk")
        response.setCookie(Credential.sessionCookie, "", seconds: 0, isSecure: pages.isSecure)
        return response
    }

    private func open(_ text: String) async throws -> (Token, Principal)? {
        var text = text[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        guard let key = Token(text) else { return nil }
        let session = Token.generate()
        let holder = try await access.openSession(
            keyHash: key.hash.bytes, sessionHash: session.hash.bytes, in: jurisdiction)
        guard let principal = holder.flatMap({ Principal($0, in: jurisdiction) }) else { return nil }
        return (session, principal)
    }
}
