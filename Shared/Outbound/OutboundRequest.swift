package import Domain

/// One request to an address that somebody else has named.
package struct OutboundRequest: Sendable {
    /// The methods that we have a use for.
    package enum Method: String, Sendable { case get = "GET", post = "POST" }

    package var method: Method
    package var address: WebAddress
    /// Who we are (`User-Agent`) is said without them, unless they say it.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Until the whole answer is here.
    package var timeout: Duration
    /// Of the answer's body; a longer one is an error, or is read no further where it is not kept.
    package var answerLimit_bytes: Int
    /// Without it the answer's body is read and thrown away.
    package var keepsAnswer: Bool

    package init(
        _ method: Method, _ address: WebAddress, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        timeout: Duration = .seconds(10), answerLimit_bytes: Int = 64 << 10, keepsAnswer: Bool = true
    ) {
        self.method = method
        self.address = address
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.answerLimit_bytes = answerLimit_bytes
        self.keepsAnswer = keepsAnswer
    }
}

/// What was answered. A redirect is an answer like any other: none is followed.
package struct OutboundAnswer: Sendable {
    package var status: Int
    /// As it was sent: a number of seconds, or a date.
    package var retryAfter: String?
    package var body: [UInt8]
}

/// Why there is no answer.
package struct OutboundError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kept the answer away.
    package enum Kind: String, Sendable {
        /// The address is not one that we call.
        case forbidden
        /// No such name, nobody there, or no secure connection.
        case unreachable
        case timedOut = "timed_out"
        case answerTooLarge = "answer_too_large"
        case cancelled
        /// So many requests are under way that no further one is taken.
        case busy
    }

    package var kind: Kind
    /// What libcurl says; it names no address.
    package var reason: String

    package init(_ kind: Kind, _ reason: String = "") {
        self.kind = kind
        self.reason = reason
    }

    package var description: String { reason.isEmpty ? kind.rawValue : "\(kind.rawValue): \(reason)" }
}

/// What is called, and what is trusted.
package struct OutboundPolicy: Sendable {
    package var addresses: AddressPolicy
    /// A file of certificates to trust in place of the system's.
    package var authorities: String?

    package init(addresses: AddressPolicy = AddressPolicy(), authorities: String? = nil) {
        self.addresses = addresses
        self.authorities = authorities
    }
}

/// How much a client does at once.
package struct OutboundLimits: Sendable {
    /// Requests under way; a further one is refused.
    package var requests: Int
    /// Connections to one host; further requests to it wait for one of them.
    package var hostConnections: Int
    /// Connections that are kept for the next request to the same host.
    package var keptConnections: Int

    package init(requests: Int = 64, hostConnections: Int = 4, keptConnections: Int = 16) {
        self.requests = requests
        self.hostConnections = hostConnections
        self.keptConnections = keptConnections
    }
}
