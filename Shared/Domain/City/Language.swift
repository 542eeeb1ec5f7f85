/// A language that people are spoken to in.
package enum Language: String, Hashable, Sendable, Codable, CaseIterable {
    case indonesian = "id"
    case english = "en"
}

/// One text in every language.
package struct LocalizedText: Hashable, Sendable, Codable {
    package var id: String
    package var en: String

    package init(id: String, en: String) {
        self.id = id
        self.en = en
    }

    package subscript(language: Language) -> String {
        switch language {
        case .indonesian: id
        case .english: en
        }
    }
}
