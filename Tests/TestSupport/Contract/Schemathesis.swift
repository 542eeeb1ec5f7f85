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

    /// Asks every operation of a document, each at least `examples` times, and looks for server errors and for answers
    /// that the document does not describe: another status, type, header or body.
    ///
    /// - Parameter address: of the front door, such as `http://127.0.0.1:8080`.
    package static func judge(_ address: String, asking: [Asking], examples: Int, seed: Int) async throws -> Verdict {
        let packages = try Python.packages("schemathesis", in: "schemathesis")
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-contract-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let settings = folder.appending(path: "settings.toml")
        // Keys that open nothing would leave nearly everything untried, and all of it would look well.
        let whole = "[warnings]\nfail-on = [\"missing_auth\", \"rate_limited\"]\n\n" + asking.map(\.text).joined()
        try Data(whole.utf8).write(to: settings)
        let checks = [
            "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
            "response_schema_conformance",
        ]
        let (code, text) = try await Python.run(
            [
                // It keeps notes where it runs.
                "-c",
                "import os; os.chdir('\(folder.path)'); from schemathesis.cli import schemathesis; schemathesis()",
                "--config-file", settings.path,
                "--no-color", "run", address + "/openapi.json", "--url", address,
                "--checks", checks.joined(separator: ","), "--max-examples", String(examples), "--seed", String(seed),
                "--phases", "examples,coverage,fuzzing", "--continue-on-failure",
            ],
            environment: ["PYTHONPATH": packages, "HOME": folder.path, "HYPOTHESIS_STORAGE_DIRECTORY": folder.path],
            within: .seconds(240))
        return Verdict(isGood: code == 0, text: text)
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
