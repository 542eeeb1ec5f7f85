/// What a service's command line asks for: everything else is in the environment.
enum CommandLineRequest: Equatable {
    case run, help, version
    case unknown(String)

    /// - Parameter arguments: Without the program's name.
    init(_ arguments: [String]) {
        switch arguments {
        case []: self = .run
        case ["--help"], ["-h"], ["help"]: self = .help
        case ["--version"]: self = .version
        default: self = .unknown(arguments.joined(separator: " "))
        }
    }
}

/// The text that `--help` prints: every key with its shape, its default and its meaning.
enum HelpText {
    static func text(program: String, summary: String, entries: [ConfigurationKeys.Entry]) -> String {
        var text = """
            \(program): \(summary)

            usage: \(program) [--help | --version]

            Settings are read from the environment:

            """
        for entry in entries {
            let standard =
                switch entry.standard {
                case .required: "required"
                case .absent: "optional"
                case .value(let value): "default \(value.isEmpty ? "\"\"" : value)"
                }
            text += "\n  \(entry.name)\n      \(entry.help)\n      \(entry.shape); \(standard)\n"
        }
        return text
    }
}
