internal import Domain

/// A city's categories as Open311's services.
struct Open311Services: Sendable {
    let city: City
    let language: Language

    private struct Attribute {
        var code: String
        var datatype: String
        var hint: String?
        var description: String
        var values: [(key: String, name: String)] = []
    }

    var list: Open311Tree { .list(of: "service", city.categories.map(service)) }

    private func service(_ category: Category) -> Open311Tree {
        let name = category.name[language]
        let lead = city.rules.first { $0.category == category.code }.flatMap { city.agency($0.agency) }
        let keywords =
            [category.name[language == .english ? .indonesian : .english]] + category.subtypes.map { $0.name[language] }
        return .object([
            ("service_code", .text(category.code.rawValue)),
            ("service_name", .text(name)),
            ("description", .text(category.note?[language] ?? name)),
            ("metadata", .flag(!attributes(of: category).isEmpty)),
            ("type", .text("realtime")),
            // Commas stand between keywords.
            ("keywords", .text(keywords.map { $0.replacing(",", with: " ") }.joined(separator: ","))),
            ("group", .text(lead?.name[language])),
        ])
    }

    func definition(of category: Category) -> Open311Tree {
        .object([
            ("service_code", .text(category.code.rawValue)),
            (
                "attributes",
                .list(
                    of: "attribute",
                    attributes(of: category).enumerated().map { tree(of: $0.element, order: $0.offset + 1) })
            ),
        ])
    }

    private func tree(of attribute: Attribute, order: Int) -> Open311Tree {
        var members: [(name: String, value: Open311Tree)] = [
            ("variable", .flag(true)),
            ("code", .text(attribute.code)),
            ("datatype", .text(attribute.datatype)),
            // Nobody has to answer: a report is never refused for want of it.
            ("required", .flag(false)),
            ("datatype_description", .text(attribute.hint)),
            ("order", .whole(order)),
            ("description", .text(attribute.description)),
        ]
        if !attribute.values.isEmpty {
            let values = attribute.values.map { value in
                Open311Tree.object([("key", .text(value.key)), ("name", .text(value.name))])
            }
            members.append(("values", .list(of: "value", values)))
        }
        return .object(members)
    }

    private func attributes(of category: Category) -> [Attribute] {
        var attributes: [Attribute] = []
        if !category.subtypes.isEmpty {
            attributes.append(
                Attribute(
                    code: "subtype", datatype: "singlevaluelist",
                    description: LocalizedText(id: "Jenisnya", en: "Which kind")[language],
                    values: category.subtypes.map { ($0.code.rawValue, $0.name[language]) }))
        }
        return attributes + category.questions.map(attribute)
    }

    private func attribute(_ question: Question) -> Attribute {
        var attribute = Attribute(
            code: question.code.rawValue, datatype: "string", description: question.label[language])
        switch question.kind {
        case .choice:
            attribute.datatype = "singlevaluelist"
            attribute.values = question.options.map { ($0.code.rawValue, $0.name[language]) }
        case .yesNo:
            attribute.datatype = "singlevaluelist"
            attribute.values = [
                ("true", LocalizedText(id: "Ya", en: "Yes")[language]),
                ("false", LocalizedText(id: "Tidak", en: "No")[language]),
            ]
        case .number:
            attribute.datatype = "number"
            attribute.hint = "\(question.minimum)–\(question.maximum)"
        case .text:
            attribute.hint =
                LocalizedText(
                    id: "Paling banyak \(question.maximum) huruf", en: "At most \(question.maximum) characters")[
                    language]
        }
        return attribute
    }
}
