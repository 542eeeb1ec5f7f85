internal import Crypto
package import Domain
package import FoundationEssentials
package import Storage

/// Seals and opens the secrets that endpoints know our messages by: AES-GCM (NIST SP 800-38D), bound to the endpoint that
/// they belong to. Who reads the table without the key file can sign nothing.
package struct WebhookSeal: Sendable {
    /// The key that sealed it is not in the file, or it is not what it was.
    package struct Unreadable: Error, CustomStringConvertible {
        package let keyID: Int32

        package var description: String { "the key \(keyID) is not in the file, or not the one that sealed it" }
    }

    private let keyring: IdentityKeyring

    /// - Parameter keyring: the notifiers' own file, with nothing in it that opens identities.
    package init(_ keyring: IdentityKeyring) { self.keyring = keyring }

    /// A new secret: 256 random bits.
    package static func makeSecret() -> WebhookSecret {
        guard let secret = WebhookSecret(bytes: SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }) else {
            preconditionFailure("32 bytes are a secret")
        }
        return secret
    }

    package func seal(_ secret: WebhookSecret, of webhook: UUID) throws -> SealedBox {
        let (id, key) = keyring.current.newest
        let box = try AES.GCM.seal(secret.bytes, using: key, authenticating: Self.binding(webhook))
        // A nonce of the default size always has a combined form: nonce, ciphertext, tag.
        return SealedBox(box: Array(box.combined!), keyID: id)
    }

    package func open(_ sealed: SealedBox, of webhook: UUID) throws(Unreadable) -> WebhookSecret {
        guard let key = keyring.keys(knowing: sealed.keyID)[sealed.keyID],
            let box = try? AES.GCM.SealedBox(combined: sealed.box),
            let bytes = try? AES.GCM.open(box, using: key, authenticating: Self.binding(webhook)),
            let secret = WebhookSecret(bytes: Array(bytes))
        else { throw Unreadable(keyID: sealed.keyID) }
        return secret
    }

    private static func binding(_ webhook: UUID) -> [UInt8] { Array("webhook \(webhook.text)".utf8) }
}
