import Contract
import Domain

/// Whether an answer is what the OpenAPI document says: of JSON Schema as much as the document uses.
enum SchemaCheck {
    private static let document = ContractDocument.openAPI.value

    /// What an operation answers with a status, as the document describes it.
    static func answer(of method: String, _ path: String, status: Int = 200) -> JSONValue? {
        let answers = document["paths"]?[path]?[method]?["responses"]
        return answers?["\(status)"]?["content"]?["application/json"]?["schema"]
    }

    static func schema(_ name: String) -> JSONValue { .object(["$ref": .string("#/components/schemas/\(name)")]) }

    /// What does not fit; empty where all does.
    ///
    /// - Parameter isClosed: a member that the schema does not describe does not fit either.
    static func faults(_ value: JSONValue, _ schema: JSONValue, isClosed: Bool = false, at place: String = "")
        -> [String]
    {
        if case .string(let name)? = schema["$ref"] {
            guard let target = document.resolved(name) else { return ["\(place): no \(name)"] }
            return faults(value, target, isClosed: isClosed, at: place)
        }
        var found: [String] = []
        if !isOfType(value, schema["type"]) { found.append("\(place): another type") }
        if let constant = schema["const"], constant != value { found.append("\(place): another value") }
        let choices = elements(schema["anyOf"])
        if !choices.isEmpty {
            let each = choices.map { faults(value, $0, isClosed: isClosed, at: place) }
            if !each.contains([]) { found.append("\(place): none of \(each)") }
        }
        if case .string(let text) = value, case .string(let pattern)? = schema["pattern"],
            (try? Regex(pattern)).map({ text.contains($0) }) != true
        {
            found.append("\(place): does not match \(pattern)")
        }
        return found + members(value, schema, isClosed, place)
    }

    private static func members(
        _ value: JSONValue, _ schema: JSONValue, _ isClosed: Bool, _ place: String
    ) -> [String] {
        guard case .object(let members) = value else { return [] }
        var found: [String] = []
        for case .string(let name) in elements(schema["required"]) where members[name] == nil {
            found.append("\(place)/\(name): missing")
        }
        guard case .object(let described)? = schema["properties"] else { return found }
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            if let schema = described[name] {
                found += faults(member, schema, isClosed: isClosed, at: "\(place)/\(name)")
            } else if isClosed {
                found.append("\(place)/\(name): not described")
            }
        }
        return found
    }

    private static func isOfType(_ value: JSONValue, _ type: JSONValue?) -> Bool {
        guard let type else { return true }
        let names = elements(type).isEmpty ? [type] : elements(type)
        let own: [String] =
            switch value {
            case .null: ["null"]
            case .bool: ["boolean"]
            case .int: ["integer", "number"]
            case .double: ["number"]
            case .string: ["string"]
            case .array: ["array"]
            case .object: ["object"]
            }
        return own.contains { names.contains(.string($0)) }
    }

    private static func elements(_ value: JSONValue?) -> [JSONValue] {
        if case .array(let elements)? = value { elements } else { [] }
    }
}
