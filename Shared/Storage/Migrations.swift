package import PostgreSQL

/// The numbered changes of the schema, embedded in every executable.
package enum Migrations {
    /// One numbered change: a script that is applied once, in one transaction.
    package struct Migration: Sendable {
        package var number: Int32
        package var name: String
        package var script: [UInt8]
    }

    /// Ascending, without gaps; never edited once released.
    package static let all: [Migration] = [
        Migration(number: 1, name: "roles", script: PackageResources._0001_roles_sql),
        Migration(number: 2, name: "city", script: PackageResources._0002_city_sql),
        Migration(number: 3, name: "streams", script: PackageResources._0003_streams_sql),
        Migration(number: 4, name: "reports", script: PackageResources._0004_reports_sql),
        Migration(number: 5, name: "work", script: PackageResources._0005_work_sql),
        Migration(number: 6, name: "access", script: PackageResources._0006_access_sql),
        Migration(number: 7, name: "analytics", script: PackageResources._0007_analytics_sql),
        Migration(number: 8, name: "peers", script: PackageResources._0008_peers_sql),
    ]

    /// The version that these executables need.
    package static var current: Int32 { all.last!.number }

    /// Applies what is missing, each migration in a transaction of its own.
    ///
    /// Two at once are safe: the second waits for the first, then finds nothing to do.
    /// - Returns: the migrations that were applied now.
    package static func apply(with pool: PostgresPool) async throws -> [Migration] {
        _ = try await pool.query(
            """
            CREATE TABLE IF NOT EXISTS schema_migration (
                number integer PRIMARY KEY,
                name text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now())
            """)
        _ = try await pool.query("GRANT SELECT ON schema_migration TO PUBLIC")
        var applied: [Migration] = []
        for migration in all {
            let isNew = try await pool.withTransaction { tx in
                _ = try await tx.query("LOCK TABLE schema_migration IN SHARE ROW EXCLUSIVE MODE")
                let done = try await tx.query("SELECT 1 FROM schema_migration WHERE number = \(migration.number)")
                guard done.count == 0 else { return false }
                try await tx.run(Script(embedded: migration.script))
                _ = try await tx.query(
                    "INSERT INTO schema_migration (number, name) VALUES (\(migration.number), \(migration.name))")
                return true
            }
            if isNew { applied.append(migration) }
        }
        return applied
    }

    /// The newest migration that the store has had; 0 for an empty database.
    package static func version(of pool: PostgresPool) async throws -> Int32 {
        let exists = try await pool.query("SELECT to_regclass('schema_migration') IS NOT NULL")
        guard try exists.first?.decode(Bool.self, at: 0) == true else { return 0 }
        let rows = try await pool.query("SELECT coalesce(max(number), 0) FROM schema_migration")
        return try rows.first?.decode(Int32.self, at: 0) ?? 0
    }
}
