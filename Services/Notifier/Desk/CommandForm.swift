internal import Domain
internal import Pages
internal import Runtime
internal import Storage

/// A command's form as a desk's page posts it, and as the JSON that a program would send instead.
struct CommandForm {
    let command: Command
    /// The fields that were filled in.
    let fields: [String: String]
    let photos: [ArraySlice<UInt8>]
    private let photoHashes: [String]

    private static let names = [
        "note", "text", "internal_note", "actor", "reason", "until", "of", "refer_to", "to", "category", "subtype",
    ]

    init(_ command: Command, _ posted: PostedForm) {
        let form = posted.fields
        self.command = command
        photos = posted.photos
        photoHashes = posted.photoHashes
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
    private let key: IdempotencyKeyHeader?

    /// The body of the same command, with times of the city's clock (`2026-11-24T09:05`) given their offset.
    ///
    /// - Parameter media: the ids of its photos' uploads.
    func json(offset: Int, media: [String]) -> [UInt8] {
        var members = fields.mapValues { JSONValue.string($0) }
        if !media.isEmpty { members["media"] = .array(media.map(JSONValue.string)) }
        if let until = fields["until"] { members["until"] = .string(Self.time(until, offset: offset)) }
        var writer = JSONWriter()
        writer.value(.object(members))
        return writer.bytes
    }

    /// The key of its retries: the same photos are the same request, though each time they come they are uploads of
    /// their own. Nil where the form has none.
    func commandKey(path: String, offset: Int) -> CommandKey? {
        key.map { key in
            CommandKey(
                text: key.text,
                requestHash: CommandHash.of(
                    method: "POST", path: path, body: json(offset: offset, media: photoHashes)))
        }
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
