/// On what ground somebody sends other people's personal data (UU PDP, article 20).
package enum LegalBasis: String, Hashable, Sendable, CaseIterable {
    /// Each report brings the consent of the person whose data they are: the rule where nothing else was agreed.
    case consent
    case contract
    case legalObligation = "legal_obligation"
    case vitalInterest = "vital_interest"
    case publicTask = "public_task"
    case legitimateInterest = "legitimate_interest"
}

/// Why a report's personal data may be kept, and for how long.
package struct DataGround: Hashable, Sendable {
    /// The consent's version, or the name of another legal basis after `basis:`.
    package var version: String
    /// When it was given, or when the data came.
    package var at: Timestamp
    /// After the report's end.
    package var retentionDays: Int

    package init(version: String, at: Timestamp, retentionDays: Int) {
        self.version = version
        self.at = at
        self.retentionDays = retentionDays
    }
}

/// What an integrator's key opens.
package enum KeyScope: String, Hashable, Sendable, CaseIterable {
    /// Sending reports, by any door.
    case report
    /// Uploading photos.
    case media
    /// Looking up the reports of its channel, and reading what becomes of them.
    case read
    /// Withdrawing reports of its channel.
    case withdraw
}
