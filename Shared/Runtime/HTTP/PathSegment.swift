package import Hummingbird

extension Parameters {
    /// A segment of the path with its percent-encoding undone (RFC 3986, section 2.1), which may so hold a slash.
    ///
    /// Nil for a segment that is no percent-encoded UTF-8. Throws 400 where the route has no such segment.
    package func text(of name: String) throws -> String? { PathSegment.text(try require(name)) }
}

/// One segment of a path, as it is sent.
package enum PathSegment {
    /// What it stands for; nil for a broken escape, and for bytes that are no UTF-8.
    package static func text(_ segment: String) -> String? {
        var bytes: [UInt8] = []
        var rest = segment.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let escaped = Hexadecimal.bytes(Array(rest.prefix(2))) else { return nil }
            bytes += escaped
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
