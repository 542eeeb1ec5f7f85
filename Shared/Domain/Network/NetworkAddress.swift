/// An address of the internet protocol, of either version.
package struct NetworkAddress: Hashable, Sendable {
    /// 4 bytes, or 16, in network order.
    package let bytes: [UInt8]

    /// Nil for another number of bytes.
    package init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads `192.0.2.7` or `2001:db8::7` (RFC 4291, section 2.2), without brackets and without a zone.
    ///
    /// Other spellings of IPv4 that some resolvers know (`127.1`, `0x7f000001`) are no address here, and no name of a
    /// host either.
    package init?(text: some StringProtocol) {
        guard let bytes = text.contains(":") ? Self.version6(text) : Self.version4(text) else { return nil }
        self.bytes = bytes
    }

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            let isPlain = part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard isPlain, part == "0" || part.first != "0", let byte = UInt8(part) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: some StringProtocol) -> [UInt8]? {
        guard let gap = text.firstRange(of: "::") else {
            guard let whole = groups(text), whole.count == 16 else { return nil }
            return whole
        }
        guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]) else { return nil }
        let missing = 16 - head.count - tail.count
        guard missing >= 2 else { return nil }
        return head + [UInt8](repeating: 0, count: missing) + tail
    }

    /// The groups between colons; the last may be an IPv4 address.
    private static func groups(_ text: some StringProtocol) -> [UInt8]? {
        if text.isEmpty { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains("."), let last = version4(part) {
                bytes += last
                continue
            }
            guard (1...4).contains(part.utf8.count), part.first != "+", let group = UInt16(part, radix: 16) else {
                return nil
            }
            bytes += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
        }
        return bytes.count <= 16 ? bytes : nil
    }
}

/// A block of addresses: those that share their first bits, such as `10.0.0.0/8`.
package struct NetworkBlock: Hashable, Sendable {
    package let address: NetworkAddress
    /// How many of the first bits count.
    package let bits: Int

    /// Reads `10.0.0.0/8` or `2001:db8::/32`; an address alone is a block of one.
    package init?(text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = NetworkAddress(text: parts[0]) else { return nil }
        let width = address.bytes.count * 8
        guard let bits = parts.count == 1 ? width : Int(parts[1]), (0...width).contains(bits) else { return nil }
        self.address = address
        self.bits = bits
    }

    package func contains(_ other: NetworkAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        for (index, (own, theirs)) in zip(address.bytes, other.bytes).enumerated() {
            let left = bits - index * 8
            if left <= 0 { return true }
            let mask = left >= 8 ? UInt8.max : UInt8.max << UInt8(8 - left)
            if own & mask != theirs & mask { return false }
        }
        return true
    }
}

/// Which addresses we may call when a stranger names them: those of the public internet, and what an operator allows
/// beside them.
package struct AddressPolicy: Hashable, Sendable {
    /// Blocks that are called though they are not public.
    package var allowed: [NetworkBlock]

    package init(allowed: [NetworkBlock] = []) { self.allowed = allowed }

    /// - Parameter isSecure: without TLS only what is allowed may be called: on the internet anyone could read along.
    package func permits(_ address: NetworkAddress, isSecure: Bool = true) -> Bool {
        allowed.contains { $0.contains(address) } || (isSecure && Self.isPublic(address))
    }

    /// Whether anyone on the internet could be there: what IANA's registries of special-purpose addresses do not keep
    /// for something else. Of IPv6 only global unicast is in use.
    static func isPublic(_ address: NetworkAddress) -> Bool {
        if address.bytes.count == 16, !globalUnicast.contains(address) { return false }
        return !special.contains { $0.contains(address) }
    }

    private static let globalUnicast = block("2000::/3")
    private static let special = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    ].map(block)

    private static func block(_ text: String) -> NetworkBlock {
        guard let block = NetworkBlock(text: text) else { preconditionFailure("\(text) is no block of addresses") }
        return block
    }
}
