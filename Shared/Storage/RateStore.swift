package import PostgreSQL

/// What keys and addresses have used of their rates, over all replicas of all services.
package struct RateStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Adds uses, and gives what they come to.
    ///
    /// - Parameter uses: by subject, 32 bytes each: how many seconds its bucket takes to fill up what was taken.
    /// - Returns: by subject, the seconds until its bucket would be full if nobody took anything more.
    package func share(_ uses: [[UInt8]: Double]) async throws(PostgresError) -> [[UInt8]: Double] {
        let (subjects, seconds) = (Array(uses.keys), Array(uses.values))
        let rows = try await pool.query("SELECT subject, ahead_s FROM share_rates(\(subjects), \(seconds))")
        var ahead: [[UInt8]: Double] = [:]
        for row in rows { ahead[try row.decode([UInt8].self, at: 0)] = try row.decode(Double.self, at: 1) }
        return ahead
    }
}
