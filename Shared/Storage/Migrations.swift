package import PostgreSQL

/// The numbered changes of the schema, embedded in every executable.
package enum Migrations {
    /// One numbered change: a script that is applied once, in one transaction.
    package struct Migration: Sendable {
        package var number: Int32
        package var name: String
        package var script: [UInt8]

        /// The script and its record in one transaction; a second one at the same time waits for the lock.
        var transaction: String {
            """
            BEGIN;
            SET LOCAL lock_timeout = '60s';
            SET LOCAL statement_timeout = 0;
            LOCK TABLE schema_migration IN SHARE ROW EXCLUSIVE MODE;
            \(String(decoding: script, as: UTF8.self));
            INSERT INTO schema_migration (number, name) VALUES (\(number), '\(name)');
            COMMIT
            """
        }
    }

    /// Ascending, without gaps; never edited once released.
    package static let all: [Migration] = [
        Migration(number: 1, name: "roles", script: PackageResources._001_roles_sql),
        Migration(number: 2, name: "city", script: PackageResources._002_city_sql),
        Migration(number: 3, name: "streams", script: PackageResources._003_streams_sql),
        Migration(number: 4, name: "reports", script: PackageResources._004_reports_sql),
        Migration(number: 5, name: "work", script: PackageResources._005_work_sql),
        Migration(number: 6, name: "access", script: PackageResources._006_access_sql),
        Migration(number: 7, name: "analytics", script: PackageResources._007_analytics_sql),
        Migration(number: 8, name: "peers", script: PackageResources._008_peers_sql),
        Migration(number: 9, name: "upkeep", script: PackageResources._009_upkeep_sql),
        Migration(number: 10, name: "history-details", script: PackageResources._010_history_details_sql),
        Migration(number: 11, name: "append", script: PackageResources._011_append_sql),
        Migration(number: 12, name: "trace", script: PackageResources._012_trace_sql),
        Migration(number: 13, name: "claim", script: PackageResources._013_claim_sql),
        Migration(number: 14, name: "growth", script: PackageResources._014_growth_sql),
        Migration(number: 15, name: "lookup", script: PackageResources._015_lookup_sql),
        Migration(number: 16, name: "set-aside", script: PackageResources._016_set_aside_sql),
        Migration(number: 17, name: "pace", script: PackageResources._017_pace_sql),
        Migration(number: 18, name: "status", script: PackageResources._018_status_sql),
        Migration(number: 19, name: "reporter", script: PackageResources._019_reporter_sql),
        Migration(number: 20, name: "public", script: PackageResources._020_public_sql),
        Migration(number: 21, name: "media", script: PackageResources._021_media_sql),
        Migration(number: 22, name: "city-pages", script: PackageResources._022_city_pages_sql),
        Migration(number: 23, name: "privacy", script: PackageResources._023_privacy_sql),
        Migration(number: 24, name: "moderation", script: PackageResources._024_moderation_sql),
        Migration(number: 25, name: "push", script: PackageResources._025_push_sql),
        Migration(number: 26, name: "keys", script: PackageResources._026_keys_sql),
        Migration(number: 27, name: "test-keys", script: PackageResources._027_test_keys_sql),
        Migration(number: 28, name: "zeromq-keys", script: PackageResources._028_zeromq_keys_sql),
        Migration(number: 29, name: "bulk", script: PackageResources._029_bulk_sql),
        Migration(number: 30, name: "open311", script: PackageResources._030_open311_sql),
        Migration(number: 31, name: "conversations", script: PackageResources._031_conversations_sql),
        Migration(number: 32, name: "stream-keys", script: PackageResources._032_stream_keys_sql),
        Migration(number: 33, name: "webhooks", script: PackageResources._033_webhooks_sql),
        Migration(number: 34, name: "channel-streams", script: PackageResources._034_channel_streams_sql),
        Migration(number: 35, name: "external-ids", script: PackageResources._035_external_ids_sql),
        Migration(number: 36, name: "chat-order", script: PackageResources._036_chat_order_sql),
        Migration(number: 37, name: "analytics-limits", script: PackageResources._037_analytics_limits_sql),
    ]

    /// The version that these executables need.
    package static var current: Int32 { all.last!.number }

    /// Applies what is missing, each migration in a transaction of its own.
    ///
    /// Two at once are safe: the second waits for the first, then finds nothing to do.
    /// - Returns: the migrations that were applied now.
    package static func apply(with pool: PostgresPool) async throws -> [Migration] {
        try await makeRecord(with: pool)
        var applied: [Migration] = []
        for migration in all where try await !isApplied(migration, with: pool) {
            do {
                try await pool.withConnection { session in
                    try await session.run(script: migration.transaction, timeout: .seconds(600))
                }
                applied.append(migration)
            } catch let error as PostgresError {
                // Somebody else may have been faster.
                guard try await isApplied(migration, with: pool) else { throw error }
            }
        }
        return applied
    }

    /// The table that records what was applied. The lock, for two who make it at once: they collide in the catalogue.
    private static func makeRecord(with pool: PostgresPool) async throws {
        try await pool.withConnection { session in
            try await session.run(
                script: """
                    BEGIN;
                    SELECT pg_advisory_xact_lock(hashtext('schema_migration'));
                    CREATE TABLE IF NOT EXISTS schema_migration (
                        number integer PRIMARY KEY,
                        name text NOT NULL,
                        applied_at timestamptz NOT NULL DEFAULT now());
                    GRANT SELECT ON schema_migration TO PUBLIC;
                    COMMIT
                    """, timeout: .seconds(60))
        }
    }

    private static func isApplied(_ migration: Migration, with pool: PostgresPool) async throws -> Bool {
        try await pool.query("SELECT 1 FROM schema_migration WHERE number = \(migration.number)").count == 1
    }

    /// The newest migration that the store has had; 0 for an empty database.
    package static func version(of pool: PostgresPool) async throws -> Int32 {
        let exists = try await pool.query("SELECT to_regclass('schema_migration') IS NOT NULL")
        guard try exists.first?.decode(Bool.self, at: 0) == true else { return 0 }
        let rows = try await pool.query("SELECT coalesce(max(number), 0) FROM schema_migration")
        return try rows.first?.decode(Int32.self, at: 0) ?? 0
    }
}
