package import Domain
package import HTTPTypes
package import Hummingbird

/// Why a request was refused, as RFC 9457 tells machines; thrown by handlers.
///
/// `{"type","title","status","detail","errors":[{"pointer","code","message"}]?}`
package struct ProblemDetails: Error, Sendable {
    /// One fault in the request's body.
    package struct Entry: Hashable, Sendable {
        /// A JSON pointer (RFC 6901) to what is wrong; empty for the whole.
        package var pointer: String
        package var code: String
        package var message: String

        package init(pointer: String, code: String, message: String) {
            self.pointer = pointer
            self.code = code
            self.message = message
        }
    }

    package var status: HTTPResponse.Status
    package var type: String
    package var title: String
    package var detail: String?
    package var errors: [Entry]
    /// Further members, such as `earliest` and `latest` of a stream.
    package var members: [(name: String, value: JSONValue)]
    /// Headers of the answer, such as `Retry-After`.
    package var headers: HTTPFields

    package init(
        _ status: HTTPResponse.Status, type: String = "about:blank", title: String? = nil, detail: String? = nil,
        errors: [Entry] = [], members: [(name: String, value: JSONValue)] = [], headers: HTTPFields = [:]
    ) {
        self.status = status
        self.type = type
        self.title = title ?? status.reasonPhrase
        self.detail = detail
        self.errors = errors
        self.members = members
        self.headers = headers
    }

    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", type)
            writer.member("title", title)
            writer.member("status", status.code)
            if let detail { writer.member("detail", detail) }
            if !errors.isEmpty {
                writer.key("errors")
                writer.array { writer in
                    for entry in errors {
                        writer.object { writer in
                            writer.member("pointer", entry.pointer)
                            writer.member("code", entry.code)
                            writer.member("message", entry.message)
                        }
                    }
                }
            }
            for member in members { writer.member(member.name, member.value) }
        }
        return writer.bytes
    }

    package func response() -> Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: json)))
    }
}

/// An error that knows which answer it deserves.
package protocol ProblemConvertible: Error {
    var problem: ProblemDetails { get }
}

extension ProblemDetails {
    package static func badRequest(_ detail: String) -> ProblemDetails { .init(.badRequest, detail: detail) }

    package static func unauthorized(_ detail: String) -> ProblemDetails {
        .init(.unauthorized, detail: detail, headers: [.wwwAuthenticate: "Bearer realm=\"sasando\""])
    }

    package static func forbidden(_ detail: String) -> ProblemDetails { .init(.forbidden, detail: detail) }

    package static func notFound(_ detail: String = "There is nothing at this address.") -> ProblemDetails {
        .init(.notFound, detail: detail)
    }

    package static func methodNotAllowed(allow: [String]) -> ProblemDetails {
        let methods = allow.joined(separator: ", ")
        return .init(
            .methodNotAllowed, detail: "This address answers \(methods) only.", headers: [.allow: methods])
    }

    package static func conflict(_ detail: String, retryAfter_s: Int? = nil) -> ProblemDetails {
        ProblemDetails(.conflict, detail: detail).retrying(after_s: retryAfter_s)
    }

    package static func gone(_ detail: String) -> ProblemDetails { .init(.gone, detail: detail) }

    package static func preconditionFailed(_ detail: String) -> ProblemDetails {
        .init(.preconditionFailed, detail: detail)
    }

    package static func contentTooLarge(limit: Int) -> ProblemDetails {
        .init(.contentTooLarge, detail: "The body is larger than \(limit) bytes.", headers: [.connection: "close"])
    }

    package static func unsupportedMediaType(expected: String) -> ProblemDetails {
        .init(.unsupportedMediaType, detail: "Send the body as \(expected).", headers: [.accept: expected])
    }

    package static func unprocessable(_ errors: [Entry], detail: String? = nil) -> ProblemDetails {
        .init(.unprocessableContent, detail: detail, errors: errors)
    }

    package static func tooManyRequests(retryAfter_s: Int) -> ProblemDetails {
        ProblemDetails(.tooManyRequests, detail: "Too many requests; wait \(max(1, retryAfter_s)) s.")
            .retrying(after_s: retryAfter_s)
    }

    package static func unavailable(_ detail: String, retryAfter_s: Int = 1) -> ProblemDetails {
        ProblemDetails(.serviceUnavailable, detail: detail).retrying(after_s: retryAfter_s)
    }

    package static let internalError = ProblemDetails(
        .internalServerError, detail: "Something went wrong here. The request may be sent again.")

    /// The same with `Retry-After`, at least one second.
    package func retrying(after_s seconds: Int?) -> ProblemDetails {
        guard let seconds else { return self }
        var problem = self
        problem.headers[.retryAfter] = "\(max(1, seconds))"
        return problem
    }
}

extension ProblemDetails {
    /// What whoever asked is told of an error, where no more is known of how it came about.
    package init(of error: any Error) {
        switch error {
        case let problem as ProblemDetails: self = problem
        case let error as any ProblemConvertible: self = error.problem
        default: self = .internalError
        }
    }

    /// `Retry-After`, in seconds.
    package var retryAfter_s: Int? { headers[.retryAfter].flatMap { Int($0) } }

    /// The same for who sees no headers: how long to wait is a member, `retry_after`, in seconds.
    package var forFrames: ProblemDetails {
        guard let wait = retryAfter_s else { return self }
        var problem = self
        problem.members.append((name: "retry_after", value: .int(Int64(wait))))
        return problem
    }
}
