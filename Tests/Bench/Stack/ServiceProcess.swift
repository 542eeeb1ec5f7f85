import Foundation
import Glibc

/// A running process of the stack, as `/proc` shows it.
struct ServiceProcess: Sendable {
    let name: String
    let pid: Int32
    let environment: [String: String]

    /// - Parameter name: the name of its file below `run/`, such as `notifier-dlhk`.
    init(name: String, home: URL) throws {
        let file = home.appending(path: "run/\(name).pid")
        let text = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let pid = Int32(text) else { throw BenchFailure("\(file.path) holds no process id") }
        self.name = name
        self.pid = pid
        environment = try Self.environment(of: pid)
    }

    /// Its executable.
    var executable: URL { URL(filePath: "/proc/\(pid)/exe").resolvingSymlinksInPath() }
    var port: Int { environment["SASANDO_HTTP_PORT"].flatMap { Int($0) } ?? 0 }

    /// Memory in use now, in MB (resident set size).
    var residentMegabytes: Double { Self.residentMegabytes(of: pid) }

    static func residentMegabytes(of pid: Int32) -> Double {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) })
        else { return .nan }
        return kilobytes / 1024
    }

    func stop() { kill(pid, SIGSTOP) }
    func proceed() { kill(pid, SIGCONT) }

    private static func environment(of pid: Int32) throws -> [String: String] {
        let bytes = try Data(contentsOf: URL(filePath: "/proc/\(pid)/environ"))
        var environment: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            let pair = String(decoding: entry, as: UTF8.self).split(separator: "=", maxSplits: 1)
            if pair.count == 2 { environment[String(pair[0])] = String(pair[1]) }
        }
        return environment
    }
}

/// Why a figure could not be measured.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
