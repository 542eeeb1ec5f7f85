internal import Crypto
internal import Domain
internal import FoundationEssentials
internal import Runtime
internal import Storage

/// A posted update, read: the reporter's word on a request, and nothing more. `closed` and `fixed` resolve nothing.
struct Open311Comment: Sendable {
    /// nil where it is missing.
    let requestID: String?
    /// nil where nothing was written.
    let note: String?
    let files: [ArraySlice<UInt8>]
    let addresses: [String]
    /// By the sender's own number of the update, else by the key of the request; nil without either.
    let key: CommandKey?

    init(_ posted: PostedForm, key header: IdempotencyKeyHeader?, in city: City, errors: inout Open311Errors) {
        let fields = posted.fields
        let requestID = fields.nonEmpty("service_request_id")
        if requestID == nil { errors.add(400, "service_request_id: it is missing.") }
        let named = zip(posted.photos, posted.photoNames).filter { Open311Post.isPhoto($0.1) }
        let files = named.map(\.0)
        let addresses = (fields.all("media_url") + fields.all("media_url[]")).filter { !$0.isEmpty }
        if files.count > Photos.mostInForm {
            errors.add(400, "media: no more than \(Photos.mostInForm) photos.")
        }
        let word = fields.nonEmpty("status")
        let status = word.flatMap { Open311UpdateStatus(rawValue: $0.lowercased()) }
        if word != nil, status == nil {
            let words = Open311UpdateStatus.allCases.map(\.rawValue).joined(separator: ", ")
            errors.add(400, "status: one of \(words).")
        }
        if let time = fields.nonEmpty("updated_datetime"),
            Open311Span.moment(time, utcOffset: city.utcOffset) == nil
        {
            errors.add(400, "updated_datetime: write the time like 2026-11-24T09:05:00+08:00.")
        }
        let written = fields.nonEmpty("description")?.replacing("\r\n", with: "\n")
        let parts = [status?.reportersWord, written].compactMap(\.self)
        let note = parts.isEmpty ? nil : parts.joined(separator: "\n")
        if let written, let (code, bound) = TextRule.note.violation(in: written) {
            errors.add(400, "description: \(Fault(code, at: "", bound).message(.english))")
        } else if let note, let (code, bound) = TextRule.note.violation(in: note) {
            errors.add(400, "description: \(Fault(code, at: "", bound).message(.english))")
        }
        if note == nil, files.isEmpty, addresses.isEmpty { errors.add(400, "description: it is missing.") }
        (self.requestID, self.note, self.files, self.addresses) = (requestID, note, files, addresses)
        let says = [note ?? ""] + posted.photoHashes + addresses
        if let id = fields.nonEmpty("update_id") {
            key = CommandKey(text: "open311-\(Self.digest(id))", requestHash: Self.hash(says))
        } else {
            key = header.map { CommandKey(text: $0.text, requestHash: Self.hash(says + [requestID ?? ""])) }
        }
    }

    /// A sender's own words may name a person, and stay when all that was written is erased: their digest is kept.
    private static func digest(_ text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func hash(_ texts: [String]) -> [UInt8] {
        var body = JSONWriter()
        body.array { writer in for text in texts { writer.value(text) } }
        return CommandHash.of(method: "POST", path: "servicerequestupdates", body: body.bytes)
    }
}

/// What became of a posted update.
struct Open311CommentReceipt: Sendable {
    /// The version of the request that it made.
    var version: Int
    /// Whether it had come before.
    var isReplay = false
}
