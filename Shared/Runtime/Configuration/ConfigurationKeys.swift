internal import Configuration
package import Domain

/// Reads a service's settings from the environment, and finds every fault before it reports one.
///
/// Each reading method also records its key, so that the same code that reads the
/// settings lists them. After a fault it returns a stand-in; ``check()`` throws
/// all faults together, and only values read without fault are ever used.
package struct ConfigurationKeys {
    /// One key as `--help` lists it.
    package struct Entry: Sendable, Hashable {
        package let name: String
        /// What may stand there: a kind and a range, with the unit.
        package let shape: String
        package let standard: Default
        package let help: String
    }

    package enum Default: Sendable, Hashable {
        case required, absent
        case value(String)
    }

    package private(set) var entries: [Entry] = []
    package private(set) var faults: [ConfigurationError.Fault] = []
    /// What is doubtful but no fault; logged at the start.
    package private(set) var warnings: [String] = []
    private let reader: ConfigReader

    /// Reads the process's environment.
    package init() { reader = ConfigReader(provider: EnvironmentVariablesProvider()) }

    package init(environment: [String: String]) {
        reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
    }

    /// Throws if any key was at fault.
    package func check() throws(ConfigurationError) {
        if !faults.isEmpty { throw ConfigurationError(faults: faults) }
    }

    /// Records a fault that concerns several keys, or a value's deeper meaning.
    package mutating func fault(_ name: String, _ text: String) {
        faults.append(.init(name: name, text: text))
    }

    // MARK: Values

    package mutating func string(
        _ name: String, default standard: String? = nil, shape: String = "text", _ help: String
    ) -> String {
        list(name, shape, standard.map(Default.value) ?? .required, help)
        return raw(name) ?? standard ?? missing(name, "")
    }

    package mutating func optionalString(_ name: String, shape: String = "text", _ help: String) -> String? {
        list(name, shape, .absent, help)
        return raw(name)
    }

    /// - Parameter unit: Of the number, such as `rows`.
    package mutating func int(
        _ name: String, default standard: Int? = nil, in range: ClosedRange<Int>, unit: String, _ help: String
    ) -> Int {
        let shape = "\(range.lowerBound)–\(range.upperBound) \(unit)"
        list(name, shape, standard.map { .value("\($0)") } ?? .required, help)
        guard let text = raw(name) else { return standard ?? missing(name, range.lowerBound) }
        guard let number = Int(text), range.contains(number) else {
            fault(name, "\"\(text)\" is not a whole number from \(range.lowerBound) to \(range.upperBound) (\(unit))")
            return standard ?? range.lowerBound
        }
        return number
    }

    /// A time given in seconds; fractions are allowed.
    package mutating func seconds(
        _ name: String, default standard: Double, in range: ClosedRange<Double>, _ help: String
    ) -> Duration {
        list(name, "\(range.lowerBound)–\(range.upperBound) s", .value("\(standard)"), help)
        guard let text = raw(name) else { return .seconds(standard) }
        guard let number = Double(text), range.contains(number) else {
            fault(name, "\"\(text)\" is not a number of seconds from \(range.lowerBound) to \(range.upperBound)")
            return .seconds(standard)
        }
        return .seconds(number)
    }

    package mutating func flag(_ name: String, default standard: Bool, _ help: String) -> Bool {
        list(name, "true|false", .value("\(standard)"), help)
        switch raw(name)?.lowercased() {
        case nil: return standard
        case "true", "yes", "1": return true
        case "false", "no", "0": return false
        case .some(let text):
            fault(name, "\"\(text)\" is neither true nor false")
            return standard
        }
    }

    package mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default standard: Choice, _ help: String
    ) -> Choice where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue)
        list(name, names.joined(separator: "|"), .value(standard.rawValue), help)
        guard let text = raw(name) else { return standard }
        guard let choice = Choice(rawValue: text) else {
            fault(name, "\"\(text)\" is none of \(names.joined(separator: ", "))")
            return standard
        }
        return choice
    }

    package mutating func code<C: Code>(_ name: String, default standard: C? = nil, _ help: String) -> C {
        list(name, "code", standard.map { .value($0.rawValue) } ?? .required, help)
        guard let text = raw(name) else { return standard ?? missing(name, C(rawValue: "")) }
        let code = C(rawValue: text)
        if !code.isWellFormed { fault(name, "\"\(text)\" is not a code: a–z, 0–9 and _, a letter first") }
        return code
    }

    // MARK: Secrets

    /// The text of the file that `name` points to. `name` ends in `_FILE`.
    package mutating func secret(_ name: String, _ help: String) -> Secret? {
        list(name, "path of a file, mode 600", .absent, help)
        return raw(name).flatMap { secretContent(name, path: $0) }
    }

    /// A key of `count` bytes, written in hexadecimal in the file that `name` points to.
    package mutating func secretKey(_ name: String, bytes count: Int, _ help: String) -> Secret {
        let standIn = Secret([UInt8](repeating: 0, count: count))
        list(name, Self.keyShape(count), .required, help)
        guard let path = raw(name) else { return missing(name, standIn) }
        return key(name, bytes: count, path: path) ?? standIn
    }

    /// The same, of what may be left out.
    package mutating func optionalSecretKey(_ name: String, bytes count: Int, _ help: String) -> Secret? {
        list(name, Self.keyShape(count), .absent, help)
        return raw(name).flatMap { key(name, bytes: count, path: $0) }
    }

    private static func keyShape(_ count: Int) -> String {
        "path of a file, mode 600, with \(count * 2) hexadecimal digits"
    }

    private mutating func key(_ name: String, bytes count: Int, path: String) -> Secret? {
        guard let content = secretContent(name, path: path) else { return nil }
        guard let bytes = Hexadecimal.bytes(content.bytes), bytes.count == count else {
            fault(
                name, "\(path) does not hold \(count * 2) hexadecimal digits: write one with openssl rand -hex \(count)"
            )
            return nil
        }
        return Secret(bytes)
    }

    mutating func secretContent(_ name: String, path: String) -> Secret? {
        switch SecretFile.read(path) {
        case .content(let bytes, let warning):
            if let warning { warnings.append("\(name): \(path) \(warning)") }
            return Secret(bytes)
        case .fault(let text):
            fault(name, "\(path) \(text)")
            return nil
        }
    }

    // MARK: Reading

    /// The value, where one is set; an empty one counts as not set.
    func raw(_ name: String) -> String? {
        let key = ConfigKey(name.lowercased().split(separator: "_").map(String.init))
        guard let text = reader.string(forKey: key), !text.isEmpty else { return nil }
        return text
    }

    mutating func list(_ name: String, _ shape: String, _ standard: Default, _ help: String) {
        guard !entries.contains(where: { $0.name == name }) else { return }
        entries.append(Entry(name: name, shape: shape, standard: standard, help: help))
    }

    mutating func missing<Value>(_ name: String, _ standIn: Value) -> Value {
        fault(name, "is not set")
        return standIn
    }
}
