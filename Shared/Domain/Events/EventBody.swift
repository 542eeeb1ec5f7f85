package import FoundationEssentials

/// One event as a CloudEvent 1.0 in structured JSON on one line, cut where the stream's number goes.
///
/// The number is known only while the counter is locked, so the store puts `prefix`, 20 digits and `suffix` together.
package struct EventBody: Hashable, Sendable {
    /// Everything up to and including `"sequence":"`.
    package var prefix: String
    /// Everything from the quotation mark that closes the number.
    package var suffix: String

    package init(prefix: String, suffix: String) {
        self.prefix = prefix
        self.suffix = suffix
    }

    /// The whole event, as the store splices it.
    package func text(sequence: Int64) -> String { prefix + Self.digits(sequence) + suffix }

    /// 20 digits with leading zeros.
    package static func digits(_ sequence: Int64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: max(0, 20 - digits.utf8.count)) + digits
    }

    /// Renders one of an outcome's entries.
    ///
    /// - Parameters:
    ///   - id: the event's own.
    ///   - content: what was reported; needed for `assigned`, of no use to the others.
    ///   - trace: where the report's way began, for CloudEvents' distributed tracing extension; nil leaves it out.
    package static func render(
        id: UUID, entry: StreamEntry, of outcome: Outcome, content: ReportContent? = nil, trace: TraceContext? = nil,
        city: City
    ) -> EventBody {
        precondition(entry.type != .assigned || content != nil, "an assignment without its report")
        var writer = JSONWriter(capacity: entry.type == .assigned ? 2_048 : 1_024)
        let state = outcome.state
        writer.beginObject()
        writer.member("specversion", "1.0")
        writer.member("id", id)
        writer.member("source", "/\(city.code.rawValue)/streams/\(entry.stream.rawValue)")
        writer.member("type", entry.type.cloudEventType)
        writer.member("subject", state.id)
        writer.member("time", outcome.at, offsetSeconds: city.utcOffset)
        writer.member("sequence", "")
        let cut = writer.bytes.count - 1
        if let trace { writer.member("traceparent", trace.text) }
        writer.member("datacontenttype", "application/json")
        writer.key("data")
        writer.object {
            if entry.type == .assigned, let content {
                $0.key("report")
                write(content, state, to: &$0, offset: city.utcOffset)
            }
            write(outcome, to: &$0, offset: city.utcOffset)
            if entry.type == .assigned {
                $0.member("priority", state.priority.rawValue)
                $0.member("why", outcome.why)
            }
            write(outcome.details, of: entry.type, on: state.id, to: &$0, offset: city.utcOffset)
        }
        writer.endObject()
        return EventBody(
            prefix: String(decoding: writer.bytes[..<cut], as: UTF8.self),
            suffix: String(decoding: writer.bytes[cut...], as: UTF8.self))
    }

    /// The members that every event has.
    private static func write(_ outcome: Outcome, to writer: inout JSONWriter, offset: Int) {
        let state = outcome.state
        writer.member("report_id", state.id)
        writer.member("category", state.category)
        writer.member("subtype", state.subtype)
        writer.member("area", state.area)
        writer.member("channel", state.channel)
        writer.member("received_at", state.receivedAt, offsetSeconds: offset)
        writer.member("status", state.status.rawValue)
        writer.member("previous_status", outcome.previousStatus.rawValue)
        writer.member("version", state.version)
        writer.member("agency", state.agency)
        writer.key("deadlines")
        state.deadlines.write(to: &writer, offsetSeconds: offset)
        writer.member("next_due", state.nextDue?.kind.rawValue)
        writer.member("next_due_at", state.nextDue?.at, offsetSeconds: offset)
    }

    private static func write(
        _ content: ReportContent, _ state: ReportState, to writer: inout JSONWriter, offset: Int
    ) {
        writer.beginObject()
        writer.member("id", content.id)
        writer.member("tracking_code", content.trackingCode)
        writer.member("category", state.category)
        writer.member("subtype", state.subtype)
        writer.member("description", content.description)
        writer.key("location")
        if let location = content.location {
            writer.beginObject()
            writer.member("lat", location.lat)
            writer.member("lon", location.lon)
            if let accuracy = content.accuracyMetres { writer.member("accuracy_m", accuracy) }
            writer.endObject()
        } else {
            writer.null()
        }
        writer.member("location_source", content.locationSource.rawValue)
        writer.key("area")
        if let area = content.area { area.write(to: &writer) } else { writer.null() }
        writer.member("address", content.address)
        writer.member("rt", content.rt)
        writer.member("rw", content.rw)
        writer.member("landmark", content.landmark)
        write(content.media, to: &writer)
        writer.member("received_at", state.receivedAt, offsetSeconds: offset)
        writer.member("observed_at", content.observedAt, offsetSeconds: offset)
        writer.member("channel", state.channel)
        writer.member("visibility", content.visibility.rawValue)
        if let answers = content.answers { writer.member("attributes", answers) }
        writer.endObject()
    }

    private static func write(_ media: [ReportContent.Media], to writer: inout JSONWriter) {
        writer.key("media")
        writer.array {
            for medium in media {
                $0.beginObject()
                $0.member("url", medium.url)
                $0.member("content_type", medium.contentType)
                $0.endObject()
            }
        }
    }

    /// What the command carried; members without a value are left out.
    ///
    /// The agency that gets a report learns who passed it on and why, not what the other noted for itself.
    private static func write(
        _ details: EventDetails, of type: EventType, on report: UUID, to writer: inout JSONWriter, offset: Int
    ) {
        if let note = details.note { writer.member("note", note) }
        if let reason = details.reason { writer.member("reason", reason) }
        if let from = details.from { writer.member("from", from) }
        guard type != .assigned else { return }
        if let note = details.internalNote { writer.member("internal_note", note) }
        if let of = details.of { writer.member("of", of.text) }
        if let referTo = details.referTo { writer.member("refer_to", referTo) }
        if let until = details.until { writer.member("until", until, offsetSeconds: offset) }
        if let to = details.to { writer.member("to", to) }
        if let deadline = details.deadline { writer.member("deadline", deadline.rawValue) }
        if let actor = details.actor { writer.member("actor", actor) }
        if let rating = details.rating { writer.member("rating", rating) }
        if let command = details.command { writer.member("command", command.rawValue) }
        guard !details.photos.isEmpty else { return }
        write(details.photos.map { ReportContent.Media(photo: $0, of: report) }, to: &writer)
    }
}

extension Deadlines {
    /// `{"acknowledge_by","arrive_by","resolve_by"}`.
    package func write(to writer: inout JSONWriter, offsetSeconds: Int) {
        writer.object {
            $0.member("acknowledge_by", acknowledgeBy, offsetSeconds: offsetSeconds)
            $0.member("arrive_by", arriveBy, offsetSeconds: offsetSeconds)
            $0.member("resolve_by", resolveBy, offsetSeconds: offsetSeconds)
        }
    }
}
