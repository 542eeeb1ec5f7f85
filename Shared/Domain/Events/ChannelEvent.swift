/// An agency's event as the channel is told of it by which the report came.
///
/// It is the same event, with the same id, in another stream. What officers note for themselves, and who of them acted, is
/// not told.
package enum ChannelEvent: Hashable, Sendable {
    case told(EventBody)
    /// There is nothing in it for the channel: a note that an agency made for itself.
    case untold
    /// What is stored is no event.
    case unreadable

    /// Members of the event's data that stay with the agencies.
    private static let internalMembers = ["internal_note", "actor"]
    /// What of a comment the channel may read.
    private static let commentMembers = ["note", "media", "rating"]
    /// The members that every event begins with, in their order; `sequence` comes between `time` and the trace.
    private static let before = ["specversion", "id", "source", "type", "subject", "time"]
    private static let after = ["traceparent", "datacontenttype"]

    /// - Parameters:
    ///   - text: the event as it stands in the agency's stream.
    ///   - stream: the channel's.
    package init(copying text: String, to stream: StreamCode, of jurisdiction: JurisdictionCode) {
        guard case .object(var event)? = (try? JSONReader.read(Array(text.utf8)))?.value,
            case .object(var data)? = event["data"]
        else {
            self = .unreadable
            return
        }
        if event["type"] == .string(EventType.commented.cloudEventType),
            data["internal_note"] != nil, !Self.commentMembers.contains(where: { data[$0] != nil })
        {
            self = .untold
            return
        }
        for name in Self.internalMembers { data[name] = nil }
        event["source"] = .string("/\(jurisdiction.rawValue)/streams/\(stream.rawValue)")
        event["data"] = .object(data)
        self = .told(Self.body(event))
    }

    private static func body(_ event: [String: JSONValue]) -> EventBody {
        var writer = JSONWriter(capacity: 2_048)
        writer.beginObject()
        for name in before { writer.member(name, event[name]) }
        writer.member("sequence", "")
        let cut = writer.bytes.count - 1
        for name in after where event[name] != nil { writer.member(name, event[name]) }
        writer.member("data", event["data"])
        writer.endObject()
        return EventBody(
            prefix: String(decoding: writer.bytes[..<cut], as: UTF8.self),
            suffix: String(decoding: writer.bytes[cut...], as: UTF8.self))
    }
}
