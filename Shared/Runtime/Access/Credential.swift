package import Domain
package import Hummingbird
internal import HTTPTypes

/// What a request shows to say who it is.
package enum Credential: Hashable, Sendable {
    case bearer(Token)
    /// The cookie that signing in sets; it counts on same-origin requests only.
    case session(Token)

    package var token: Token {
        switch self {
        case .bearer(let token), .session(let token): token
        }
    }

    package static let sessionCookie = "sasando_session"
    /// How long a session lasts.
    package static let sessionSeconds = 43_200
}

extension ReporterKey {
    package static let cookie = "sasando_laporan"
    /// The most keys that one browser keeps.
    package static let limit = 20
}

extension Request {
    /// The text after `Bearer ` (RFC 6750); the scheme's case does not matter.
    package var bearer: Substring? {
        guard let header = headers[.authorization], header.utf8.count > 7,
            header.prefix(7).lowercased() == "bearer "
        else { return nil }
        var text = header.dropFirst(7)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// The token in the `Authorization` header, else in the session cookie.
    ///
    /// A reporter's key in the header leaves the cookie its turn. Throws 401 for a
    /// header that is neither.
    package func credential() throws(ProblemDetails) -> Credential? {
        if headers.contains(.authorization) {
            if let bearer, let token = Token(bearer) { return .bearer(token) }
            guard let bearer, ReporterKey(text: bearer) != nil else {
                throw .unauthorized("Send \"Authorization: Bearer\" and a key of the form sas_…")
            }
        }
        return cookie(Credential.sessionCookie).flatMap(Token.init(_:)).map(Credential.session)
    }

    /// The reporter's keys that the request shows: the header's first, then the cookie's, 20 at most.
    package var reporterKeys: [ReporterKey] {
        var keys: [ReporterKey] = []
        if let key = bearer.flatMap({ ReporterKey(text: $0) }) { keys.append(key) }
        for part in (cookie(ReporterKey.cookie) ?? "").split(separator: ".") where keys.count < ReporterKey.limit {
            if let key = ReporterKey(text: part), !keys.contains(key) { keys.append(key) }
        }
        return keys
    }
}

extension [ReporterKey] {
    /// The cookie's value with `key` as the newest; the oldest falls out beyond the limit.
    package func cookieValue(adding key: ReporterKey) -> String {
        let kept = filter { $0 != key }.prefix(ReporterKey.limit - 1)
        return ([key] + kept).map(\.text).joined(separator: ".")
    }
}
