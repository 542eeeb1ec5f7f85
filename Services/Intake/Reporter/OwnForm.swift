internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

/// A form of the tracking page, as a reporter posts it.
struct OwnForm {
    let command: Command
    /// Nil where nothing was written.
    let note: String?
    private let posted: PostedForm

    init(_ command: Command, _ posted: PostedForm) {
        self.command = command
        self.posted = posted
        note = posted.fields["note"].flatMap {
            $0.allSatisfy(\.isWhitespace) ? nil : $0.replacing("\r\n", with: "\n")
        }
    }

    /// The command with its photos taken, or what is wrong with it. Who opens a report again says why.
    func read(
        at now: Timestamp, in city: City, taking photos: Photos, of report: UUID
    ) async throws -> Result<CommandRequest, Faults> {
        if command == .reopen, note == nil { return .failure(Faults([Fault(.required, at: "/note")])) }
        do {
            let media = try await photos.take(posted.photos, by: .report(report), in: city.code)
            let body = body(media: media.map(\.text))
            switch CommandRequest.read(command, body: body, byReporter: true, at: now, city: city) {
            case let result?: return result
            case nil: return .failure(Faults([Fault(.notAnObject, at: "")]))
            }
        } catch let faults as Faults {
            return .failure(faults)
        }
    }

    /// The key that the page gave the form, else one of this attempt alone. The same photos are the same request,
    /// though each time they come they are uploads of their own.
    var key: CommandKey {
        guard let key = posted.fields["idempotency_key"].flatMap({ IdempotencyKeyHeader(text: $0) }) else {
            return .ofThisAttempt()
        }
        return CommandKey(
            text: key.text,
            requestHash: CommandHash.of(
                method: "POST", path: command.rawValue, body: body(media: posted.photoHashes)))
    }

    /// The JSON that a program would send instead.
    private func body(media: [String]) -> [UInt8] {
        var members: [String: JSONValue] = [:]
        if let note { members["note"] = .string(note) }
        if let rating = posted.fields["rating"] {
            members["rating"] = Int64(rating).map(JSONValue.int) ?? .string(rating)
        }
        if !media.isEmpty { members["media"] = .array(media.map(JSONValue.string)) }
        var writer = JSONWriter()
        writer.value(.object(members))
        return writer.bytes
    }
}
