/// An office that reports are passed to.
package struct Agency: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable { case agency, triage }

    package var code: AgencyCode
    package var name: LocalizedText
    /// What people call it, such as `DLHK`.
    package var short: String
    package var kind: Kind
    package var phones: [PhoneNumber]

    package init(
        code: AgencyCode, name: LocalizedText, short: String, kind: Kind = .agency, phones: [PhoneNumber] = []
    ) {
        self.code = code
        self.name = name
        self.short = short
        self.kind = kind
        self.phones = phones
    }
}

/// A telephone number and whether the city has confirmed it; only confirmed ones are shown to citizens.
package struct PhoneNumber: Hashable, Sendable, Codable {
    package var number: String
    package var label: LocalizedText
    package var confirmed: Bool

    package init(number: String, label: LocalizedText, confirmed: Bool) {
        self.number = number
        self.label = label
        self.confirmed = confirmed
    }
}

// Absent members take their defaults.
extension Agency {
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            code: try values.decode(AgencyCode.self, forKey: .code),
            name: try values.decode(LocalizedText.self, forKey: .name),
            short: try values.decode(String.self, forKey: .short),
            kind: try values.decodeIfPresent(Kind.self, forKey: .kind) ?? .agency,
            phones: try values.decodeIfPresent([PhoneNumber].self, forKey: .phones) ?? [])
    }
}
