package import Domain
package import FoundationEssentials
internal import PostgreSQL

/// What a test key told of a request of its own.
package struct TestUpdate: Sendable {
    package var trackingCode: String
    package var version: Int
    package var note: String?
    package var at: Timestamp
}

/// What became of such an update.
package enum TestUpdateAnswer: Sendable, Hashable {
    /// Now or before, under the same key.
    case stored(version: Int, isReplay: Bool)
    /// The key belongs to another update.
    case keyReused
    /// The request has as many as it takes.
    case full
}

/// Test reports as Open311's requests: always a channel's own, and always open.
extension TestReportStore {
    /// Updates that one request takes.
    package static let mostUpdates = 100

    /// Requests of a span, the latest first.
    package func requests(
        _ filter: Open311Filter, from channel: ChannelCode, in jurisdiction: JurisdictionCode, limit: Int, offset: Int
    ) async throws -> [Open311Request] {
        if filter.isOpen == false { return [] }
        var conditions: [SQL] = ["received_at BETWEEN \(filter.span.from) AND \(filter.span.to)"]
        if !filter.categories.isEmpty {
            conditions.append("category = ANY(\(filter.categories.map(\.rawValue)))")
        }
        if let after = filter.updatedAfter { conditions.append("received_at >= \(after)") }
        if let before = filter.updatedBefore { conditions.append("received_at <= \(before)") }
        let choice: SQL = """
            \(SQL.joined(conditions, separator: " AND "))
            ORDER BY received_at DESC, id DESC LIMIT \(literal: limit) OFFSET \(Int64(offset))
            """
        return try await reports(choice, from: channel, in: jurisdiction).map(Open311Request.init)
    }

    /// Those with these tracking codes, in no order.
    package func requests(
        _ codes: [String], from channel: ChannelCode, in jurisdiction: JurisdictionCode
    ) async throws -> [Open311Request] {
        let choice: SQL = "tracking_code = ANY(\(codes)) LIMIT \(literal: Open311Store.listLimit)"
        return try await reports(choice, from: channel, in: jurisdiction).map(Open311Request.init)
    }

    /// Updates of a span, the earliest first.
    ///
    /// - Parameter codes: of the requests that they are of; nil for all.
    package func updates(
        _ span: Open311Span, of codes: [String]? = nil, from channel: ChannelCode, in jurisdiction: JurisdictionCode,
        limit: Int, offset: Int
    ) async throws -> [TestUpdate] {
        let named: SQL = codes.map { " AND r.tracking_code = ANY(\($0))" } ?? ""
        let rows = try await pool.query(
            """
            SELECT r.tracking_code, u.version, u.note, u.at FROM test_update u
            JOIN test_report r ON r.jurisdiction = u.jurisdiction AND r.id = u.report_id
            WHERE r.jurisdiction = \(jurisdiction) AND r.channel = \(channel)
                AND u.at BETWEEN \(span.from) AND \(span.to)\(named)
            ORDER BY u.at, u.version LIMIT \(literal: limit) OFFSET \(Int64(offset))
            """)
        return try rows.map { row in
            TestUpdate(
                trackingCode: try row.decode(String.self, at: 0), version: Int(try row.decode(Int32.self, at: 1)),
                note: try row.decode(String?.self, at: 2), at: try row.decode(Timestamp.self, at: 3))
        }
    }

    /// Adds an update to a request that there is.
    ///
    /// - Parameter key: of the update; the same one again adds nothing.
    package func comment(
        _ note: String?, on report: UUID, key: String, requestHash: [UInt8], in jurisdiction: JurisdictionCode
    ) async throws -> TestUpdateAnswer {
        let added = try await pool.query(
            """
            INSERT INTO test_update (jurisdiction, report_id, key, request_hash, note)
            SELECT \(jurisdiction), \(report), \(key), \(requestHash), \(note as String?)
            WHERE (
                SELECT count(*) FROM test_update WHERE jurisdiction = \(jurisdiction) AND report_id = \(report)
            ) < \(literal: Self.mostUpdates)
            ON CONFLICT DO NOTHING
            RETURNING version
            """)
        if let row = added.first { return .stored(version: Int(try row.decode(Int32.self, at: 0)), isReplay: false) }
        let known = try await pool.query(
            """
            SELECT version, request_hash FROM test_update
            WHERE jurisdiction = \(jurisdiction) AND report_id = \(report) AND key = \(key)
            """)
        guard let row = known.first else { return .full }
        guard try row.decode([UInt8].self, at: 1) == requestHash else { return .keyReused }
        return .stored(version: Int(try row.decode(Int32.self, at: 0)), isReplay: true)
    }
}

extension Open311Request {
    fileprivate init(_ test: TestReport) {
        self.init(tracked: TrackedReport(report: test.record, history: []), isPublic: false)
    }
}

extension TestReport {
    /// As a report that nobody has looked at yet.
    fileprivate var record: ReportRecord {
        ReportRecord(
            id: id, trackingCode: trackingCode, category: category, subtype: subtype, description: description,
            location: location, locationSource: location == nil ? .none : .pin, area: area,
            isAreaApproximate: isAreaApproximate, address: address, receivedAt: receivedAt, channel: channel,
            visibility: .private)
    }
}
