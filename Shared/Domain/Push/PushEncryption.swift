package import Crypto
internal import FoundationEssentials

/// Encrypts a message so that only the subscribed browser reads it, and not its push service: RFC 8291, in the coding
/// `aes128gcm` of RFC 8188.
package enum PushEncryption {
    /// Messages are padded to a multiple of this, so that their length tells little.
    package static let block = 256
    /// Fifteen blocks with the mark of the last record: with all that the coding adds, every push service takes it
    /// (4,096 bytes: RFC 8030, section 7.2).
    package static let limit = 15 * block - 1

    private static let recordSize: UInt32 = 4_096

    /// - Parameters:
    ///   - sender: made for this message alone.
    ///   - salt: 16 random bytes, of this message alone.
    ///   - padding: how many bytes of nothing follow; nil for up to the next multiple of ``block``.
    /// - Returns: the body to send, header included.
    package static func encrypt(
        _ message: [UInt8], to subscription: PushSubscription, from sender: P256.KeyAgreement.PrivateKey,
        salt: [UInt8], padding: Int? = nil
    ) throws -> [UInt8] {
        precondition(message.count <= limit && salt.count == 16, "a message that no push service takes")
        let receiver = try P256.KeyAgreement.PublicKey(x963Representation: subscription.publicKey)
        let ours = Array(sender.publicKey.x963Representation)
        let shared = try sender.sharedSecretFromKeyAgreement(with: receiver)
        let input = shared.hkdfDerivedSymmetricKey(
            using: SHA256.self, salt: subscription.secret,
            sharedInfo: Array("WebPush: info\0".utf8) + subscription.publicKey + ours, outputByteCount: 32)
        let key = derive("Content-Encoding: aes128gcm\0", 16, from: input, salt)
        let nonce = derive("Content-Encoding: nonce\0", 12, from: input, salt).withUnsafeBytes { Array($0) }

        // One record, the last: its text ends with the mark 2, and nothing but zeros follows.
        let fill = padding ?? (block - (message.count + 1) % block) % block
        let record = message + [2] + [UInt8](repeating: 0, count: fill)
        let box = try AES.GCM.seal(record, using: key, nonce: AES.GCM.Nonce(data: nonce))
        let size = (0..<4).map { UInt8(truncatingIfNeeded: recordSize >> UInt32(24 - 8 * $0)) }
        return salt + size + [UInt8(ours.count)] + ours + box.ciphertext + box.tag
    }

    private static func derive(
        _ info: String, _ count: Int, from input: SymmetricKey, _ salt: [UInt8]
    ) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: input, salt: salt, info: Array(info.utf8), outputByteCount: count)
    }
}

/// The key by which push services know that messages come from us: VAPID (RFC 8292).
package struct PushIdentity: Sendable {
    private let key: P256.Signing.PrivateKey
    /// Whom a push service may turn to: an address on the web, or `mailto:`.
    private let contact: String

    /// Nil where the 32 bytes are no private key of P-256, which of random ones is so once in four thousand million.
    package init?(key: [UInt8], contact: String) {
        guard let key = try? P256.Signing.PrivateKey(rawRepresentation: key) else { return nil }
        self.key = key
        self.contact = contact
    }

    /// The public key as pages hand it to the browser: 65 bytes, uncompressed, as base64url.
    package var publicKey: String { Base64URL.encode(key.publicKey.x963Representation) }

    /// How long a token is good; a push service takes none of more than 24 hours.
    package static let lifetimeSeconds = 12 * 3_600

    /// The value of the header `Authorization` for a message to `endpoint`.
    package func authorization(for endpoint: WebAddress, at now: Timestamp) throws -> String {
        var header = JSONWriter()
        header.object {
            $0.member("typ", "JWT")
            $0.member("alg", "ES256")
        }
        var claims = JSONWriter()
        claims.object {
            $0.member("aud", endpoint.origin)
            $0.member("exp", now.adding(seconds: Self.lifetimeSeconds).milliseconds / 1_000)
            $0.member("sub", contact)
        }
        let signed = "\(Base64URL.encode(header.bytes)).\(Base64URL.encode(claims.bytes))"
        let signature = try key.signature(for: Array(signed.utf8)).rawRepresentation
        return "vapid t=\(signed).\(Base64URL.encode(signature)), k=\(publicKey)"
    }
}
