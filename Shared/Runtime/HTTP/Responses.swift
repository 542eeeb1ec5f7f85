package import HTTPTypes
package import Hummingbird

extension Response {
    /// JSON that is already written.
    package static func json(
        _ bytes: some Sequence<UInt8>, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:],
        contentType: String = "application/json"
    ) -> Response {
        var headers = headers
        headers[.contentType] = contentType
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    package static func html(
        _ text: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "text/html; charset=utf-8"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    /// 303: the browser goes on with GET.
    package static func seeOther(_ location: String, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.location] = location
        return Response(status: .seeOther, headers: headers)
    }

    /// A file that ships with the service; 304 where the client has it already.
    ///
    /// - Parameters:
    ///   - entityTag: With its quotation marks.
    ///   - cacheControl: `public, max-age=31536000, immutable` for an address that changes with the content.
    package static func asset(
        _ bytes: [UInt8], contentType: String, entityTag: String, cacheControl: String, for request: Request
    ) -> Response {
        var headers: HTTPFields = [.eTag: entityTag, .cacheControl: cacheControl]
        if request.matches(entityTag: entityTag) { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = contentType
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension Request {
    /// Whether `If-None-Match` names this tag (RFC 9110, section 13.1.2; weak comparison).
    package func matches(entityTag: String) -> Bool {
        headers[values: .ifNoneMatch].contains { header in
            header.split(separator: ",").contains { candidate in
                var candidate = candidate.drop { $0 == " " }
                while candidate.last == " " { candidate.removeLast() }
                if candidate.hasPrefix("W/") { candidate = candidate.dropFirst(2) }
                return candidate == "*" || candidate == entityTag
            }
        }
    }
}

extension HTTPField.Name {
    /// Where the next page is (RFC 8288).
    package static let link = Self("Link")!
}
