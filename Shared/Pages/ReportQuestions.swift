package import Domain

// What a category asks, as fields of the report form, and the answers as they are read.

extension Question {
    /// The form's name of its field: what it begins with tells the answer's type to whoever makes JSON of it.
    package func fieldName(in category: CategoryCode) -> String { "\(kind.fieldPrefix).\(category).\(code)" }

    static func isFieldName(_ name: String) -> Bool {
        Kind.allCases.contains { name.hasPrefix($0.fieldPrefix + ".") }
    }

    /// A form's text as the answer that a report carries; what cannot be one stays a text, so that it is refused.
    package func answer(typed text: String) -> JSONValue {
        switch kind {
        case .choice, .text: return .string(text)
        case .number:
            return Int64(text.filter { !$0.isWhitespace }).map(JSONValue.int) ?? .string(text)
        case .yesNo:
            let known = ["true": true, "false": false]
            return known[text].map(JSONValue.bool) ?? .string(text)
        }
    }
}

extension Question.Kind {
    fileprivate var fieldPrefix: String {
        switch self {
        case .choice, .text: "answer"
        case .number: "answer_number"
        case .yesNo: "answer_flag"
        }
    }
}

extension Wording {
    /// What a category asks, with what was answered.
    func questions(of category: Category, typed: [String: String]) -> [String: Any] {
        let list = category.questions.map { question -> [String: Any] in
            let name = question.fieldName(in: category.code)
            let value = typed[name] ?? ""
            var field: [String: Any] = [
                "id": "q-\(category.code)-\(question.code)", "name": name, "label": question.label[language],
                "value": value, "maximum": question.maximum, "choices": false, "text": false, "number": false,
            ]
            func choices(_ options: [(value: String, text: String)]) -> [String: Any] {
                let list = options.map { option -> [String: Any] in
                    ["value": option.value, "text": option.text, "selected": option.value == value]
                }
                return ["id": field["id"] ?? "", "name": name, "list": list]
            }
            switch question.kind {
            case .choice:
                field["choices"] = choices(question.options.map { ($0.code.rawValue, $0.name[language]) })
            case .yesNo: field["choices"] = choices([("true", self("answer.yes")), ("false", self("answer.no"))])
            case .text: field["text"] = true
            case .number: field["number"] = true
            }
            return field
        }
        return ["category": category.code.rawValue, "list": list]
    }

    /// The answers that a report has, each with what was asked, in the order in which its category asks. What another
    /// category asked, before the report was sorted anew, is shown too.
    func answers(_ answers: JSONValue?, category: CategoryCode?, in city: City?) -> [[String: Any]] {
        guard case .object(let members)? = answers else { return [] }
        let own = category.flatMap { city?.category($0) }?.questions ?? []
        let others = (city?.categories ?? []).flatMap(\.questions)
        var left = members
        return (own + others).compactMap { question in
            guard let answer = left[question.code.rawValue], let text = text(of: answer, to: question) else {
                return nil
            }
            left[question.code.rawValue] = nil
            return ["question": question.label[language], "answer": text]
        }
    }

    private func text(of answer: JSONValue, to question: Question) -> String? {
        switch (question.kind, answer) {
        case (.choice, .string(let code)):
            question.options.first { $0.code.rawValue == code }?.name[language]
        case (.text, .string(let text)): text
        case (.number, .int(let n)): number(Int(n))
        case (.yesNo, .bool(let flag)): self(flag ? "answer.yes" : "answer.no")
        default: nil
        }
    }
}
