package import Foundation
internal import Subprocess

/// A program that a test runs to its end.
package struct Command: Sendable {
    package struct Result: Sendable {
        package let isSuccess: Bool
        /// Standard output and error, in their order.
        package let text: String
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    private let words: [String]
    private let folder: URL?
    private let variables: [String: String]

    /// - Parameters:
    ///   - words: the program, a path or a name on PATH, and its arguments.
    ///   - folder: where it runs; nil: where we do.
    ///   - variables: set beside our own environment.
    package init(_ words: [String], in folder: URL? = nil, with variables: [String: String] = [:]) {
        self.words = words
        self.folder = folder
        self.variables = variables
    }

    /// Runs it, and ends it after `limit`.
    package func result(within limit: Duration = .seconds(60)) async throws -> Result {
        var updates: [Environment.Key: String?] = [:]
        for (key, value) in variables { updates[Environment.Key(stringLiteral: key)] = value }
        let environment = Environment.inherit.updating(updates)
        // `env` changes the folder, and takes a path as well as a name.
        let arguments = Arguments((folder.map { ["--chdir", $0.path] } ?? []) + words)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                let result = try await Subprocess.run(
                    .name("env"), arguments: arguments, environment: environment,
                    output: .string(limit: 16 << 20), error: .combinedWithOutput)
                return Result(isSuccess: result.terminationStatus.isSuccess, text: result.standardOutput)
            }
            group.addTask {
                // pause: the time-out itself
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let result = try await group.next()! else {
                throw Failure("\(words.joined(separator: " ")): not done after \(limit)")
            }
            return result
        }
    }

    /// What it printed; throws where it fails.
    @discardableResult
    package func output(within limit: Duration = .seconds(60)) async throws -> String {
        let result = try await result(within: limit)
        guard result.isSuccess else {
            throw Failure("\(words.joined(separator: " ")): \(result.text.suffix(2_000))")
        }
        return result.text
    }
}
