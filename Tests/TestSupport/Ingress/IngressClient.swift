package import Domain
package import Foundation

/// A sender over ZeroMQ in another's hands than ours: `ingress_client.py`, with pyzmq.
package struct IngressClient: Sendable {
    /// Z85, both; nil: the integrator's of `credentials.json`.
    package struct Keys: Sendable {
        package let publicKey: String
        package let secretKey: String

        /// From what `sasandoctl key create --kind zeromq --json` prints.
        package init(_ made: JSONValue) throws {
            guard let publicKey = made["public_key"]?.text, let secretKey = made["secret_key"]?.text else {
                throw Stack.Failure(description: "no pair of keys: \(made.json)")
            }
            (self.publicKey, self.secretKey) = (publicKey, secretKey)
        }
    }

    private let credentials: URL
    private let keys: Keys?

    /// - Parameter home: the stack's, with `credentials.json`.
    package init(home: URL, keys: Keys? = nil) {
        self.init(credentials: home.appending(path: "credentials.json"), keys: keys)
    }

    /// - Parameter credentials: a file as `ops/run` writes it, and `ops/secrets show` prints it.
    package init(credentials: URL, keys: Keys? = nil) {
        self.credentials = credentials
        self.keys = keys
    }

    /// Where `ops/test` puts pyzmq.
    package static var packages: String { Repository.root.appending(path: ".build/python").path }

    /// Runs a scenario of the script, and gives what it saw.
    package func run(
        _ scenario: String, _ arguments: String..., within limit: Duration = .seconds(60)
    ) async throws -> JSONValue {
        guard FileManager.default.fileExists(atPath: Self.packages + "/zmq") else {
            throw Stack.Failure(description: "pyzmq is missing in \(Self.packages): ops/test puts it there")
        }
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "ingress_client.py").path
        let variables = keys.map { ["SASANDO_TEST_CURVE_KEYS": "\($0.publicKey) \($0.secretKey)"] } ?? [:]
        let printed = try await Command(
            ["/usr/bin/python3", script, Self.packages, credentials.path, scenario] + arguments, with: variables
        ).output(within: limit)
        return try JSONValue(parsing: Array((printed.split(separator: "\n").last ?? "").utf8))
    }

    /// A reply's frames after `sasando/1`.
    package struct Reply: Sendable {
        package let hasDelimiter: Bool
        package let id: String
        package let isOK: Bool
        package let json: JSONValue
        package let text: String
    }

    /// Sends messages over one socket, and gives the replies as they come: fewer when none comes for so long.
    ///
    /// - Parameter kind: `DEALER`, or `REQ`, which puts an empty frame before each message.
    package func exchange(
        _ messages: [[[UInt8]]], over kind: String = "DEALER", patience_s: Double = 20
    ) async throws -> [Reply] {
        let frames = JSONValue.array(
            messages.map { .array($0.map { .string(Data($0).base64EncodedString()) }) })
        let file = FileManager.default.temporaryDirectory.appending(path: "ingress-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(frames.json.utf8).write(to: file)
        let seen = try await run("exchange", kind, file.path, "\(patience_s)")
        return try (seen["replies"]?.elements ?? []).map { reply in
            var frames = reply.elements.compactMap { $0.text.flatMap { Data(base64Encoded: $0) } }
            let hasDelimiter = frames.first?.isEmpty ?? false
            if hasDelimiter { frames.removeFirst() }
            guard frames.count == 4, frames[0] == Data("sasando/1".utf8) else {
                throw Stack.Failure(description: "a reply of other frames: \(reply.json)")
            }
            return Reply(
                hasDelimiter: hasDelimiter, id: String(decoding: frames[1], as: UTF8.self),
                isOK: frames[2] == Data("ok".utf8), json: try JSONValue(parsing: Array(frames[3])),
                text: String(decoding: frames[3], as: UTF8.self))
        }
    }

    /// A request's frames.
    package static func request(_ id: String, command: String = "report", _ body: String) -> [[UInt8]] {
        ["sasando/1", id, command, body].map { Array($0.utf8) }
    }
}
