package import Domain
package import FoundationEssentials
package import PostgreSQL

/// What readers find wrong with public reports.
package struct FlagStore: Sendable {
    /// So many open flags say all that more would say.
    package static let openLimit = 100

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Flags a report. One device counts once for one report, however often and for whatever reason it flags it.
    ///
    /// - Returns: whether it was counted now.
    package func flag(
        _ report: UUID, for reason: FlagReason, by device: UUID, in jurisdiction: JurisdictionCode
    ) async throws -> Bool {
        let rows = try await pool.query(
            """
            WITH flagged AS (
                INSERT INTO report_flag (jurisdiction, report_id, device, reason)
                SELECT \(jurisdiction), \(report), \(device), \(reason.rawValue)
                WHERE coalesce((
                    SELECT m.open_flags FROM report_moderation m
                    WHERE m.jurisdiction = \(jurisdiction) AND m.report_id = \(report)), 0) < \(literal: Self.openLimit)
                ON CONFLICT DO NOTHING RETURNING report_id)
            INSERT INTO report_moderation AS m (jurisdiction, report_id, open_flags)
            SELECT \(jurisdiction), f.report_id, 1 FROM flagged f
            ON CONFLICT (jurisdiction, report_id)
                DO UPDATE SET open_flags = least(m.open_flags + 1, \(literal: Self.openLimit))
            RETURNING 1
            """)
        return !rows.isEmpty
    }

    /// How many reports have flags that nobody has answered.
    package func waiting(in jurisdiction: JurisdictionCode) async throws -> Int {
        let rows = try await pool.query("SELECT flagged_reports(\(jurisdiction))")
        return Int(try rows.first?.decode(Int64.self, at: 0) ?? 0)
    }
}
