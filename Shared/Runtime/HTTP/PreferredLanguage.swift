package import Hummingbird

/// The language that a request asks for; the raw values are those of `lang` attributes.
package enum PreferredLanguage: String, CaseIterable, Sendable {
    case indonesian = "id"
    case english = "en"

    /// The cookie that remembers the choice.
    package static let cookie = "sasando_bahasa"

    /// `?lang=` first, then the cookie, else Indonesian.
    package init(_ request: Request) {
        let asked = request.uri.query == nil ? nil : request.query["lang"].flatMap(Self.init(rawValue:))
        self = asked ?? request.cookie(Self.cookie).flatMap(Self.init(rawValue:)) ?? .indonesian
    }
}

extension Response {
    /// Remembers the language that the query asks for, for a year; the cookie stays as it is where it asks for none.
    package mutating func rememberLanguage(of request: Request, isSecure: Bool) {
        guard request.uri.query != nil,
            let asked = request.query["lang"].flatMap(PreferredLanguage.init(rawValue:))
        else { return }
        setCookie(
            PreferredLanguage.cookie, asked.rawValue, seconds: 365 * 86_400, isSecure: isSecure, sameSite: "Lax")
    }
}
