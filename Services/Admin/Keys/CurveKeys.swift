internal import Domain
internal import Storage
internal import ZeroMQ

/// What `key create --kind zeromq` shows: the pair that was made, or the public key that was there.
struct CurveKeys {
    let publicKey: CurvePublicKey
    /// Nil where the caller keeps it.
    let secretKey: CurveSecretKey?

    /// - Parameter publicKey: in Z85; nil: a new pair is made.
    init(publicKey text: String?) throws {
        guard let text else {
            let pair = CurveKeyPair.generate()
            (publicKey, secretKey) = (pair.publicKey, pair.secretKey)
            return
        }
        guard let key = CurvePublicKey(z85: text) else {
            throw Refusal("--public-key takes a CURVE key of 40 characters in Z85")
        }
        (publicKey, secretKey) = (key, nil)
    }

    func show(_ entry: KeyStore.Entry, isNew: Bool, of holder: KeyHolder, _ output: OutputOptions) throws {
        guard entry.channel == holder.channel?.rawValue, entry.agency == holder.agency?.rawValue else {
            throw Refusal("key \(entry.id) has this public key, and is somebody else's: make a new pair")
        }
        if output.json {
            var members = ["id": entry.id, "public_key": publicKey.z85]
            if let secretKey { members["secret_key"] = secretKey.z85 }
            return try output.print(members)
        }
        let state = isNew ? "is made" : entry.revokedAt == nil ? "is there" : "was revoked, and stays so"
        print("key \(entry.id) \(state)\npublic key \(publicKey.z85)")
        if let secretKey { print("secret key \(secretKey.z85)\nIt is shown this once, and kept nowhere.") }
    }
}
