/// Everything that is wrong with a service's settings, in one report.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    package struct Fault: Sendable, Hashable {
        package let name: String
        package let text: String
    }

    package let faults: [Fault]

    package var description: String {
        let count = faults.count == 1 ? "1 setting is wrong" : "\(faults.count) settings are wrong"
        return faults.reduce(into: count) { text, fault in text += "\n  \(fault.name): \(fault.text)" }
    }
}
