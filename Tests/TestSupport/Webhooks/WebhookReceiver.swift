package import Domain
internal import Foundation
internal import Glibc

/// An agency's receiver of webhooks, as a process of its own: `webhook_receiver.py`, with `standardwebhooks` verifying what
/// we signed. It goes away with this value.
package final class WebhookReceiver: Sendable {
    /// `http://127.0.0.1:PORT`
    package let origin: String
    private let folder: URL
    private let process: ChildProcess
    private let lifeline: CInt

    /// Where `ops/test` puts what Debian's Python has not got.
    private static var packages: String { Repository.root.appending(path: ".build/python").path }

    package static func start() async throws -> WebhookReceiver {
        guard FileManager.default.fileExists(atPath: packages + "/standardwebhooks") else {
            throw Stack.Failure(description: "standardwebhooks is missing in \(packages): ops/test puts it there")
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-webhook-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "webhook_receiver.py").path
        let log = folder.appending(path: "log").path
        // It ends when our end of this pipe closes, however this process ends.
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Stack.Failure(description: "pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let process = try ChildProcess(
            ["/usr/bin/python3", "-B", script, packages, folder.path], input: ends[0], output: log)
        let ready = folder.appending(path: "ready")
        try await wait(for: "the receiver of webhooks", within: .seconds(30)) {
            if process.hasEnded() { throw Stack.Failure(description: ChildProcess.tail(of: log)) }
            return FileManager.default.fileExists(atPath: ready.path)
        }
        return WebhookReceiver(folder, process, ends[1], port: try String(contentsOf: ready, encoding: .utf8))
    }

    private init(_ folder: URL, _ process: ChildProcess, _ lifeline: CInt, port: String) {
        (self.folder, self.process, self.lifeline) = (folder, process, lifeline)
        origin = "http://127.0.0.1:\(port)"
    }

    deinit {
        process.send(SIGKILL)
        close(lifeline)
        process.wait()
        try? FileManager.default.removeItem(at: folder)
    }

    package var port: Int { Int(origin.split(separator: ":").last ?? "") ?? 0 }

    /// The secrets that it knows from now on.
    package func know(_ secrets: [String]) throws {
        try Data(secrets.joined(separator: "\n").utf8).write(to: folder.appending(path: "secrets"), options: .atomic)
    }

    /// What `/refusing` refused it takes from now on; `/closing` is gone.
    package func mend() throws { try Data().write(to: folder.appending(path: "mended")) }

    /// What has come in so far on a path, in the order in which it came.
    package func messages(_ path: String) -> [JSONValue] {
        let log = (try? Data(contentsOf: folder.appending(path: "messages.jsonl"))) ?? Data()
        return log.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONValue(parsing: Data($0)) }
            .filter { $0["path"]?.text == path }
    }

    /// The ids of the messages on a path, one for each attempt.
    package func ids(_ path: String) -> [String] { messages(path).compactMap { $0["headers"]?["webhook-id"]?.text } }
}
