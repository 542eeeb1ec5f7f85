import ArgumentParser
import Foundation

/// Measures a running Sasando. `ops/bench` starts one for it.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sasando-bench", abstract: "Measures a running Sasando and prints the benchmark's table.")

    @Option(help: "The SASANDO_HOME of the stack to measure. Its reports are deleted.")
    var home: String

    @Option(help: "A second stack with a larger store: only what grows is measured, and what is there stays.")
    var large: String?

    @Option(help: "The folder with the scripts of wrk and pgbench.")
    var scripts: String

    @Option(help: "A file to write the table to, as JSON.")
    var json: String?

    @Option(help: "Only these, separated by commas: \(Figure.allCases.map(\.rawValue).joined(separator: ", ")).")
    var only: String?

    @Option(help: "A description of running message brokers: compare them with Sasando, and measure nothing else.")
    var peers: String?

    @Flag(help: "Short runs, to see that everything works; the numbers are rough.")
    var quick = false

    func validate() throws {
        _ = try figures
        if peers != nil, only != nil { throw ValidationError("--peers measures the comparison alone, without --only") }
    }

    private var figures: [Figure] {
        get throws {
            guard let only else { return Figure.allCases }
            return try only.split(separator: ",").map { name in
                guard let figure = Figure(rawValue: String(name)) else {
                    throw ValidationError("no figure is called \(name)")
                }
                return figure
            }
        }
    }

    func run() async throws {
        let notes = Notes()
        let rows =
            if let large {
                try await withSetting(of: home, notes) { small in
                    try await withSetting(of: large, notes) { large in
                        try await Growth(small: small, large: large).measure()
                    }
                }
            } else {
                try await withSetting(of: home, notes) { try await measure(in: $0) }
            }
        let table = Table(rows: rows, notes: await notes.lines, isColoured: isatty(STDOUT_FILENO) == 1)
        print(table.text)
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(rows).write(to: URL(filePath: json))
        }
        let isMissed = rows.contains { $0.failure != nil || (peers != nil && $0.met == false) }
        if isMissed { throw ExitCode.failure }
    }

    private func withSetting<Result: Sendable>(
        of home: String, _ notes: Notes, _ body: @Sendable (Setting) async throws -> Result
    ) async throws -> Result {
        let stack = try Stack(home: URL(filePath: home))
        // Vacuum of millions of reports takes its time.
        return try await Store.open(stack, patience: large == nil ? .seconds(120) : .seconds(1800)) { store in
            try await body(
                Setting(stack: stack, store: store, scripts: URL(filePath: scripts), isQuick: quick, notes: notes))
        }
    }

    private func measure(in setting: Setting) async throws -> [Row] {
        if let peers {
            return try await PeersFigure(setting: setting, peers: Peers(file: URL(filePath: peers))).measure()
        }
        var rows: [Row] = []
        for figure in try figures {
            setting.say("\(figure.rawValue) …")
            do {
                rows += try await figure.measure(in: setting)
            } catch {
                rows.append(Row(failed: figure.rawValue, "\(error)"))
            }
        }
        return rows
    }
}
