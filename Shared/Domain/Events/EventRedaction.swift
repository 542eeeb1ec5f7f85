/// An event's text with what somebody wrote of themselves or others taken out.
///
/// Description, address, landmark and media go, `"redacted": true` comes in their place, and everything else keeps its
/// value: id, type, sequence and all that is counted.
package enum EventRedaction {
    private static let removed = ["description", "address", "landmark", "media"]

    /// - Parameter body: one CloudEvent, as it is stored.
    /// - Returns: the redacted text; nil where `body` is no event.
    package static func redacted(_ body: String) -> String? {
        guard case .object(var event)? = (try? JSONReader.read(Array(body.utf8)))?.value,
            case .object(var data)? = event["data"]
        else { return nil }
        if case .object(var report)? = data["report"] {
            for name in removed { report[name] = nil }
            report["redacted"] = .bool(true)
            data["report"] = .object(report)
        }
        for name in removed { data[name] = nil }
        data["redacted"] = .bool(true)
        event["data"] = .object(data)
        var writer = JSONWriter(capacity: body.utf8.count)
        JSONValue.object(event).write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
