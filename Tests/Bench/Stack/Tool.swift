import Foundation

/// A load generator that is run as it is: pgbench, wrk.
struct Tool: Sendable {
    var executable: URL
    var environment: [String: String] = [:]

    /// - Throws: `BenchFailure` when it is not on PATH nor among PostgreSQL's own commands.
    init(_ name: String) throws {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":").map(String.init)
        let folders = path + ["/usr/lib/postgresql/15/bin"]
        guard let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") })
        else { throw BenchFailure("\(name) is not installed") }
        executable = URL(filePath: folder).appending(path: name)
    }

    /// Runs it to its end and gives back what it printed.
    func run(_ arguments: [String], in folder: URL? = nil) async throws -> String {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let printed = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        guard status == 0 else {
            throw BenchFailure("\(executable.lastPathComponent) failed (\(status)): \(printed.suffix(400))")
        }
        return printed
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
