/// An address on the web that a stranger has given us to call: https, and where it is asked for http too, for hosts of
/// the networks that the operator allows.
///
/// What a name leads to is known only when it is called, and judged then (``AddressPolicy``); this is about what can be
/// told from the text.
package struct WebAddress: Hashable, Sendable {
    package static let lengthLimit = 1024

    package let text: String
    /// In lower case, an IPv6 address without its brackets.
    package let host: String
    package let port: Int
    /// Whether it is https.
    package let isSecure: Bool

    /// Reads `https://host[:port]/…`. Nil for another scheme, for a name and password in it, for a fragment, for
    /// anything but visible ASCII, and for what is too long.
    ///
    /// - Parameter allowsPlain: reads `http://…` too.
    package init?(_ text: String, allowsPlain: Bool = false, lengthLimit: Int = WebAddress.lengthLimit) {
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !Self.unwise.contains($0) }
        let start = text.prefix(8).lowercased()
        let scheme = start == "https://" ? start : allowsPlain && start.hasPrefix("http://") ? "http://" : nil
        guard isPlain, text.utf8.count <= lengthLimit, let scheme else { return nil }
        let isSecure = scheme == "https://"
        let authority = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@"),
            let (host, port) = Self.hostAndPort(authority, standardPort: isSecure ? 443 : 80)
        else { return nil }
        self.text = text
        self.host = host
        self.port = port
        self.isSecure = isSecure
    }

    /// Of these no two readers make the same.
    private static let unwise = Set("\\\"<>^`{|}#".utf8)

    private static func hostAndPort(_ authority: Substring, standardPort: Int) -> (String, Int)? {
        var rest = authority
        var host: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
            guard host.contains(":"), NetworkAddress(text: host) != nil else { return nil }
            rest = rest[rest.index(after: end)...]
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest[host.endIndex...]
            guard isName(host) || NetworkAddress(text: host) != nil else { return nil }
        }
        guard !rest.isEmpty else { return (host.lowercased(), standardPort) }
        let digits = rest.dropFirst()
        guard rest.first == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
            (1...65_535).contains(port)
        else { return nil }
        return (host.lowercased(), port)
    }

    /// Labels of letters, digits and hyphens, the last of which is no number.
    private static func isName(_ host: Substring) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard host.utf8.count <= 253, let last = labels.last else { return false }
        let isMade = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                }
        }
        return isMade && !last.utf8.allSatisfy { (0x30...0x39).contains($0) } && !last.lowercased().hasPrefix("0x")
    }

    /// `https://host[:port]`, the port only where it is not the scheme's own.
    package var origin: String {
        let name = (isSecure ? "https://" : "http://") + (host.contains(":") ? "[\(host)]" : host)
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Whether it can be called at all under `policy`, as far as its text tells.
    package func isPermitted(by policy: AddressPolicy) -> Bool {
        if let address = NetworkAddress(text: host) { return policy.permits(address, isSecure: isSecure) }
        // Where an operator allows networks any name may lead into them, those of a city's own and of a host's above all.
        if !policy.allowed.isEmpty { return true }
        return isSecure && host.contains(".") && !Self.localEnds.contains { host.hasSuffix($0) }
    }

    /// Names that are never on the public internet (RFC 6761, RFC 6762, RFC 8375, RFC 9476), as those of one label are
    /// not.
    private static let localEnds = [
        ".localhost", ".local", ".internal", ".home.arpa", ".invalid", ".test", ".onion", ".alt",
    ]
}
