internal import Crypto
internal import FoundationEssentials

/// What an agency's endpoint knows our messages by: a key of HMAC-SHA256, written `whsec_` and base64 as Standard
/// Webhooks 1.0 has it. It shows itself in no description and no dump.
package struct WebhookSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How many bytes such a key may have.
    package static let sizes = 24...64
    private static let prefix = "whsec_"

    package let bytes: [UInt8]

    /// Nil for fewer or more bytes than ``sizes``.
    package init?(bytes: [UInt8]) {
        guard Self.sizes.contains(bytes.count) else { return nil }
        self.bytes = bytes
    }

    /// Reads `whsec_…`; nil for anything else.
    package init?(text: String) {
        guard text.hasPrefix(Self.prefix), let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count)))
        else { return nil }
        self.init(bytes: Array(data))
    }

    /// As the agency writes it into its own configuration: to be shown once, and never logged.
    package var text: String { Self.prefix + Data(bytes).base64EncodedString() }

    package var description: String { "(secret)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The signature of one message to an endpoint, by Standard Webhooks 1.0.
package enum WebhookSignature {
    /// The value of the header `webhook-signature`: for each secret `v1,` and 32 bytes in base64, separated by blanks.
    /// With the old and the new secret, receivers that know either take the message, so a change leaves no gap.
    ///
    /// - Parameters:
    ///   - id: the value of `webhook-id`; it holds no full stop.
    ///   - seconds: the value of `webhook-timestamp`, since 1970: when this attempt is made.
    ///   - body: exactly as it is sent.
    package static func header(id: String, seconds: Int64, body: [UInt8], secrets: [WebhookSecret]) -> String {
        let signed = Array("\(id).\(seconds).".utf8) + body
        return secrets.map { secret in
            let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: secret.bytes))
            return "v1," + Data(code).base64EncodedString()
        }.joined(separator: " ")
    }
}
