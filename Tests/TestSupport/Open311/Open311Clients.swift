internal import Foundation

/// Others' clients of Open311, and judges of its answers, in Python: `open311_clients.py`.
package enum Open311Clients {
    /// Where `ops/test` puts what Debian's Python has not got.
    private static var packages: String {
        var repository = URL(filePath: #filePath)
        for _ in 0..<4 { repository.deleteLastPathComponent() }
        return repository.appending(path: ".build/python").path
    }

    /// Asks everything of an endpoint such as `http://127.0.0.1:8080/open311/v2`.
    ///
    /// - Returns: what was not as it should be, a line each; empty where all was.
    package static func judge(_ endpoint: String, key: String) async throws -> String {
        guard FileManager.default.fileExists(atPath: packages + "/georeport") else {
            throw Stack.Failure(description: "georeport is missing in \(packages): ops/test puts it there")
        }
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let log = FileManager.default.temporaryDirectory.appending(path: "sasando-open311-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: log) }
        let process = try ChildProcess(
            [
                "/usr/bin/python3", "-B", folder.appending(path: "open311_clients.py").path, packages, endpoint,
                folder.appending(path: "schemas.json").path,
            ], output: log, environment: ["SASANDO_API_KEY": key])
        try await wait(for: "the clients of Open311", within: .seconds(120)) { process.hasEnded() }
        return (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    }
}
