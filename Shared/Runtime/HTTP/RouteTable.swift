internal import Hummingbird

/// Which methods each address answers, to tell 405 from 404.
struct RouteTable: Sendable {
    private let routes: [(path: RouterPath, method: String)]

    init(_ router: Router<WebContext>) {
        routes = router.routes.map { ($0.path, $0.method.rawValue) }
    }

    /// The methods that `path` answers, sorted; empty for an unknown address.
    func methods(of path: String) -> [String] {
        let segments = path.split(separator: "/")
        var methods: Set<String> = []
        for route in routes where matches(route.path, segments) { methods.insert(route.method) }
        if methods.contains("GET") { methods.insert("HEAD") }
        return methods.sorted()
    }

    private func matches(_ path: RouterPath, _ segments: [Substring]) -> Bool {
        for (index, element) in path.components.enumerated() {
            if element == RouterPath.Element.recursiveWildcard { return true }
            guard index < segments.count, element ~= segments[index] else { return false }
        }
        return path.components.count == segments.count
    }
}
