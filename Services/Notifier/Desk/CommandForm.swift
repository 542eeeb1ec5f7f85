internal import Domain
internal import Pages
internal import Runtime

/// A command's form as a desk's page posts it, and as the JSON that a program would send instead.
struct CommandForm {
    let command: Command
    /// The fields that were filled in.
    let fields: [String: String]

    private static let names = [
        "note", "internal_note", "actor", "reason", "until", "of", "refer_to", "to", "category", "subtype",
    ]

    init(_ command: Command, _ form: FormFields) {
        self.command = command
        var fields: [String: String] = [:]
        for name in Self.names {
            guard let value = form[name], !value.allSatisfy(\.isWhitespace) else { continue }
            fields[name] = value.replacing("\r\n", with: "\n")
        }
        self.fields = fields
        version = form["version"].flatMap { Int($0) }
        key = form["idempotency_key"].flatMap { IdempotencyKeyHeader(text: $0) }
    }

    /// The version that the page showed.
    let version: Int?
    let key: IdempotencyKeyHeader?

    /// The body of the same command, with times of the city's clock (`2026-11-24T09:05`) given their offset.
    func json(offset: Int) -> [UInt8] {
        var members = fields.mapValues { JSONValue.string($0) }
        if let until = fields["until"] { members["until"] = .string(Self.time(until, offset: offset)) }
        var writer = JSONWriter()
        writer.value(.object(members))
        return writer.bytes
    }

    var typed: DeskReport.Typed { DeskReport.Typed(command: command, fields: fields) }

    private static func time(_ text: String, offset: Int) -> String {
        guard text.count == 16 || text.count == 19 else { return text }
        let seconds = text.count == 16 ? ":00" : ""
        let minutes = abs(offset) / 60
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(text)\(seconds)\(offset < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }
}
