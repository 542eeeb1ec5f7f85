package import Domain

/// What is encrypted of a person, as the store holds it.
package struct SealedBox: Sendable, Hashable {
    /// Nonce, ciphertext and tag.
    package var box: [UInt8]
    /// Which of intake's keys it is sealed with.
    package var keyID: Int32
    /// Digests of the number and of the address under that key, at most two: a person's reports are found by them
    /// without opening anybody else's.
    package var lookup: [[UInt8]]

    package init(box: [UInt8], keyID: Int32, lookup: [[UInt8]] = []) {
        self.box = box
        self.keyID = keyID
        self.lookup = lookup
    }
}

/// Personal data of a new report, encrypted, with the consent they were given under.
package struct SealedIdentity: Sendable, Hashable {
    package var sealed: SealedBox
    package var consentVersion: String
    package var consentAt: Timestamp
    /// For how many days after the report's end it may be kept.
    package var retentionDays: Int
    /// Whether the agency may call.
    package var mayContact: Bool

    package init(
        sealed: SealedBox, consentVersion: String, consentAt: Timestamp, retentionDays: Int, mayContact: Bool
    ) {
        self.sealed = sealed
        self.consentVersion = consentVersion
        self.consentAt = consentAt
        self.retentionDays = retentionDays
        self.mayContact = mayContact
    }
}

/// Who reads an identity, and why.
package struct IdentityReader: Sendable, Hashable {
    /// What stands for the city's operator where an agency's code would.
    package static let operatorName = "operator"

    /// An agency's code, or ``operatorName``.
    package var name: String
    /// Who there; the reporter is not shown it.
    package var actor: String?
    /// As the reporter reads it.
    package var purpose: String

    package init(name: String, actor: String? = nil, purpose: String) {
        self.name = name
        self.actor = actor
        self.purpose = purpose
    }
}

/// One reading of an identity, as its reporter sees it.
package struct IdentityReading: Sendable, Hashable {
    package var at: Timestamp
    /// An agency's code, or ``IdentityReader/operatorName``.
    package var reader: String
    /// nil once the report was erased.
    package var purpose: String?
}

/// What is held of the reporter, and who has read it.
package struct HeldIdentity: Sendable, Hashable {
    package struct Agreed: Sendable, Hashable {
        package var version: String
        package var at: Timestamp
    }

    /// nil where nothing is held, or not any more.
    package var consent: Agreed?
    /// The latest first, at most ``IdentityStore/readingLimit``.
    package var readings: [IdentityReading]
}
