internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

/// A form of the tracking page, as a reporter posts it.
struct OwnForm {
    let command: Command
    /// Nil where nothing was written.
    let note: String?
    private let rating: String?
    private let written: String?

    init(_ command: Command, _ form: FormFields) {
        self.command = command
        note = form["note"].flatMap {
            $0.allSatisfy(\.isWhitespace) ? nil : $0.replacing("\r\n", with: "\n")
        }
        rating = form["rating"]
        written = form["idempotency_key"]
    }

    /// The command, or what is wrong with it. Who opens a report again says why.
    func read(at now: Timestamp, in city: City) -> Result<CommandRequest, Faults> {
        if command == .reopen, note == nil { return .failure(Faults([Fault(.required, at: "/note")])) }
        switch CommandRequest.read(command, body: body, byReporter: true, at: now, city: city) {
        case let result?: return result
        case nil: return .failure(Faults([Fault(.notAnObject, at: "")]))
        }
    }

    /// The key that the page gave the form, else one of this attempt alone.
    var key: CommandKey {
        guard let key = written.flatMap({ IdempotencyKeyHeader(text: $0) }) else { return .ofThisAttempt() }
        return CommandKey(
            text: key.text, requestHash: CommandHash.of(method: "POST", path: command.rawValue, body: body))
    }

    /// The JSON that a program would send instead.
    private var body: [UInt8] {
        var members: [String: JSONValue] = [:]
        if let note { members["note"] = .string(note) }
        if let rating { members["rating"] = Int64(rating).map(JSONValue.int) ?? .string(rating) }
        var writer = JSONWriter()
        writer.value(.object(members))
        return writer.bytes
    }
}
