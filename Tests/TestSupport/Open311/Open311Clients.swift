internal import Foundation

/// Others' clients of Open311, and judges of its answers, in Python: `open311_clients.py`.
package enum Open311Clients {
    /// Asks everything of an endpoint such as `http://127.0.0.1:8080/open311/v2`.
    ///
    /// - Returns: what was not as it should be, a line each; empty where all was.
    package static func judge(_ endpoint: String, key: String) async throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        return try await Python.run(
            [
                folder.appending(path: "open311_clients.py").path, try Python.packages("georeport"), endpoint,
                folder.appending(path: "schemas.json").path,
            ], environment: ["SASANDO_API_KEY": key], within: .seconds(120)
        ).text
    }
}
