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

    package init(keyID: String, jurisdiction: JurisdictionCode, role: Role, ratePerMinute: Int? = nil) {
        self.keyID = keyID
        self.jurisdiction = jurisdiction
        self.role = role
        self.ratePerMinute = ratePerMinute
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

    /// The channel to file reports over. Throws 403 for anyone but an integrator.
    package func requireChannel() throws(ProblemDetails) -> ChannelCode {
        guard let channel else { throw .forbidden("This needs an integrator's key.") }
        return channel
    }
}
