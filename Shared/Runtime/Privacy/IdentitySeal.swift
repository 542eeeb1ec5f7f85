internal import Crypto
package import Domain
package import FoundationEssentials
package import Storage

/// Seals and opens identities: AES-GCM (NIST SP 800-38D), bound to the report that they belong to.
package struct IdentitySeal: Sendable {
    /// Why an identity cannot be opened.
    package enum Unreadable: Error, Hashable {
        /// It is sealed with a key that is not in the file.
        case missingKey(Int32)
        /// It, its report or the key is not what it was.
        case broken
    }

    private let keys: IdentityKeys

    package init(_ keys: IdentityKeys) { self.keys = keys }

    package func seal(_ person: Person, of report: UUID) throws -> SealedBox {
        let (id, key) = keys.newest
        let box = try AES.GCM.seal(person.bytes, using: key, authenticating: Array(report.text.utf8))
        // A nonce of the default size always has a combined form: nonce, ciphertext, tag.
        return SealedBox(
            box: Array(box.combined!), keyID: id, lookup: person.traits.map { Self.digest(of: $0, under: key) })
    }

    package func open(_ sealed: SealedBox, of report: UUID) throws(Unreadable) -> Person {
        guard let key = keys[sealed.keyID] else { throw .missingKey(sealed.keyID) }
        guard let box = try? AES.GCM.SealedBox(combined: sealed.box),
            let bytes = try? AES.GCM.open(box, using: key, authenticating: Array(report.text.utf8)),
            let person = Person(bytes: Array(bytes))
        else { throw .broken }
        return person
    }

    /// Seals whatever else is personal, bound to what it belongs to.
    package func seal(_ bytes: [UInt8], of owner: [UInt8]) throws -> SealedBox {
        let (id, key) = keys.newest
        return SealedBox(box: Array(try AES.GCM.seal(bytes, using: key, authenticating: owner).combined!), keyID: id)
    }

    package func open(_ sealed: SealedBox, of owner: [UInt8]) throws(Unreadable) -> [UInt8] {
        guard let key = keys[sealed.keyID] else { throw .missingKey(sealed.keyID) }
        guard let box = try? AES.GCM.SealedBox(combined: sealed.box),
            let bytes = try? AES.GCM.open(box, using: key, authenticating: owner)
        else { throw .broken }
        return Array(bytes)
    }

    /// What to look for where a person with this trait is looked for: one digest for each key.
    package func digests(of trait: Person.Trait) -> [[UInt8]] {
        keys.ids.compactMap { keys[$0] }.map { Self.digest(of: trait, under: $0) }
    }

    /// Without the key nobody can try numbers until a digest fits.
    private static func digest(of trait: Person.Trait, under key: SymmetricKey) -> [UInt8] {
        let own = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, info: Array("sasando identity lookup".utf8), outputByteCount: 32)
        return Array(HMAC<SHA256>.authenticationCode(for: Array(trait.canonical.utf8), using: own))
    }
}
