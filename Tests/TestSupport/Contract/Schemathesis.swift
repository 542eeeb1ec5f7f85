internal import Foundation

/// Schemathesis, which makes requests out of a served `/openapi.json`, good ones and bad ones, and judges the answers.
package enum Schemathesis {
    /// Which operations are asked with which key, and of what that there is.
    package struct Asking: Sendable {
        /// Of paths as the document has them.
        var paths: String
        var key: String
        /// Values of the path's parameters, by their names.
        var parameters: [String: String]

        package init(_ paths: String, key: String, _ parameters: [String: String] = [:]) {
            self.paths = paths
            self.key = key
            self.parameters = parameters
        }
    }

    package struct Verdict: Sendable {
        package var isGood: Bool
        /// What Schemathesis printed.
        package var text: String
    }

    /// Where `ops/test` puts it, with what it needs.
    private static var packages: String {
        var repository = URL(filePath: #filePath)
        for _ in 0..<4 { repository.deleteLastPathComponent() }
        return repository.appending(path: ".build/schemathesis").path
    }

    /// Asks every operation of a document, each at least `examples` times, and looks for server errors and for answers
    /// that the document does not describe: another status, type, header or body.
    ///
    /// - Parameter address: of the front door, such as `http://127.0.0.1:8080`.
    package static func judge(_ address: String, asking: [Asking], examples: Int, seed: Int) async throws -> Verdict {
        guard FileManager.default.fileExists(atPath: packages + "/schemathesis") else {
            throw Stack.Failure(description: "Schemathesis is missing in \(packages): ops/test puts it there")
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-contract-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (settings, log) = (folder.appending(path: "settings.toml"), folder.appending(path: "log"))
        // Keys that open nothing would leave nearly everything untried, and all of it would look well.
        let whole = "[warnings]\nfail-on = [\"missing_auth\", \"rate_limited\"]\n\n" + asking.map(\.text).joined()
        try Data(whole.utf8).write(to: settings)
        let checks = [
            "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
            "response_schema_conformance",
        ]
        let process = try ChildProcess(
            [
                "/usr/bin/python3", "-B", "-c", "from schemathesis.cli import schemathesis; schemathesis()",
                "--config-file", settings.path, "--no-color", "run", address + "/openapi.json", "--url", address,
                "--checks", checks.joined(separator: ","), "--max-examples", String(examples), "--seed", String(seed),
                "--phases", "examples,coverage,fuzzing", "--continue-on-failure",
            ],
            output: log.path,
            environment: ["PYTHONPATH": packages, "HOME": folder.path, "HYPOTHESIS_STORAGE_DIRECTORY": folder.path])
        var isGood = false
        try await wait(for: "Schemathesis", within: .seconds(240)) {
            guard let code = process.exitCode() else { return false }
            isGood = code == 0
            return true
        }
        return Verdict(isGood: isGood, text: (try? String(contentsOf: log, encoding: .utf8)) ?? "")
    }
}

extension Schemathesis.Asking {
    /// As Schemathesis' configuration has it; nothing in it needs to be escaped in TOML's literal strings.
    fileprivate var text: String {
        let values = parameters.map { "'path.\($0)' = '\($1)'" }.sorted().joined(separator: ", ")
        return """
            [[operations]]
            include-path-regex = '\(paths)'
            headers = { Authorization = 'Bearer \(key)' }
            parameters = { \(values) }


            """
    }
}
