/// Names a question within its category, such as `banyaknya`.
package struct QuestionCode: Code {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
}

/// Something that a city asks of reports of one category. Nobody has to answer: a report is never refused for want of
/// it.
package struct Question: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case choice, text, number
        case yesNo = "yes_no"
    }

    /// One answer that can be chosen.
    package struct Option: Hashable, Sendable, Codable {
        package var code: QuestionCode
        package var name: LocalizedText

        package init(code: QuestionCode, name: LocalizedText) {
            self.code = code
            self.name = name
        }
    }

    /// How many questions a category has at most, how many options a choice, and how long their words are, in
    /// characters.
    package static let mostOfCategory = 5
    package static let mostOptions = 10
    package static let longestLabel = 120
    /// The longest answer in words that a city may ask for, in characters.
    package static let longestAnswer = 300
    /// The largest number that a city may ask for.
    package static let largestNumber = 1_000_000

    package var code: QuestionCode
    package var label: LocalizedText
    package var kind: Kind
    /// Of a choice; else empty.
    package var options: [Option]
    /// Of a number, the least.
    package var minimum: Int
    /// Of a number, the most; of a text, its longest, in characters.
    package var maximum: Int

    package init(
        code: QuestionCode, label: LocalizedText, kind: Kind, options: [Option] = [], minimum: Int = 0,
        maximum: Int? = nil
    ) {
        self.code = code
        self.label = label
        self.kind = kind
        self.options = options
        self.minimum = minimum
        self.maximum = maximum ?? (kind == .text ? 100 : 1_000)
    }
}

extension Question {
    /// What is wrong with an answer as a report carries it: a choice's code, a text, a whole number, true or false.
    func fault(of answer: JSONValue, at pointer: String) -> Fault? {
        switch (kind, answer) {
        case (_, .null): return nil
        case (.choice, .string(let text)):
            if options.contains(where: { $0.code.rawValue == text }) { return nil }
            return Fault(.unknownAnswer, at: pointer, options.map(\.code.rawValue).joined(separator: ", "))
        case (.text, .string(let text)):
            return TextRule(maximum: maximum).violation(in: text).map { Fault($0.0, at: pointer, $0.1) }
        case (.number, .int(let number)):
            if (Int64(minimum)...Int64(max(minimum, maximum))).contains(number) { return nil }
            return Fault(.answerOutOfRange, at: pointer, "\(minimum)–\(maximum)")
        case (.yesNo, .bool): return nil
        case (.choice, _), (.text, _): return Fault(.notAString, at: pointer)
        case (.number, _): return Fault(.notANumber, at: pointer)
        case (.yesNo, _): return Fault(.notABoolean, at: pointer)
        }
    }
}

extension Category {
    /// The faults of a report's attributes where they answer what this category asks; what else they hold is the
    /// sender's own.
    func faults(of attributes: JSONValue) -> [Fault] {
        questions.compactMap { question in
            attributes[question.code.rawValue].flatMap { answer in
                question.fault(of: answer, at: "/attributes" + Fault.step(question.code.rawValue))
            }
        }
    }

    /// The part of a report's attributes that answers what this category asks: what an agency may read. Nil without
    /// any.
    func answers(in attributes: JSONValue?) -> JSONValue? {
        var answers: [String: JSONValue] = [:]
        for question in questions {
            guard let answer = attributes?[question.code.rawValue], answer != .null else { continue }
            answers[question.code.rawValue] = answer
        }
        return answers.isEmpty ? nil : .object(answers)
    }
}
