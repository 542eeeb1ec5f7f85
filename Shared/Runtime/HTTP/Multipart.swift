internal import Glibc
package import Hummingbird
internal import HTTPTypes
internal import NIOCore

/// The parts of a `multipart/form-data` body (RFC 7578) that is in memory already.
package struct Multipart: Sendable {
    package struct Part: Sendable {
        package var name: String
        /// Of a file: what it is called, which says nothing of what it is.
        package var filename: String?
        package var bytes: ArraySlice<UInt8>

        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// More parts than any form of ours has.
    static let mostParts = 64
    private static let mostHeaderBytes = 4_096

    package let parts: [Part]

    package subscript(name: String) -> Part? { parts.first { $0.name == name } }

    /// - Returns: nil for a body that is not built so, or is cut short.
    package init?(_ body: [UInt8], boundary: String) {
        guard (1...70).contains(boundary.utf8.count) else { return nil }
        let delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter needs no line before it.
        let opening = Array(delimiter.dropFirst(2))
        guard var place = body.starts(with: opening) ? opening.count : Self.find(delimiter, in: body, from: 0)?.end
        else { return nil }
        var parts: [Part] = []
        while true {
            if Self.holds("--", in: body, at: place) { break }
            // Spaces may follow a delimiter (RFC 2046, section 5.1.1).
            while place < body.count, body[place] == 0x20 || body[place] == 0x09 { place += 1 }
            guard Self.holds("\r\n", in: body, at: place), parts.count < Self.mostParts,
                let end = Self.find(delimiter, in: body, from: place),
                let part = Self.part(body[(place + 2)..<max(end.start, place + 2)])
            else { return nil }
            parts.append(part)
            place = end.end
        }
        self.parts = parts
    }

    private static func part(_ bytes: ArraySlice<UInt8>) -> Part? {
        let separator = Array("\r\n\r\n".utf8)
        let head = bytes.prefix(mostHeaderBytes)
        guard let end = head.indices.first(where: { head[$0...].starts(with: separator) }) else { return nil }
        var name: String?
        var filename: String?
        for line in String(decoding: head[..<end], as: UTF8.self).split(separator: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-disposition" else { continue }
            (name, filename) = (parameter("name", of: parts[1]), parameter("filename", of: parts[1]))
        }
        guard let name else { return nil }
        return Part(name: name, filename: filename, bytes: bytes[(end + separator.count)...])
    }

    /// A parameter's value, quoted or bare; browsers write a quotation mark within it as `%22`.
    static func parameter(_ name: String, of header: Substring) -> String? {
        var rest = header[...]
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let isWanted = rest[..<equals].lowercased() == name
            rest = rest[rest.index(after: equals)...]
            let value: Substring
            if rest.first == "\"" {
                rest = rest.dropFirst()
                value = rest.prefix { $0 != "\"" }
                rest = rest[value.endIndex...].dropFirst()
            } else {
                value = rest.prefix { $0 != ";" }
                rest = rest[value.endIndex...]
            }
            if isWanted { return String(value) }
        }
        return nil
    }

    private static func find(
        _ needle: [UInt8], in body: [UInt8], from start: Int
    ) -> (start: Int, end: Int)? {
        guard start < body.count else { return nil }
        let found = body.withUnsafeBytes { body -> Int? in
            guard let base = body.baseAddress else { return nil }
            var at = start
            // From one first byte to the next: in a photo they are rare.
            while body.count - at >= needle.count, let hit = memchr(base + at, CInt(needle[0]), body.count - at) {
                at = UnsafeRawPointer(hit) - base
                guard body.count - at >= needle.count else { return nil }
                if memcmp(hit, needle, needle.count) == 0 { return at }
                at += 1
            }
            return nil
        }
        return found.map { ($0, $0 + needle.count) }
    }

    private static func holds(_ text: String, in body: [UInt8], at place: Int) -> Bool {
        place <= body.count && body[place...].starts(with: text.utf8)
    }
}

extension Request {
    /// The parts of a form with files. Throws 415 for another content type, 413 and 400 as ``collect(upTo:)``, and 408
    /// for what is still under way after `time`.
    package func collectMultipart(upTo limit: Int, within time: Duration) async throws -> Multipart {
        guard mediaType == "multipart/form-data", let boundary = multipartBoundary else {
            throw ProblemDetails.unsupportedMediaType(expected: "multipart/form-data")
        }
        let body = Array(try await collect(upTo: limit, within: time).readableBytesView)
        guard let multipart = Multipart(body, boundary: boundary) else {
            throw ProblemDetails.badRequest("The body is not readable multipart/form-data.")
        }
        return multipart
    }

    /// The whole body, if it comes in time.
    private func collect(upTo limit: Int, within time: Duration) async throws -> ByteBuffer {
        try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
            group.addTask { try await self.collect(upTo: limit) }
            group.addTask {
                try await Task.sleep(for: time)
                throw ProblemDetails(.requestTimeout, detail: "The body did not come to its end in time.")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? ByteBuffer()
        }
    }

    private var multipartBoundary: String? {
        guard let header = headers[.contentType] else { return nil }
        return Multipart.parameter("boundary", of: header[...])
    }
}
