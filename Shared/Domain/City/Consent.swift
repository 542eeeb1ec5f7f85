/// What a person agrees to who gives a name, a number or an address: what for, and for how long it is kept.
///
/// What was agreed to stays so: another purpose or another time is a new version, and the older ones go on for those
/// who agreed to them.
package struct Consent: Hashable, Sendable, Codable {
    /// As requests name it.
    package var version: String
    /// What the data are for, as the person reads it: a half-sentence after "We use them".
    package var purpose: LocalizedText
    /// For how many days after the report's end they are kept.
    package var retentionDays: Int

    package init(version: String, purpose: LocalizedText, retentionDays: Int) {
        self.version = version
        self.purpose = purpose
        self.retentionDays = retentionDays
    }
}

extension City {
    /// What is agreed to now; nil in a city that takes no personal data.
    package var consent: Consent? { consents.last }

    /// The version that somebody agreed to, now or before.
    package func consent(_ version: String) -> Consent? { consents.last { $0.version == version } }
}
