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
    func line(in stream: StreamCode) -> ReportLog.Line? {
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
        let mark = name.withUTF8Buffer {
            [UInt8(ascii: "\"")] + $0 + [UInt8(ascii: "\""), UInt8(ascii: ":"), UInt8(ascii: "\"")]
        }
        return head.withUnsafeBufferPointer { head in
            var start = 0
            // By hand: the library's general search costs as much as all the rest of an event.
            while start + mark.count <= head.count {
                if head[start] == mark[0], head[start..<(start + mark.count)].elementsEqual(mark) {
                    let text = head[(start + mark.count)...]
                    return text.firstIndex(of: UInt8(ascii: "\"")).map { String(decoding: text[..<$0], as: UTF8.self) }
                }
                start += 1
            }
            return nil
        }
    }
}
