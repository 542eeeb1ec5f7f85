/// How an endpoint's owner works: what it holds, for how long, and when it writes down how far it came.
///
/// A lease outlasts what can pass between two renewals and an attempt that begins just before the second, so nobody
/// sends under a lease that somebody else may have.
package enum WebhookPace {
    /// For so long a lease is its holder's alone, in seconds.
    package static let leaseSeconds = 20
    /// Older than this it is renewed before anything is sent; with it comes what was changed about the endpoint.
    package static let renewal: Duration = .seconds(5)
    /// For one attempt, until the whole answer is here.
    package static let timeout: Duration = .seconds(10)
    /// Of an answer's body, in bytes; no more of it is read, and none is kept.
    package static let answerLimit_bytes = 16 << 10

    /// Events read at once, and bytes of their texts.
    package static let pageEvents = 200
    package static let pageBytes = 256 << 10
    /// A page that was read longer ago is read anew, since an event may have been redacted meanwhile.
    package static let pageAge: Duration = .seconds(5)

    /// What may be sent again after a crash: so many events, or those of so long.
    package static let mostUnwritten = 100
    package static let longestUnwritten: Duration = .seconds(1)

    /// Whether it is time to write down how far the endpoint came.
    package static func isWriteDue(unwritten: Int, after elapsed: Duration) -> Bool {
        unwritten >= mostUnwritten || (unwritten > 0 && elapsed >= longestUnwritten)
    }

    /// Old and new secret sign for so long after a change, in seconds.
    package static let previousSecretSeconds = 24 * 3_600
    /// A request that is sent again with its key is answered as it was, the secret with it, for so long, in seconds.
    package static let repeatSeconds = 3_600
}
