internal import ArgumentParser
internal import Domain
internal import Foundation

/// `sasandoctl import`
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Sends a file of reports, piece by piece, to a city's front door.",
        discussion: """
            FILE is NDJSON (a report in each line) or CSV (a header row with names such as location.lat). How far it is \
            stands in FILE.import: a run that was interrupted goes on there when it is started again, and what was \
            sent and not answered is sent again and stored once. Records that are refused stop no other; they are \
            listed in FILE.refused, one line of JSON each.

            The integrator's key comes from a file, or from the environment's SASANDO_API_KEY. A key with a rate slows \
            an import; it takes three records a minute at least.
            """)

    @Argument(help: "The file.")
    var file: String

    @Option(
        help: """
            The front door, such as https://lapor.example.id; plain http to this machine alone \
            (default: SASANDO_PUBLIC_URL, else \(Self.here)).
            """)
    var to: String?

    @Option(help: "A file that holds the key; others may not be able to read it.")
    var keyFile: String?

    @Option(help: "ndjson or csv (default: by the file's name).")
    var format: String?

    @Option(help: "A file of certificates to trust in place of the system's.")
    var caFile: String?

    @Flag(help: "Begin anew, whatever FILE.import says.")
    var fresh = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let format, BulkFormat(rawValue: format) == nil {
            throw ValidationError("--format is ndjson or csv")
        }
        if format == nil, named == nil {
            throw ValidationError("by its name, \(file) is neither .ndjson nor .csv: say which with --format")
        }
    }

    /// Where `ops/run` has its front door.
    private static let here = "http://127.0.0.1:8080"

    private var named: BulkFormat? {
        switch file.lowercased().split(separator: ".").last {
        case "csv": .csv
        case "ndjson", "jsonl": .ndjson
        default: nil
        }
    }

    func run() async throws {
        guard let format = format.flatMap(BulkFormat.init(rawValue:)) ?? named else { return }
        let address = Self.address(to, in: ProcessInfo.processInfo.environment)
        let door = try ImportDoor(address: address, key: try key(), format: format, authorities: caFile)
        let source = try ImportFile(path: file, format: format, address: address, fresh: fresh)
        let meter = ProgressMeter(total: source.size, isSilent: output.json, unit: "bytes")
        meter.show(source.state.offset)
        while let piece = try source.next() {
            let answers = try await door.send(piece)
            try source.record(answers, of: piece)
            meter.show(source.state.offset)
        }
        meter.end()
        let done = try source.finish()
        if output.json { return try output.print(done) }
        print("\(done.records) records: \(done.stored) stored, \(done.repeated) known before, \(done.refused) refused")
        if done.refused > 0 { print("what was refused, and why: \(source.refusedPath)") }
    }

    /// The front door that is meant; what is empty is not given.
    static func address(_ given: String?, in environment: [String: String]) -> String {
        [given, environment["SASANDO_PUBLIC_URL"]].compactMap(\.self).first { !$0.isEmpty } ?? here
    }

    /// The key, and never a word of it in what is printed.
    private func key() throws -> String {
        let text: String
        if let keyFile {
            guard let read = try? String(contentsOfFile: keyFile, encoding: .utf8) else {
                throw Refusal("--key-file: \(keyFile) cannot be read")
            }
            text = read
        } else {
            guard let given = ProcessInfo.processInfo.environment["SASANDO_API_KEY"] else {
                throw Refusal("give the integrator's key: --key-file FILE, or SASANDO_API_KEY in the environment")
            }
            text = given
        }
        let key = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !key.isEmpty, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Refusal("the key is not one: it is a single word that begins with sas_")
        }
        return key
    }
}
