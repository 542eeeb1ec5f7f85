internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Pages
internal import Runtime

/// The service worker. A browser asks for it again at each visit, so that a new version comes at once; it may fetch
/// from here and from nowhere else, and import nothing.
func workerResponse(_ request: Request) -> Response {
    var response = Response.asset(AppShell.worker, for: request)
    response.headers[.contentSecurityPolicy] = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
    return response
}

/// The manifest, in the language that its page names (a browser sends no cookie with it).
func manifestResponse(_ request: Request, city: City) -> Response {
    .asset(WebManifest.asset(request.language, city: city), for: request)
}

extension Response {
    fileprivate static func asset(_ asset: Asset, for request: Request) -> Response {
        .asset(
            asset.bytes, contentType: asset.contentType, entityTag: asset.entityTag, cacheControl: "no-cache",
            for: request)
    }
}
