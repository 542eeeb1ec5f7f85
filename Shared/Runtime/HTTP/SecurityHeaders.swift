internal import HTTPTypes
internal import Hummingbird
internal import Synchronization

/// The headers that keep pages from doing what they should not.
///
/// `Strict-Transport-Security` is the front door's: only it knows whether it speaks TLS.
package final class SecurityHeaders: Sendable {
    private let pagePolicy: Mutex<String>
    private static let dataPolicy = "default-src 'none'; frame-ancestors 'none'"

    /// - Parameter tileOrigins: Where pages may load map tiles from.
    package init(tileOrigins: [String] = []) {
        pagePolicy = Mutex(Self.policy(tileOrigins))
    }

    /// Takes the tile servers of the cities as they are loaded: their URLs, or their origins.
    package func allowTiles(from urls: [String]) {
        let policy = Self.policy(urls)
        pagePolicy.withLock { $0 = policy }
    }

    func apply(to response: inout Response, path: String) {
        let isPage = response.headers[.contentType]?.hasPrefix("text/html") ?? false
        response.headers[.xContentTypeOptions] = "nosniff"
        set(.contentSecurityPolicy, isPage ? pagePolicy.withLock { $0 } : Self.dataPolicy, on: &response)
        set(.referrerPolicy, path.hasPrefix("/k/") ? "no-referrer" : "same-origin", on: &response)
        if isPage {
            set(.permissionsPolicy, "geolocation=(self), camera=(self), microphone=()", on: &response)
            set(.crossOriginOpenerPolicy, "same-origin", on: &response)
        }
        set(.cacheControl, "no-store", on: &response)
    }

    private func set(_ name: HTTPField.Name, _ value: String, on response: inout Response) {
        if !response.headers.contains(name) { response.headers[name] = value }
    }

    private static func policy(_ tiles: [String]) -> String {
        // A tile URL may name its hosts by a template, such as https://{s}.tile.example.org/{z}/{x}/{y}.png.
        let origins = Set(tiles.compactMap { Origin($0.replacing("{s}", with: "*"))?.text }).sorted()
        let images = (["'self'", "data:", "blob:"] + origins).joined(separator: " ")
        return """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src \(images); font-src 'self'; \
            connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
            frame-ancestors 'none'
            """
    }
}
