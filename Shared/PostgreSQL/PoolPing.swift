extension PostgresPool {
    /// Throws when the server cannot be reached, or does not answer within the pool's bounds.
    package func ping() async throws(PostgresError) {
        _ = try await query("SELECT 1")
    }
}
