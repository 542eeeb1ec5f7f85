/// Reads the members of one JSON object by name and gathers every fault with its pointer.
///
/// A member that is `null` counts as absent; a member that nobody asks for is ignored. One place gets one fault.
struct MemberReader {
    private let members: [String: JSONValue]
    private let pointer: String
    private(set) var faults: [Fault]

    init(_ reading: JSONReader.Reading) {
        pointer = ""
        faults = reading.faults
        if case .object(let members) = reading.value {
            self.members = members
        } else {
            members = [:]
            faults = [Fault(.notAnObject, at: "")]
        }
    }

    private init(_ members: [String: JSONValue], at pointer: String, faults: [Fault]) {
        self.members = members
        self.pointer = pointer
        self.faults = faults
    }

    mutating func report(_ code: FaultCode, at name: String? = nil, _ subject: String = "") {
        add(Fault(code, at: pointer + (name.map(Fault.step) ?? ""), subject))
    }

    mutating func add(_ fault: Fault) {
        guard !faults.contains(where: { $0.pointer == fault.pointer }) else { return }
        faults.append(fault)
    }

    func has(_ name: String) -> Bool {
        if let value = members[name], value != .null { true } else { false }
    }

    /// The member whatever it is; nil when absent or null.
    func value(_ name: String) -> JSONValue? {
        if let value = members[name], value != .null { value } else { nil }
    }

    mutating func require(_ name: String) {
        if !has(name) { report(.required, at: name) }
    }

    mutating func text(_ name: String, _ rule: TextRule) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value else {
            report(.notAString, at: name)
            return nil
        }
        if let (code, bound) = rule.violation(in: text) { report(code, at: name, bound) }
        return text
    }

    /// A code that is looked up by the caller: any string.
    mutating func code(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value else {
            report(.notAString, at: name)
            return nil
        }
        return text
    }

    mutating func number(_ name: String) -> Double? {
        switch value(name) {
        case nil: return nil
        case .int(let number): return Double(number)
        case .double(let number): return number
        default:
            report(.notANumber, at: name)
            return nil
        }
    }

    mutating func flag(_ name: String) -> Bool? {
        switch value(name) {
        case nil: return nil
        case .bool(let flag): return flag
        default:
            report(.notABoolean, at: name)
            return nil
        }
    }

    mutating func time(_ name: String) -> Timestamp? {
        guard let text = code(name) else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            report(.malformedTime, at: name)
            return nil
        }
        return time
    }

    mutating func elements(_ name: String) -> [JSONValue] {
        switch value(name) {
        case nil: return []
        case .array(let elements): return elements
        default:
            report(.notAnArray, at: name)
            return []
        }
    }

    /// Reads an inner object with `body`, whose faults join these; nil when the member is absent or no object.
    mutating func object<Value>(_ name: String, _ body: (inout MemberReader) -> Value?) -> Value? {
        switch value(name) {
        case nil: return nil
        case .object(let members):
            var inner = MemberReader(members, at: pointer + Fault.step(name), faults: faults)
            let value = body(&inner)
            faults = inner.faults
            return value
        default:
            report(.notAnObject, at: name)
            return nil
        }
    }
}
