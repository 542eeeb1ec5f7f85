internal import CZeroMQ

/// A CURVE public key: 32 bytes, written as 40 characters of Z85.
package struct CurvePublicKey: Sendable, Hashable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    package init?(z85: String) {
        guard let bytes = Z85.decode(z85) else { return nil }
        self.init(bytes: bytes)
    }

    package var z85: String { Z85.encode(bytes)! }
    package var description: String { z85 }
}

/// A CURVE secret key. Its text form must be asked for, so that it never comes into a log by accident.
package struct CurveSecretKey: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    package let bytes: [UInt8]

    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    package init?(z85: String) {
        guard let bytes = Z85.decode(z85) else { return nil }
        self.init(bytes: bytes)
    }

    package var z85: String { Z85.encode(bytes)! }
    package var description: String { "CurveSecretKey(…)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What one end of a CURVE connection is known by.
package struct CurveKeyPair: Sendable, Hashable {
    package let publicKey: CurvePublicKey
    package let secretKey: CurveSecretKey

    /// The pair that a secret key belongs to.
    package init(secretKey: CurveSecretKey) {
        var text = [CChar](repeating: 0, count: 41)
        let code = unsafe zmq_curve_public(&text, secretKey.z85)
        precondition(code == 0, "libzmq was built without CURVE")
        self.secretKey = secretKey
        publicKey = CurvePublicKey(z85: Self.text(text))!
    }

    private init(publicKey: CurvePublicKey, secretKey: CurveSecretKey) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// A new pair, from the system's random numbers.
    package static func generate() -> CurveKeyPair {
        var publicText = [CChar](repeating: 0, count: 41)
        var secretText = [CChar](repeating: 0, count: 41)
        let code = unsafe zmq_curve_keypair(&publicText, &secretText)
        precondition(code == 0, "libzmq was built without CURVE")
        return CurveKeyPair(
            publicKey: CurvePublicKey(z85: text(publicText))!, secretKey: CurveSecretKey(z85: text(secretText))!)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
