/// A web origin (RFC 6454): scheme, host and port.
package struct Origin: Hashable, Sendable {
    package let scheme: String
    package let host: String
    package let port: Int

    /// Reads the origin of a URL; a path, query or fragment is left out. Nil for anything but http and https.
    package init?(_ url: String) {
        guard let separator = url.firstRange(of: "://") else { return nil }
        let scheme = url[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let authority = url[separator.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        self.init(scheme: scheme, authority: authority)
    }

    init?(scheme: String, authority: some StringProtocol) {
        let text = authority.lowercased()
        guard !text.isEmpty, !text.contains("@"), !text.contains(" "), !text.contains(",") else { return nil }
        var host = text[...]
        var port = scheme == "https" ? 443 : 80
        let afterBracket = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[afterBracket...].lastIndex(of: ":") {
            guard let number = Int(text[text.index(after: colon)...]), (1...65_535).contains(number) else { return nil }
            port = number
            host = text[..<colon]
        }
        guard !host.isEmpty else { return nil }
        self.scheme = scheme
        self.host = String(host)
        self.port = port
    }

    /// The serialised origin, the port only where it is not the scheme's own.
    package var text: String {
        port == (scheme == "https" ? 443 : 80) ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(port)"
    }
}
