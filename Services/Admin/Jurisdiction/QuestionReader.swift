internal import Domain

/// `questions` of a category in `categories.yaml`.
enum QuestionReader {
    static func read(_ category: YAMLMap) -> [Question] {
        let maps = category.maps("questions", names: ["code", "label", "kind", "options", "minimum", "maximum"])
        if maps.count > Question.mostOfCategory {
            category.fault("asks more than \(Question.mostOfCategory) questions", at: "questions")
        }
        var seen: Set<QuestionCode> = []
        return maps.compactMap { map in
            let code: QuestionCode? = map.code("code")
            let label = words("label", of: map)
            let kind = map.value(
                "kind", as: Question.Kind.allCases.map(\.rawValue).joined(separator: ", "),
                Question.Kind.init(rawValue:))
            let options = options(of: map, kind)
            guard let code, let label, let kind else { return nil }
            if !seen.insert(code).inserted { map.fault("“\(code)” is written twice", at: "code") }
            let bounds = bounds(of: map, kind)
            return Question(
                code: code, label: label, kind: kind, options: options, minimum: bounds.minimum,
                maximum: bounds.maximum)
        }
    }

    private static func words(_ name: String, of map: YAMLMap) -> LocalizedText? {
        let text = map.localized(name)
        if let text, max(text.id.count, text.en.count) > Question.longestLabel {
            map.fault("has more than \(Question.longestLabel) characters", at: name)
        }
        return text
    }

    private static func options(of map: YAMLMap, _ kind: Question.Kind?) -> [Question.Option] {
        var seen: Set<QuestionCode> = []
        let options = map.maps("options", names: ["code", "name"]).compactMap { map -> Question.Option? in
            let code: QuestionCode? = map.code("code")
            let name = words("name", of: map)
            guard let code, let name else { return nil }
            if !seen.insert(code).inserted { map.fault("“\(code)” is written twice", at: "code") }
            return Question.Option(code: code, name: name)
        }
        switch kind {
        case .choice:
            if !(2...Question.mostOptions).contains(options.count) {
                map.fault("a choice has 2 to \(Question.mostOptions) options", at: "options")
            }
        case nil: break
        default: if map.has("options") { map.fault("only a choice has options", at: "options") }
        }
        return options
    }

    private static func bounds(of map: YAMLMap, _ kind: Question.Kind) -> (minimum: Int, maximum: Int?) {
        let (minimum, maximum) = (
            map.whole("minimum", isRequired: false), map.whole("maximum", isRequired: false)
        )
        if minimum != nil, kind != .number { map.fault("only a number has a minimum", at: "minimum") }
        let most: Int
        switch kind {
        case .number: most = Question.largestNumber
        case .text: most = Question.longestAnswer
        default:
            if maximum != nil { map.fault("only a number or a text has a maximum", at: "maximum") }
            return (0, nil)
        }
        if let minimum, minimum < 0 || minimum > most { map.fault("must be 0 to \(most)", at: "minimum") }
        if let maximum, maximum < max(1, minimum ?? 0) || maximum > most {
            map.fault("must be \(max(1, minimum ?? 0)) to \(most)", at: "maximum")
        }
        return (minimum ?? 0, maximum)
    }
}
