package import Domain
internal import FoundationEssentials
package import PostgreSQL

/// Open public reports of one kind about one place: what somebody is offered who is about to report the same.
package struct NearbyReportStore: Sendable {
    package enum Place: Sendable, Hashable {
        case point(Coordinate)
        /// Where nobody knows the point.
        case area(AreaCode)
    }

    /// How near is nearby, in metres.
    package static let metres = 150.0
    /// What was received longer ago is hardly the same.
    package static let days = 30
    /// How many candidates are compared by their distance.
    package static let candidates = 50

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The nearest first, or where nobody knows the point, the latest; with the distance in metres.
    package func reports(
        of category: CategoryCode, subtype: SubtypeCode?, at place: Place, in jurisdiction: JurisdictionCode,
        sensitive: [CategoryCode], now: Timestamp, limit: Int
    ) async throws -> [(report: TrackedReport, metres: Double?)] {
        guard !sensitive.contains(category) else { return [] }
        let statement = Self.statement(
            of: category, subtype: subtype, at: place, in: jurisdiction, sensitive: sensitive, now: now)
        let found = try await pool.query(statement).map { row in
            let work = try WorkRecord(row: row)
            return TrackedReport(report: work.report, work: work, history: [])
        }
        guard case .point(let point) = place else { return found.prefix(limit).map { ($0, nil) } }
        let near = found.compactMap { tracked -> (report: TrackedReport, metres: Double?)? in
            guard let metres = tracked.report.location?.metres(to: point), metres <= Self.metres else { return nil }
            return (tracked, metres)
        }
        return Array(near.sorted { ($0.metres ?? 0) < ($1.metres ?? 0) }.prefix(limit))
    }

    /// What is read is bounded as for the public list: the latest open reports by their own index, of which those of the
    /// category alone are looked up.
    package static func statement(
        of category: CategoryCode, subtype: SubtypeCode?, at place: Place, in jurisdiction: JurisdictionCode,
        sensitive: [CategoryCode], now: Timestamp
    ) -> SQL {
        let oldest = UUID.version7(at: now.adding(seconds: -days * 86_400), random: (0, 0))
        var conditions: [SQL] = [
            "s.category = \(category)", "r.visibility = 'public'",
            "(r.category IS NULL OR r.category <> ALL(\(sensitive)))", PublicReportStore.notHidden,
        ]
        if let subtype { conditions.append("(s.subtype IS NULL OR s.subtype = \(subtype))") }
        switch place {
        case .point(let point):
            let north = metres / 111_195
            // A degree of longitude is shorter than one of latitude.
            let east =
                north
                / max(0.01, Coordinate(lat: point.lat, lon: 0).metres(to: .init(lat: point.lat, lon: 1)) / 111_195)
            conditions.append("r.lat BETWEEN \(point.lat - north) AND \(point.lat + north)")
            conditions.append("r.lon BETWEEN \(point.lon - east) AND \(point.lon + east)")
            // The middle of a kelurahan says nothing of where it is.
            conditions.append("r.location_source IN ('gps', 'pin')")
        case .area(let area): conditions.append("r.area = \(area)")
        }
        return """
            SELECT \(WorkRecord.columns) FROM (
                SELECT * FROM report_state
                WHERE jurisdiction = \(jurisdiction) AND next_due_at IS NOT NULL AND report_id >= \(oldest)
                ORDER BY report_id DESC LIMIT \(literal: PublicReportStore.openWindow)) s
            CROSS JOIN LATERAL (\(PublicReportStore.reportOfState)) r
            WHERE \(SQL.joined(conditions, separator: " AND "))
            ORDER BY r.id DESC LIMIT \(literal: candidates)
            """
    }
}
