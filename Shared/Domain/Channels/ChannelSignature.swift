internal import Crypto

/// What tells a provider's call from anybody else's, compared in a time that tells nothing.
package enum ChannelSignature {
    private static let prefix = "sha256="

    /// Whether `header` (`sha256=` and hexadecimal digits) is the HMAC-SHA256 of the bytes as they came.
    package static func signs(_ body: [UInt8], header: String?, secret: [UInt8]) -> Bool {
        guard let header, header.hasPrefix(prefix), let code = bytes(header.utf8.dropFirst(prefix.utf8.count)) else {
            return false
        }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: SymmetricKey(data: secret))
    }

    /// Whether `given` is the secret. Digests are compared, so not even its length shows.
    package static func matches(_ given: String?, secret: [UInt8]) -> Bool {
        guard let given, !secret.isEmpty else { return false }
        let key = SymmetricKey(data: secret)
        let code = HMAC<SHA256>.authenticationCode(for: secret, using: key)
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(given.utf8), using: key)
    }

    private static func bytes(_ digits: some Collection<UInt8>) -> [UInt8]? {
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue.map(UInt8.init) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
