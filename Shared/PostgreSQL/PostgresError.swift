/// Why the database did not do what it was asked.
package struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// The server refused the statement; `sqlState` says why.
        case server
        /// There is no connection, or it broke.
        case connection
        /// The connection broke after COMMIT was sent and before its answer: nobody here knows whether it happened.
        case commitUnknown
        /// The client's own deadline passed.
        case timeout
        /// No connection came free in time, or too many were waiting already.
        case poolExhausted
        /// A result is not what the caller asked to read.
        case decoding
        /// The task was cancelled.
        case cancelled
        /// A URL or setting that cannot be used.
        case configuration
        /// The caller's mistake, for example a transaction used after its commit.
        case usage
    }

    package var kind: Kind
    /// What was being done: `connect`, `lease`, `query`, `COMMIT`.
    package var operation: String
    package var sqlState: SQLState?
    package var message: String
    package var detail: String?
    package var hint: String?
    /// The violated constraint, as the schema names it.
    package var constraint: String?
    package var table: String?
    package var column: String?
    /// Which of the statements sent together failed, from 0.
    package var statementIndex: Int?
    /// The prepared statement no longer fits the schema, or the server has forgotten it; preparing it anew heals this.
    var isStaleStatement = false
    /// Whether the work may have been done in spite of this error: the connection broke after it was sent.
    /// Then only idempotent work may be repeated.
    package var outcomeIsUnknown = false

    package init(
        _ kind: Kind, operation: String, message: String, sqlState: SQLState? = nil, detail: String? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.message = message
        self.sqlState = sqlState
        self.detail = detail
    }

    /// Whether the same work may succeed when it is tried again later. See `outcomeIsUnknown`.
    package var isRetryable: Bool {
        switch kind {
        case .server: isStaleStatement || sqlState?.isTransient == true
        case .connection: sqlState?.isTransient ?? true
        case .commitUnknown, .timeout, .poolExhausted: true
        case .decoding, .cancelled, .configuration, .usage: false
        }
    }

    /// For logs: of a data error without the detail, which quotes the row that was refused.
    package var description: String {
        var text = "\(operation): \(message)"
        if let sqlState { text += " [\(sqlState)]" }
        if let constraint { text += " constraint \(constraint)" }
        if let detail, sqlState?.isDataError != true { text += " (\(detail))" }
        if let statementIndex { text += " in statement \(statementIndex)" }
        return text
    }
}
