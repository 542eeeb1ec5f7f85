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

/// A reporter's own key to one report: 128 bits as 22 characters of base64url.
package struct ReporterKey: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package static let cookie = "sasando_laporan"
    /// The most keys that one browser keeps.
    package static let limit = 20

    package let text: String

    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 22, text.utf8.allSatisfy(Base64URL.isDigit) else { return nil }
        self.text = String(text)
    }

    package var description: String { "(reporter's key)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
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
            guard let bearer, ReporterKey(bearer) != nil else {
                throw .unauthorized("Send \"Authorization: Bearer\" and a key of the form sas_…")
            }
        }
        return cookie(Credential.sessionCookie).flatMap(Token.init(_:)).map(Credential.session)
    }

    /// The reporter's keys that the request shows: the header's first, then the cookie's, 20 at most.
    package var reporterKeys: [ReporterKey] {
        var keys: [ReporterKey] = []
        if let key = bearer.flatMap(ReporterKey.init(_:)) { keys.append(key) }
        for part in (cookie(ReporterKey.cookie) ?? "").split(separator: ".") where keys.count < ReporterKey.limit {
            if let key = ReporterKey(part), !keys.contains(key) { keys.append(key) }
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
