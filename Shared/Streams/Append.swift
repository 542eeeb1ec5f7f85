package import Domain
package import FoundationEssentials
package import PostgreSQL

/// An event that is ready but for its number, which the store splices into the text.
package struct PendingEvent: Sendable {
    package var stream: AgencyCode
    package var eventID: UUID
    package var type: EventType
    package var reportID: UUID
    package var version: Int
    package var status: ReportStatus
    package var previousStatus: ReportStatus?
    package var agency: AgencyCode
    package var category: CategoryCode?
    package var subtype: SubtypeCode?
    package var area: AreaCode?
    package var channel: ChannelCode
    package var receivedAt: Timestamp
    package var occurredAt: Timestamp
    /// Of a resolution, or of the one a reopening takes back: seconds since receipt.
    package var resolveSeconds: Int64?
    package var onTime: Bool?
    /// The CloudEvent's text before and after its 20-digit sequence.
    package var body: EventBody

    package init(
        stream: AgencyCode, eventID: UUID, type: EventType, reportID: UUID, version: Int, status: ReportStatus,
        previousStatus: ReportStatus?, agency: AgencyCode, category: CategoryCode?, subtype: SubtypeCode?,
        area: AreaCode?, channel: ChannelCode, receivedAt: Timestamp, occurredAt: Timestamp,
        resolveSeconds: Int64?, onTime: Bool?, body: EventBody
    ) {
        self.stream = stream
        self.eventID = eventID
        self.type = type
        self.reportID = reportID
        self.version = version
        self.status = status
        self.previousStatus = previousStatus
        self.agency = agency
        self.category = category
        self.subtype = subtype
        self.area = area
        self.channel = channel
        self.receivedAt = receivedAt
        self.occurredAt = occurredAt
        self.resolveSeconds = resolveSeconds
        self.onTime = onTime
        self.body = body
    }
}

/// The statements that append events, the last thing a transaction does.
///
/// They go to the server in one flush with COMMIT, so no counter is ever held while a
/// client thinks. Counters are locked in ascending order everywhere, so two appends never deadlock.
package enum Append {
    /// Where the last of the statements puts its result: (stream, epoch, head) of every stream appended to.
    package static func statements(_ events: [PendingEvent], in jurisdiction: JurisdictionCode) -> [SQL] {
        guard !events.isEmpty else { return [] }
        var counts: [AgencyCode: Int] = [:]
        for event in events { counts[event.stream, default: 0] += 1 }
        let streams = counts.keys.sorted()
        return [
            """
            SELECT 1 FROM stream WHERE jurisdiction = \(jurisdiction) AND code = ANY(\(streams))
            ORDER BY jurisdiction, code FOR NO KEY UPDATE
            """,
            """
            UPDATE stream s SET head = s.head + c.n
            FROM unnest(\(streams), \(streams.map { Int64(counts[$0]!) })) AS c (code, n)
            WHERE s.jurisdiction = \(jurisdiction) AND s.code = c.code
            """,
            insert(events, counts: counts, in: jurisdiction),
            """
            SELECT code, epoch, head FROM stream
            WHERE jurisdiction = \(jurisdiction) AND code = ANY(\(streams)) ORDER BY code
            """,
        ]
    }

    private static func insert(
        _ events: [PendingEvent], counts: [AgencyCode: Int], in jurisdiction: JurisdictionCode
    ) -> SQL {
        // An event's number is its stream's new head less how many of this batch come after it.
        var left = counts
        let after = events.map { event in
            left[event.stream]! -= 1
            return Int64(left[event.stream]!)
        }
        return """
            INSERT INTO stream_event (
                jurisdiction, stream, seq, epoch, event_id, type, report_id, version, status, previous_status,
                agency, category, subtype, area, channel, received_at, occurred_at, resolve_seconds, on_time, body)
            SELECT s.jurisdiction, s.code, s.head - e.after, s.epoch, e.event_id, e.type, e.report_id, e.version,
                e.status, e.previous_status, e.agency, e.category, e.subtype, e.area, e.channel, e.received_at,
                e.occurred_at, e.resolve_seconds, e.on_time,
                e.prefix || lpad((s.head - e.after)::text, 20, '0') || e.suffix
            FROM unnest(
                \(events.map(\.stream)), \(after), \(events.map(\.eventID)), \(events.map(\.type.rawValue)),
                \(events.map(\.reportID)), \(events.map { Int32($0.version) }), \(events.map(\.status.rawValue)),
                \(events.map(\.previousStatus?.rawValue)), \(events.map(\.agency)), \(events.map(\.category)),
                \(events.map(\.subtype)), \(events.map(\.area)), \(events.map(\.channel)),
                \(events.map(\.receivedAt)), \(events.map(\.occurredAt)), \(events.map(\.resolveSeconds)),
                \(events.map(\.onTime)), \(events.map(\.body.prefix)), \(events.map(\.body.suffix))
            ) AS e (stream, after, event_id, type, report_id, version, status, previous_status, agency, category,
                subtype, area, channel, received_at, occurred_at, resolve_seconds, on_time, prefix, suffix)
            JOIN stream s ON s.jurisdiction = \(jurisdiction) AND s.code = e.stream
            """
    }

    /// The heads that an append's last statement returned, for the hints to send after the commit.
    package static func heads(_ rows: Rows) throws(PostgresError) -> [StreamHead] {
        var heads: [StreamHead] = []
        for row in rows {
            heads.append(
                StreamHead(
                    stream: AgencyCode(rawValue: try row.decode(String.self, at: 0)),
                    cursor: Cursor(
                        epoch: Int(try row.decode(Int32.self, at: 1)), seq: try row.decode(Int64.self, at: 2))))
        }
        return heads
    }
}

/// A stream and the position after its newest event.
package struct StreamHead: Sendable, Hashable {
    package var stream: AgencyCode
    package var cursor: Cursor

    package init(stream: AgencyCode, cursor: Cursor) {
        self.stream = stream
        self.cursor = cursor
    }
}

/// The topics of hints.
package enum Topic {
    /// Reports wait in the inbox.
    package static let inbox = "inbox"

    /// A stream has grown.
    package static func stream(_ stream: AgencyCode, of jurisdiction: JurisdictionCode) -> String {
        "stream/\(jurisdiction.rawValue)/\(stream.rawValue)"
    }
}
