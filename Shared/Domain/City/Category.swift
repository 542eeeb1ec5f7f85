/// What a report can be about.
package struct Category: Hashable, Sendable, Codable {
    package var code: CategoryCode
    package var name: LocalizedText
    /// The name of its icon in the pages' set.
    package var icon: String
    /// Private by default, and never public.
    package var sensitive: Bool
    /// Goes before everything else, and shows the emergency numbers before the form.
    package var urgent: Bool
    package var emergency: [PhoneNumber]
    package var subtypes: [Subtype]
    /// Who helps the agency that leads, as codes such as `satpolpp` or `kelurahan`.
    package var assists: [String]
    /// What a person should know before reporting.
    package var note: LocalizedText?
    /// What else is asked of such reports, in this order.
    package var questions: [Question]
    /// Words and phrases by which it is known in what people write, beside its name.
    package var keywords: [String]

    package init(
        code: CategoryCode, name: LocalizedText, icon: String, sensitive: Bool = false, urgent: Bool = false,
        emergency: [PhoneNumber] = [], subtypes: [Subtype] = [], assists: [String] = [], note: LocalizedText? = nil,
        questions: [Question] = [], keywords: [String] = []
    ) {
        self.code = code
        self.name = name
        self.icon = icon
        self.sensitive = sensitive
        self.urgent = urgent
        self.emergency = emergency
        self.subtypes = subtypes
        self.assists = assists
        self.note = note
        self.questions = questions
        self.keywords = keywords
    }

    package func subtype(_ code: SubtypeCode) -> Subtype? { subtypes.first { $0.code == code } }

    /// The numbers that a citizen may be shown.
    package var confirmedEmergency: [PhoneNumber] { emergency.filter(\.confirmed) }
}

package struct Subtype: Hashable, Sendable, Codable {
    package var code: SubtypeCode
    package var name: LocalizedText
    /// As a category's.
    package var keywords: [String]

    package init(code: SubtypeCode, name: LocalizedText, keywords: [String] = []) {
        self.code = code
        self.name = name
        self.keywords = keywords
    }
}

// Absent members take their defaults.
extension Category {
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            code: try values.decode(CategoryCode.self, forKey: .code),
            name: try values.decode(LocalizedText.self, forKey: .name),
            icon: try values.decode(String.self, forKey: .icon),
            sensitive: try values.decodeIfPresent(Bool.self, forKey: .sensitive) ?? false,
            urgent: try values.decodeIfPresent(Bool.self, forKey: .urgent) ?? false,
            emergency: try values.decodeIfPresent([PhoneNumber].self, forKey: .emergency) ?? [],
            subtypes: try values.decodeIfPresent([Subtype].self, forKey: .subtypes) ?? [],
            assists: try values.decodeIfPresent([String].self, forKey: .assists) ?? [],
            note: try values.decodeIfPresent(LocalizedText.self, forKey: .note),
            questions: try values.decodeIfPresent([Question].self, forKey: .questions) ?? [],
            keywords: try values.decodeIfPresent([String].self, forKey: .keywords) ?? [])
    }
}

extension Subtype {
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            code: try values.decode(SubtypeCode.self, forKey: .code),
            name: try values.decode(LocalizedText.self, forKey: .name),
            keywords: try values.decodeIfPresent([String].self, forKey: .keywords) ?? [])
    }
}
