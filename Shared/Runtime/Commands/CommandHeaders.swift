internal import Crypto
internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
package import Hummingbird
package import Storage

/// The version that `If-Match` names (RFC 9110, section 13.1.1).
package enum EntityTag {
    /// Nil where any version will do. Throws 400 for several tags, and 412 for a tag that no version has.
    package static func version(_ request: Request) throws(ProblemDetails) -> Int? {
        let tags = request.headers[values: .ifMatch].flatMap { $0.split(separator: ",") }
        guard let first = tags.first else { return nil }
        guard tags.count == 1 else { throw .badRequest("Name one version in If-Match.") }
        var tag = first.drop { $0 == " " }
        while tag.last == " " { tag.removeLast() }
        if tag == "*" { return nil }
        // Front doors that compress mark tags as weak; a version is the same all the same.
        if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
        if tag.count >= 2, tag.first == "\"", tag.last == "\"" { tag = tag.dropFirst().dropLast() }
        guard let version = Int(tag), version > 0 else {
            throw .preconditionFailed("No report has the version in If-Match: send the ETag that you were given.")
        }
        return version
    }
}

/// The `Idempotency-Key` header, quoted or bare.
package struct IdempotencyKeyHeader: Hashable {
    package static let maximumLength = 255

    package let text: String

    /// Nil where there is none. Throws 400 for one that is empty, too long or not printable ASCII.
    package init?(_ request: Request) throws(ProblemDetails) {
        guard var text = request.headers[.idempotencyKey].map({ $0[...] }) else { return nil }
        if text.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
        guard let key = IdempotencyKeyHeader(text: String(text)) else {
            throw .badRequest("An Idempotency-Key is 1 to \(Self.maximumLength) printable ASCII characters.")
        }
        self = key
    }

    package init?(text: String) {
        guard (1...Self.maximumLength).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.text = text
    }
}

/// What makes two requests with one key the same: method, path, and the body whatever its spelling.
package enum CommandHash {
    package static func of(method: String, path: String, body: [UInt8]) -> [UInt8] {
        var writer = JSONWriter()
        let reading = body.isEmpty ? nil : try? JSONReader.read(body)
        writer.value(reading?.value ?? .object([:]))
        var hash = SHA256()
        hash.update(data: Array("\(method) \(path)\n".utf8))
        hash.update(data: writer.bytes)
        return Array(hash.finalize())
    }
}

extension CommandKey {
    /// For a command that came without a key: our own retry of a commit whose end was not seen does nothing twice.
    package static func ofThisAttempt() -> CommandKey { CommandKey(text: "own-\(UUID().text)", requestHash: []) }
}
