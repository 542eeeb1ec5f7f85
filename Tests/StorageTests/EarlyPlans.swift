internal import PostgreSQL
internal import TestSupport

extension Fixture {
    /// A city whose one connection plans each statement once, and has planned for empty tables: as a service does that
    /// was started with its store.
    ///
    /// - Parameter tables: their names, with commas between them.
    static func withPlans(ofEmpty tables: SQL, _ body: @Sendable (PostgresPool) async throws -> Void) async throws {
        try await with(
            .city,
            configure: {
                $0.plansOnce = true
                $0.size = 1
            }
        ) {
            let pool = current.pool
            _ = try await pool.query("ANALYZE \(tables)")
            try await body(pool)
        }
    }
}
