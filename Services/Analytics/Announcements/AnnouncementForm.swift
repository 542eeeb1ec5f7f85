internal import Domain
internal import FoundationEssentials
internal import Runtime

/// The operator's form as the JSON that a program would send instead.
struct AnnouncementForm: Sendable {
    let typed: [String: String]
    let areas: [AreaCode]
    /// Nil where the form brought none.
    let key: UUID?

    init(_ form: FormFields) {
        var typed: [String: String] = [:]
        for name in ["category", "from", "until", "text_id", "text_en"] {
            if let text = form[name], !text.allSatisfy(\.isWhitespace) { typed[name] = text }
        }
        self.typed = typed
        areas = form.all("areas").map { AreaCode(rawValue: $0) }
        key = form["key"].flatMap { UUID(text: $0) }
    }

    /// - Parameter offsetSeconds: the city's, in whose time the form is filled in.
    func json(offsetSeconds: Int) -> [UInt8] {
        var text: [String: JSONValue] = [:]
        text["id"] = typed["text_id"].map { .string(Self.lines($0)) }
        text["en"] = typed["text_en"].map { .string(Self.lines($0)) }
        var members: [String: JSONValue] = ["text": .object(text), "areas": .array(areas.map { .string($0.rawValue) })]
        members["category"] = typed["category"].map { .string($0) }
        for name in ["from", "until"] {
            members[name] = typed[name].map { .string(Self.time($0, offsetSeconds: offsetSeconds)) }
        }
        var writer = JSONWriter()
        writer.value(.object(members))
        return writer.bytes
    }

    private static func lines(_ text: String) -> String { text.replacing("\r\n", with: "\n") }

    /// `2026-11-27T20:00`, as browsers send a local time, with the city's offset; what is written otherwise stays.
    private static func time(_ text: String, offsetSeconds: Int) -> String {
        guard let local = Timestamp(rfc3339: text + (text.utf8.count == 16 ? ":00Z" : "Z")) else { return text }
        return local.adding(seconds: -offsetSeconds).rfc3339(offsetSeconds: offsetSeconds)
    }
}
