internal import Crypto

/// A key or a session as its holder shows it: `sas_` and 43 characters of base64url, 256 random bits.
package struct Token: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package static let prefix = "sas_"

    /// The whole text. It goes to its holder and nowhere else.
    package let text: String

    /// Nil for anything that does not have a token's form.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 47, text.hasPrefix(Self.prefix),
            text.utf8.dropFirst(4).allSatisfy(Base64URL.isDigit)
        else { return nil }
        self.text = String(text)
    }

    /// A new one from the system's random numbers.
    package static func generate() -> Token {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        guard let token = Token(prefix + Base64URL.text(bytes)) else { preconditionFailure("32 bytes make a token") }
        return token
    }

    package var hash: TokenHash { TokenHash(of: text) }

    package var description: String { "(token)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// SHA-256 of a token's text: what the store knows of it.
package struct TokenHash: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(of text: String) { bytes = Array(SHA256.hash(data: Array(text.utf8))) }
}

/// RFC 4648, section 5, without padding.
enum Base64URL {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        var window: UInt32 = 0
        var count = 0
        for byte in bytes {
            window = window << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                result.append(digits[Int(window >> UInt32(count)) & 63])
            }
        }
        if count > 0 { result.append(digits[Int(window << UInt32(6 - count)) & 63]) }
        return String(decoding: result, as: UTF8.self)
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default:
            false
        }
    }
}
