package import Domain

extension Language {
    /// What a request asks for: `?lang=` first, then the cookie, else Indonesian.
    package init(query: String?, cookie: String?) {
        self = query.flatMap(Language.init(rawValue:)) ?? cookie.flatMap(Language.init(rawValue:)) ?? .indonesian
    }

    /// The name of the cookie that remembers the choice.
    package static let cookie = "sasando_language"
}
