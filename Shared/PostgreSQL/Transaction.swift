internal import Synchronization

/// The right to speak inside one open transaction.
///
/// It cannot be copied or stored, so no statement can outlive its transaction. BEGIN goes out with the first
/// statement, in the same flush; a transaction without statements never reaches the server.
package struct Transaction: ~Copyable {
    /// How a transaction begins; PostgreSQL's documentation, SET TRANSACTION.
    package enum Mode: Sendable {
        case readCommitted, repeatableRead, serializable
        /// A snapshot for reading only.
        case readOnly

        var begin: SQL {
            switch self {
            case .readCommitted: "BEGIN"
            case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
            case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
            case .readOnly: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            }
        }
    }

    let connection: PostgresConnection
    let mode: Mode

    /// Runs one statement.
    @discardableResult
    package borrowing func query(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> Rows {
        let rows = try await run([sql], commits: false, timeout: timeout)
        return rows[0]
    }

    /// Runs statements in one flush and gives back the rows of each. The first that fails ends it, and says which it was.
    @discardableResult
    package borrowing func pipeline(
        _ statements: [SQL], timeout: Duration? = nil
    ) async throws(PostgresError) -> [Rows] {
        try await run(statements, commits: false, timeout: timeout)
    }

    /// Runs the statements and COMMIT in one flush, so that no lock they take is held while this process thinks.
    ///
    /// Nothing may follow. When the connection breaks before the answer, the error's kind is `.commitUnknown`.
    @discardableResult
    package borrowing func commit(
        after statements: [SQL] = [], timeout: Duration? = nil
    ) async throws(PostgresError) -> [Rows] {
        try await run(statements, commits: true, timeout: timeout)
    }

    private borrowing func run(
        _ statements: [SQL], commits: Bool, timeout: Duration?
    ) async throws(PostgresError) -> [Rows] {
        let begins: Bool
        switch connection.condition.load(ordering: .acquiring) {
        case .idle: begins = true
        case .inTransaction: begins = false
        case .ended:
            throw PostgresError(.usage, operation: "query", message: "the transaction has ended")
        case .broken:
            throw PostgresError(.connection, operation: "query", message: "the connection is closed")
        }
        // Neither a transaction without statements nor an empty flush has anything to say.
        if statements.isEmpty, begins || !commits { return [] }
        let items = PostgresConnection.Item.list(
            statements, begin: begins ? mode.begin : nil, commits: commits)
        return try await connection.run(items, timeout: timeout)
    }
}

@available(*, unavailable)
extension Transaction: Sendable {}

extension PostgresConnection.Item {
    static func list(_ statements: [SQL], begin: SQL? = nil, commits: Bool = false) -> [PostgresConnection.Item] {
        var items: [PostgresConnection.Item] = []
        items.reserveCapacity(statements.count + 2)
        if let begin { items.append(.init(purpose: .begin, sql: begin)) }
        for (index, sql) in statements.enumerated() { items.append(.init(purpose: .statement(index), sql: sql)) }
        if commits { items.append(.init(purpose: .commit, sql: "COMMIT")) }
        return items
    }
}

/// One connection for the caller alone, outside any transaction.
package struct Session: ~Copyable {
    let connection: PostgresConnection

    /// This end's numeric address, as the server sees it; nil over a Unix socket.
    package var localAddress: String? {
        get async { await connection.localAddress }
    }

    /// The process that serves this connection on the server.
    package var backendPID: Int32 {
        get async { await connection.backendPID }
    }

    @discardableResult
    package borrowing func query(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> Rows {
        let rows = try await connection.run(PostgresConnection.Item.list([sql]), timeout: timeout)
        return rows[0]
    }

    /// Runs statements in one flush, as one implicit transaction.
    @discardableResult
    package borrowing func pipeline(
        _ statements: [SQL], timeout: Duration? = nil
    ) async throws(PostgresError) -> [Rows] {
        try await connection.run(PostgresConnection.Item.list(statements), timeout: timeout)
    }

    /// Runs a file of statements, such as a migration. Together they are one transaction, unless they say otherwise.
    package borrowing func run(script: String, timeout: Duration) async throws(PostgresError) {
        try await connection.run(script: script, timeout: timeout)
    }

    /// Sends rows by `COPY … FROM STDIN (FORMAT binary)` and gives back how many were stored.
    @discardableResult
    package borrowing func copyIn(
        _ sql: SQL, _ rows: consuming CopyRows, timeout: Duration? = nil
    ) async throws(PostgresError) -> Int {
        try await connection.copyIn(sql, rows.finished(), timeout: timeout)
    }
}

@available(*, unavailable)
extension Session: Sendable {}
