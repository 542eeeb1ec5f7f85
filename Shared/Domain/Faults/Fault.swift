/// One thing wrong with a request that could be read: where, what, and how to say it to a person.
package struct Fault: Hashable, Sendable {
    /// A JSON pointer (RFC 6901) into the request, such as `/location/lat`; empty for the whole.
    package var pointer: String
    package var code: FaultCode
    /// What the message speaks of: a bound, or the value that is not known.
    package var subject: String

    package init(_ code: FaultCode, at pointer: String, _ subject: String = "") {
        self.pointer = pointer
        self.code = code
        self.subject = subject
    }

    package init(_ code: FaultCode, at pointer: String, _ bound: Int) { self.init(code, at: pointer, String(bound)) }

    package func message(_ language: Language) -> String {
        code.text[language].replacing("%", with: subject)
    }

    /// A pointer's next step, with `~` and `/` escaped.
    package static func step(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
            return "/" + name
        }
        return "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}

/// Every fault of one request, never empty.
package struct Faults: Error, Hashable, Sendable {
    package var list: [Fault]

    package init(_ list: [Fault]) {
        precondition(!list.isEmpty, "a refusal without a fault")
        self.list = list
    }
}
