internal import Foundation

/// Others' clients of an agency's stream, in Python: `sse_clients.py`.
package enum SSEClients {
    /// Reads the same events in every way that a stream can be read over HTTP.
    ///
    /// - Parameters:
    ///   - stream: such as `http://127.0.0.1:8080/v1/agencies/dlhk/events`.
    ///   - count: how many events there are at least.
    /// - Returns: what was not as it should be, a line each; empty where all was.
    package static func judge(_ stream: String, token: String, count: Int) async throws -> String {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "sse_clients.py").path
        return try await Python.run(
            [script, try Python.packages("httpx_sse", in: "consumers"), stream, String(count)],
            environment: ["SASANDO_TOKEN": token], within: .seconds(60)
        ).text
    }
}
