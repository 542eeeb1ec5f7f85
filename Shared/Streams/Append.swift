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

/// The statement that appends events, the last thing a transaction does.
///
/// It goes to the server in one flush with COMMIT, and all it carries is there before it locks the first counter: so no
/// counter is ever held while a client thinks, or stands still. The store's function `append_events` takes all counters
/// at once or none, so two appends never deadlock, and none holds one stream's while it waits for another's.
package enum Append {
    /// The last of the statements gives (stream, epoch, head) of every stream appended to; there is none without events.
    package static func statements(_ events: [PendingEvent], in jurisdiction: JurisdictionCode) -> [SQL] {
        guard !events.isEmpty else { return [] }
        // An event's number is its stream's new head less how many of this batch come after it.
        var left: [AgencyCode: Int64] = [:]
        for event in events { left[event.stream, default: 0] += 1 }
        let after = events.map { event in
            left[event.stream]! -= 1
            return left[event.stream]!
        }
        return [
            """
            SELECT code, epoch, head FROM append_events(
                \(jurisdiction), \(events.map(\.stream)), \(after), \(events.map(\.eventID)),
                \(events.map(\.type.rawValue)), \(events.map(\.reportID)), \(events.map { Int32($0.version) }),
                \(events.map(\.status.rawValue)), \(events.map(\.previousStatus?.rawValue)),
                \(events.map(\.agency)), \(events.map(\.category)), \(events.map(\.subtype)),
                \(events.map(\.area)), \(events.map(\.channel)), \(events.map(\.receivedAt)),
                \(events.map(\.occurredAt)), \(events.map(\.resolveSeconds)), \(events.map(\.onTime)),
                \(events.map(\.body.prefix)), \(events.map(\.body.suffix)))
            """
        ]
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
    package static func stream(_ stream: StreamCode, of jurisdiction: JurisdictionCode) -> String {
        streams(of: jurisdiction) + stream.rawValue
    }

    package static func stream(_ stream: AgencyCode, of jurisdiction: JurisdictionCode) -> String {
        self.stream(.agency(stream), of: jurisdiction)
    }

    /// What the topic of every stream of the city begins with.
    package static func streams(of jurisdiction: JurisdictionCode) -> String { "stream/\(jurisdiction.rawValue)/" }
}
