import Foundation
import Subprocess

/// A load generator that is run as it is: pgbench, wrk.
struct Tool: Sendable {
    let name: String
    var environment: [String: String] = [:]

    init(_ name: String) { self.name = name }

    /// Runs it to its end and gives back what it printed.
    func run(_ arguments: [String]) async throws -> String {
        var updates: [Environment.Key: String?] = [:]
        for (key, value) in environment { updates[Environment.Key(stringLiteral: key)] = value }
        let result = try await Subprocess.run(
            .name(name), arguments: Arguments(arguments), environment: .inherit.updating(updates),
            output: .string(limit: 1 << 16), error: .combinedWithOutput)
        guard result.terminationStatus.isSuccess else {
            throw BenchFailure("\(name) failed (\(result.terminationStatus)): \(result.standardOutput.suffix(400))")
        }
        return result.standardOutput
    }
}

extension String {
    /// The number after `label`, as in "tps = 3104.5 (without …)".
    func number(after label: String) throws -> Double {
        guard let range = range(of: label) else { throw BenchFailure("no \"\(label)\" in: \(suffix(400))") }
        let digits = self[range.upperBound...].drop { $0 == " " }.prefix { $0.isNumber || $0 == "." }
        guard let number = Double(digits) else { throw BenchFailure("no number after \"\(label)\" in: \(suffix(400))") }
        return number
    }
}
