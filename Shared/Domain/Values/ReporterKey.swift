internal import Crypto
package import FoundationEssentials

/// What lets a person manage their own report without an account: 128 bits that follow from the report's id and a
/// secret, so that a repeated request gets the same one and nothing needs to keep it.
///
/// It has no `description`, so that it does not slip into a log.
package struct ReporterKey: Hashable, Sendable {
    private let bytes: [UInt8]

    /// HMAC-SHA256 of the id's 16 bytes under `secret`, cut to 128 bits.
    package init(report id: UUID, secret: [UInt8]) {
        let message = withUnsafeBytes(of: id.uuid) { Array($0) }
        let code = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: secret))
        bytes = Array(code.prefix(16))
    }

    /// Reads the 22 characters of `text`; nil for anything else.
    package init?(text: some StringProtocol) {
        guard text.utf8.count == 22 else { return nil }
        var (bytes, buffer, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for letter in text.utf8 {
            guard let value = Self.alphabet.firstIndex(of: letter) else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
                buffer &= 1 << UInt32(bits) - 1
            }
        }
        guard bytes.count == 16, buffer == 0 else { return nil }
        self.bytes = bytes
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// 22 characters of base64url (RFC 4648 §5) without padding.
    package var text: String {
        var (letters, buffer, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                letters.append(Self.alphabet[Int(buffer >> UInt32(bits) & 63)])
            }
            buffer &= 1 << UInt32(bits) - 1
        }
        if bits > 0 { letters.append(Self.alphabet[Int(buffer << UInt32(6 - bits) & 63)]) }
        return String(decoding: letters, as: UTF8.self)
    }

    /// What the store may keep to find the report again: the first 64 bits of the key's SHA-256.
    package var lookupHash: Int64 {
        SHA256.hash(data: bytes).prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }

    /// Whether both are the same, in a time that does not tell how much of them is.
    package func matches(_ other: ReporterKey) -> Bool {
        zip(bytes, other.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
