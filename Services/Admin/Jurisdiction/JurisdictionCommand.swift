package import ArgumentParser
internal import Domain

/// `sasandoctl jurisdiction …`
package struct JurisdictionCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "jurisdiction", abstract: "Check a city's files, or load them.",
        subcommands: [Check.self, Load.self])

    package init() {}
}

extension JurisdictionCommand {
    /// `sasandoctl jurisdiction check DIR`
    package struct Check: ParsableCommand {
        package static let configuration = CommandConfiguration(
            abstract: "Check a city's files: all faults at once, with file and line.",
            discussion: """
                Also lists what the city has not confirmed yet, with the grade of its source: H read in a source, \
                M one weak source or inferred, L general knowledge. Exit status 0 without faults, else 1.
                """)

        @Argument(help: "The city's folder, such as ops/jurisdictions/kupang.")
        var folder: String

        @Flag(help: "Print JSON.")
        var json = false

        package init() {}

        package func run() throws {
            let reading = JurisdictionFiles.read(folder: folder)
            print(json ? reading.json : reading.text(folder: folder))
            if reading.city == nil { throw ExitCode(1) }
        }
    }
}

extension JurisdictionReading {
    /// For people: a line for each fault and each unconfirmed value, then a summary.
    package func text(folder: String) -> String {
        var lines: [String] = []
        for fault in faults { lines.append("\(folder)/\(fault.place.file):\(fault.place.line): \(fault.message)") }
        if !unconfirmed.isEmpty {
            lines.append("not confirmed by the city yet (source H, M or L):")
            for value in unconfirmed {
                lines.append("  \(value.place.file):\(value.place.line): \(value.what) (\(value.source))")
            }
        }
        if let city {
            lines.append(
                """
                \(city.name.en): \(city.agencies.count) agencies, \(city.categories.count) categories, \
                \(city.rules.count) rules, \(city.levels.count) service levels, \(city.areas.count) areas; \
                no faults, \(unconfirmed.count) values not confirmed
                """)
        } else {
            lines.append("refused: \(faults.count) fault\(faults.count == 1 ? "" : "s")")
        }
        return lines.joined(separator: "\n")
    }

    /// `{"ok","jurisdiction","faults":[{"file","line","message"}],"unconfirmed":[{"file","line","what","source"}]}`
    package var json: String {
        var writer = JSONWriter()
        writer.object {
            $0.member("ok", city != nil)
            $0.member("jurisdiction", city?.code)
            $0.key("faults")
            $0.array { writer in
                for fault in faults {
                    writer.object {
                        $0.member("file", fault.place.file)
                        $0.member("line", fault.place.line)
                        $0.member("message", fault.message)
                    }
                }
            }
            $0.key("unconfirmed")
            $0.array { writer in
                for value in unconfirmed {
                    writer.object {
                        $0.member("file", value.place.file)
                        $0.member("line", value.place.line)
                        $0.member("what", value.what)
                        $0.member("source", value.source)
                    }
                }
            }
        }
        return writer.string
    }
}
