package import Domain

/// Who asks, once a token has shown it.
package struct Principal: Hashable, Sendable {
    package enum Role: Hashable, Sendable {
        /// A program that files reports over a channel of its own.
        case integrator(channel: ChannelCode)
        case agency(AgencyCode)
        case `operator`
    }

    /// Of the key, as the operator lists it; never the token.
    package let keyID: String
    package let jurisdiction: JurisdictionCode
    package let role: Role
    /// Requests a minute that the key may make; nil for no limit of its own.
    package let ratePerMinute: Int?
    /// What an integrator's key opens; nil for everything.
    package let scopes: Set<KeyScope>?
    /// On what ground an integrator sends personal data.
    package let legalBasis: LegalBasis
    /// Whether an integrator tries the doors with it.
    package let isTest: Bool

    package init(
        keyID: String, jurisdiction: JurisdictionCode, role: Role, ratePerMinute: Int? = nil,
        scopes: Set<KeyScope>? = nil, legalBasis: LegalBasis = .consent, isTest: Bool = false
    ) {
        self.keyID = keyID
        self.jurisdiction = jurisdiction
        self.role = role
        self.ratePerMinute = ratePerMinute
        self.scopes = scopes
        self.legalBasis = legalBasis
        self.isTest = isTest
    }

    package var channel: ChannelCode? {
        if case .integrator(let channel) = role { channel } else { nil }
    }

    package var agency: AgencyCode? {
        if case .agency(let agency) = role { agency } else { nil }
    }

    package var isOperator: Bool { role == .operator }

    /// Throws 403 unless this is `agency` itself.
    package func require(agency: AgencyCode) throws(ProblemDetails) {
        guard role == .agency(agency) else {
            throw .forbidden("This key does not open the agency \(agency).")
        }
    }

    /// Throws 403 unless this is an operator.
    package func requireOperator() throws(ProblemDetails) {
        guard isOperator else { throw .forbidden("This needs an operator's key.") }
    }

    /// The integrator's channel. Throws 403 for anyone else, and for a key that was made without this scope.
    package func requireChannel(for scope: KeyScope) throws(ProblemDetails) -> ChannelCode {
        guard let channel else { throw .forbidden("This needs an integrator's key.") }
        if let scopes, !scopes.contains(scope) {
            throw .forbidden("This key was made without the scope \(scope.rawValue).")
        }
        return channel
    }

    /// The same where a path names the channel. Throws 403 for another's too.
    package func requireChannel(_ code: String?, for scope: KeyScope) throws(ProblemDetails) -> ChannelCode {
        let channel = try requireChannel(for: scope)
        guard code == channel.rawValue else {
            throw .forbidden("This key is the channel \(channel)'s, and opens no other.")
        }
        return channel
    }
}
