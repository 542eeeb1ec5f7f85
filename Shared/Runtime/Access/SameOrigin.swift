package import Hummingbird
internal import HTTPTypes

/// Whether a request that rides on a cookie was made by our own page.
package struct SameOrigin: Sendable {
    private let publicOrigin: Origin?

    /// - Parameter publicURL: The front door's origin (`SASANDO_PUBLIC_URL`).
    package init(publicURL: String?) { publicOrigin = publicURL.flatMap(Origin.init(_:)) }

    /// Throws 403 for an unsafe method from elsewhere, or from nobody says where.
    package func check(_ request: Request) throws(ProblemDetails) {
        guard !Self.safe.contains(request.method.rawValue) else { return }
        guard isSameOrigin(request) else {
            throw .forbidden("This request came from another site. Open this one's own page and try again.")
        }
    }

    /// Throws 403 for an unsafe method that another site sent. What says nothing of where it comes from may pass.
    ///
    /// For requests that need no cookie: a program sends no such sign, nor does a browser that tells as little as it
    /// can. What another site makes a browser send says so.
    package func refuseOtherSites(_ request: Request) throws(ProblemDetails) {
        let signs: [HTTPField.Name] = [.origin, .secFetchSite, .referer]
        if signs.contains(where: { request.headers.contains($0) }) { try check(request) }
    }

    private static let safe: Set<String> = ["GET", "HEAD", "OPTIONS", "TRACE"]

    /// `Origin` decides where it stands; else `Sec-Fetch-Site`, else `Referer`.
    private func isSameOrigin(_ request: Request) -> Bool {
        if let origin = request.headers[.origin] { return isOurs(origin, request) }
        if let site = request.headers[.secFetchSite] { return site == "same-origin" || site == "none" }
        if let referrer = request.headers[.referer] { return isOurs(referrer, request) }
        return false
    }

    private func isOurs(_ url: String, _ request: Request) -> Bool {
        guard let origin = Origin(url) else { return false }
        if origin == publicOrigin { return true }
        // Several cities, or none configured: the name that the request itself was sent to. Its scheme is
        // the front door's affair, so the origin's own is taken.
        guard let authority = request.head.authority else { return false }
        return Origin(scheme: origin.scheme, authority: authority) == origin
    }
}
