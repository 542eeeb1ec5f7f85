package import Domain
package import Storage
internal import FoundationEssentials

extension Authenticator {
    /// Asks the store's table of keys and sessions.
    package convenience init(publicURL: String?, access: AccessStore) {
        self.init(publicURL: publicURL) { hash, jurisdiction in
            try await access.holder(of: hash.bytes, in: jurisdiction).flatMap { Principal($0, in: jurisdiction) }
        }
    }
}

extension Principal {
    /// nil for a key whose kind and holder do not go together, which the store's constraints rule out.
    package init?(_ holder: KeyHolder, in jurisdiction: JurisdictionCode) {
        let role: Role
        switch (holder.kind, holder.agency, holder.channel) {
        case (.integrator, _, let channel?), (.zeromq, _, let channel?): role = .integrator(channel: channel)
        case (.agency, let agency?, _), (.zeromq, let agency?, _): role = .agency(agency)
        case (.operator, _, _): role = .operator
        default: return nil
        }
        self.init(
            keyID: holder.keyID, jurisdiction: jurisdiction, role: role, ratePerMinute: holder.ratePerMinute,
            scopes: holder.scopes, legalBasis: holder.legalBasis, isTest: holder.isTest)
    }
}

extension Timestamp {
    /// The system's clock; decisions take it as a parameter.
    package static var now: Timestamp {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }
}
