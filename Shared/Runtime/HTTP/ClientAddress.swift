internal import Glibc
package import NIOCore

/// A network address in numbers: what limits are kept by.
package enum ClientAddress: Hashable, Sendable {
    case v4(UInt32)
    /// The upper and the lower half.
    case v6(UInt64, UInt64)
    /// A Unix socket.
    case local

    package init(_ address: SocketAddress) {
        self = address.withSockAddr { pointer, size in
            let bytes = UnsafeRawBufferPointer(start: pointer, count: size)
            // sockaddr_in holds the address at byte 4, sockaddr_in6 at byte 8.
            return switch address {
            case .v4: .v4(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            case .v6: Self(v6: UnsafeRawBufferPointer(rebasing: bytes[8..<24]))
            case .unixDomainSocket: .local
            }
        }
    }

    /// Reads an address as `X-Forwarded-For` carries it, with or without a port.
    package init?(_ text: some StringProtocol) {
        var text = String(text.filter { $0 != " " && $0 != "\t" })
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            text = String(text[text.index(after: text.startIndex)..<end])
        } else if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") {
            text = String(text[..<colon])
        }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self = .v4(bytes.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) })
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self = bytes.withUnsafeBytes { Self(v6: $0) }
        } else {
            return nil
        }
    }

    /// The client: the peer, or, where the peer is a front door on this machine or a
    /// private network, the last address that this front door added.
    package init(peer: ClientAddress, forwardedFor: String?) {
        guard peer.isPrivate, let last = forwardedFor?.split(separator: ",").last else {
            self = peer
            return
        }
        self = ClientAddress(last) ?? peer
    }

    private init(v6 bytes: UnsafeRawBufferPointer) {
        let high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        let low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        // ::ffff:a.b.c.d is an IPv4 client on a socket for both.
        self = high == 0 && low >> 32 == 0xffff ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high, low)
    }

    /// Loopback, link-local, or for private use (RFC 1918, RFC 4193), or no network at all.
    package var isPrivate: Bool {
        switch self {
        case .v4(let bits):
            bits >> 24 == 127 || bits >> 24 == 10 || bits >> 20 == 0xac1 || bits >> 16 == 0xc0a8
                || bits >> 16 == 0xa9fe
        case .v6(let high, let low):
            (high == 0 && low == 1) || high >> 57 == 0xfc >> 1 || high >> 54 == 0xfe80 >> 6
        case .local:
            true
        }
    }

    /// What one household or office shares: an IPv4 address, or an IPv6 network of 64 bits.
    package var network: ClientAddress {
        if case .v6(let high, _) = self { .v6(high, 0) } else { self }
    }
}
