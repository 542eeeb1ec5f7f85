internal import ArgumentParser
internal import Foundation
internal import TestSupport

/// Breaks a running Sasando in every way of the table, and tells what of its promises held. `ops/faults` runs it.
@main
struct Faults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sasando-faults",
        abstract: "Breaks a running Sasando, and prints a table of fault × invariant × result.")

    @Flag(help: "Against plain processes, as ops/run starts them (the default).")
    var bare = false

    @Flag(help: "Against the compose stack, whose images must be built.")
    var compose = false

    @Flag(help: "All of it within five minutes.")
    var short = false

    @Option(help: "How long the faults last together, such as 90s, 10m or 1h (10m).")
    var duration: Length?

    @Option(help: "Repeats a run's choices; drawn when it is left out.")
    var seed: UInt64?

    @Option(help: "Reports a second that are sent meanwhile (100; the kill matrix is judged at 500).")
    var rate: Int?

    @Option(help: "Only these faults, separated by commas.")
    var only: String?

    @Option(help: "A file to write the table to, as JSON.")
    var json: String?

    @Flag(help: "List the faults, and break nothing.")
    var list = false

    @Flag(help: "A fault that this machine cannot make counts as a failure.")
    var strict = false

    func validate() throws {
        if bare && compose { throw ValidationError("either --bare or --compose") }
        if short && duration != nil { throw ValidationError("either --short or --duration") }
        if let rate, !(1...2_000).contains(rate) { throw ValidationError("--rate is from 1 to 2000 reports a second") }
        _ = try chosen
    }

    private var kind: TargetKind { compose ? .compose : .bare }

    /// The rows to be run, in the table's order.
    private var chosen: [Fault] {
        get throws {
            let possible = Fault.table.filter { $0.targets.contains(kind) }
            guard let only else { return possible.filter { !short || $0.isInShort } }
            let names = only.split(separator: ",").map(String.init)
            for name in names where !possible.contains(where: { $0.name == name }) {
                throw ValidationError("no fault of \(kind.rawValue) is called \(name); see --list")
            }
            return possible.filter { names.contains($0.name) }
        }
    }

    func run() async throws {
        if list {
            for fault in Fault.table { print(fault.line) }
            return
        }
        let seed = seed ?? UInt64.random(in: 1...999_999)
        let faults = try chosen
        let pace = Pace(faults: faults, total: short ? nil : duration?.value ?? .seconds(600), rate: rate ?? 100)
        let runner = Runner(kind: kind, pace: pace, seed: seed)
        print("Faults against \(kind.rawValue), seed \(seed), \(pace.rate) reports a second")
        let rows = await runner.run(faults)
        let table = Table(rows: rows)
        print(table.text)
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(rows).write(to: URL(filePath: json))
        }
        let isMissing = strict && rows.contains { $0.skipped != nil }
        if isMissing { print("A fault was skipped, which this run does not permit.") }
        if isMissing || rows.contains(where: \.isBroken) { throw ExitCode.failure }
    }
}

/// A time as people write it: `90s`, `10m`, `1h`.
struct Length: ExpressibleByArgument {
    let value: Duration

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600]
        guard let unit = argument.last.flatMap({ units[$0] }), let count = Int(argument.dropLast()), count > 0
        else { return nil }
        value = .seconds(count * unit)
    }
}
