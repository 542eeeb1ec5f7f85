package import Domain
package import Foundation

/// A consumer of a stream over ZeroMQ in another's hands than ours: `stream_client.py`, with pyzmq.
package struct StreamClient: Sendable {
    private let credentials: URL
    private let agency: String
    private let keys: IngressClient.Keys?

    /// - Parameters:
    ///   - agency: whose stream; a channel's is `channel/` and its name.
    ///   - home: the stack's, with `credentials.json`.
    ///   - keys: others than the agency's of that file.
    package init(home: URL, agency: String = "dlhk", keys: IngressClient.Keys? = nil) {
        self.init(credentials: home.appending(path: "credentials.json"), agency: agency, keys: keys)
    }

    /// - Parameter credentials: a file as `ops/run` writes it, and `ops/secrets show` prints it.
    package init(credentials: URL, agency: String, keys: IngressClient.Keys? = nil) {
        self.credentials = credentials
        self.agency = agency
        self.keys = keys
    }

    /// Runs a scenario of the script, and gives what it saw.
    package func run(
        _ scenario: String, _ arguments: String..., within limit: Duration = .seconds(60)
    ) async throws -> JSONValue {
        guard FileManager.default.fileExists(atPath: IngressClient.packages + "/zmq") else {
            throw Stack.Failure(description: "pyzmq is missing in \(IngressClient.packages): ops/test puts it there")
        }
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "stream_client.py").path
        let variables = keys.map { ["SASANDO_TEST_CURVE_KEYS": "\($0.publicKey) \($0.secretKey)"] } ?? [:]
        let printed = try await Command(
            ["/usr/bin/python3", script, IngressClient.packages, credentials.path, agency, scenario] + arguments,
            with: variables
        ).output(within: limit)
        return try JSONValue(parsing: Array((printed.split(separator: "\n").last ?? "").utf8))
    }

    /// What `collect` saw.
    package struct Collected: Sendable {
        /// Epoch and head; empty where there was none.
        package let welcome: [String]
        package let cursors: [String]
        package let bodies: [String]
        package let error: JSONValue?
    }

    /// Follows from a position with so much credit, until so many events came or it is quiet for so long.
    package func collect(
        from position: String = "", _ count: Int, credit: Int? = nil, quiet_s: Double = 20
    ) async throws -> Collected {
        let seen = try await run("collect", position, "\(count)", "\(credit ?? count)", "\(quiet_s)")
        func texts(_ name: String) -> [String] { (seen[name]?.elements ?? []).compactMap(\.text) }
        let error = seen["error"].flatMap { $0 == .null ? nil : $0 }
        return Collected(welcome: texts("welcome"), cursors: texts("cursors"), bodies: texts("bodies"), error: error)
    }
}
