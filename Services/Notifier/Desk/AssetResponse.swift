internal import Hummingbird
internal import Pages
internal import Runtime

/// A style, script or picture of the pages; every service serves the same ones.
///
/// - Throws: `ProblemDetails` 404 for a name that no page loads.
func assetResponse(_ request: Request) throws -> Response {
    guard let match = Asset.find(path: request.uri.path) else { throw ProblemDetails.notFound() }
    return .asset(
        match.asset.bytes, contentType: match.asset.contentType, entityTag: match.asset.entityTag,
        cacheControl: match.cacheControl, for: request)
}
