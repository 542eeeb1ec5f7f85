internal import Foundation

/// Programs of others in Python, with what `ops/test` installs for them.
enum Python {
    /// Where a set of packages lies.
    ///
    /// - Parameters:
    ///   - folder: as `ops/test` names it.
    ///   - name: of a package that has to be there.
    static func packages(_ name: String, in folder: String = "python") throws -> String {
        let path = Repository.root.appending(path: ".build/\(folder)").path
        guard FileManager.default.fileExists(atPath: "\(path)/\(name)") else {
            throw Stack.Failure(description: "\(name) is missing in \(path): ops/test puts it there")
        }
        return path
    }

    /// Runs to its end, and gives what it printed.
    ///
    /// - Parameters:
    ///   - arguments: of Debian's Python.
    ///   - limit: after which it has failed.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], within limit: Duration
    ) async throws -> (code: CInt, text: String) {
        let log = FileManager.default.temporaryDirectory.appending(path: "sasando-python-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: log) }
        let process = try ChildProcess(
            ["/usr/bin/python3", "-B"] + arguments, output: log, environment: environment)
        var code: CInt = -1
        do {
            try await wait(for: "a program in Python", within: limit) {
                guard let ended = process.exitCode() else { return false }
                code = ended
                return true
            }
        } catch {
            process.send(SIGKILL)
            process.wait()
            throw error
        }
        return (code, (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
    }
}
