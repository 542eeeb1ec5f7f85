internal import Domain
internal import Logging
internal import Runtime
internal import Streams
internal import Telemetry

/// What an event says of itself near its beginning, read without the rest of it.
struct EventMarks {
    /// Where the members before `data` end in any event.
    private static let reach = 600

    private let event: StoredEvent
    private let head: [UInt8]

    init(_ event: StoredEvent) {
        self.event = event
        head = Array(event.body.utf8.prefix(Self.reach))
    }

    /// How old the event is; never negative, and nil for one that does not say.
    var age: Duration? {
        value(of: "time").flatMap { Timestamp(rfc3339: $0) }
            .map { .microseconds(max(0, Timestamp.now.microseconds(since: $0))) }
    }

    /// The line that tells of it in the log; nil for an event about no report.
    func line(in stream: AgencyCode) -> ReportLog.Line? {
        value(of: "subject").map { report in
            ReportLog.Line(
                report: report, trace: value(of: "traceparent").flatMap { TraceContext(text: $0) }?.traceID,
                more: [
                    LogKey.stream: "\(stream)", LogKey.cursor: "\(event.cursor)", LogKey.type: "\(event.type)",
                ])
        }
    }

    /// The text of the member; those of which we ask have nothing in them that is escaped.
    private func value(of name: StaticString) -> String? {
        let mark = Array("\"\(name)\":\"".utf8)
        guard let start = head.firstRange(of: mark)?.upperBound,
            let end = head[start...].firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        return String(decoding: head[start..<end], as: UTF8.self)
    }
}
