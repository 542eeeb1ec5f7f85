internal import Domain
package import PostgreSQL

/// A store that is away or busy is a 503 to whoever asks; anything else is our own fault.
extension PostgresError: ProblemConvertible {
    package var problem: ProblemDetails {
        isRetryable || kind == .cancelled
            ? .unavailable("The store does not answer just now; send the request again.")
            : .internalError
    }
}
