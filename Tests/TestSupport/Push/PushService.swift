package import Domain
internal import Foundation
internal import Glibc

/// A push service, and the browser behind it, as a process of its own: `push_service.py`, with `http_ece` reading what we
/// encrypted. It goes away with this value.
package final class PushService: Sendable {
    /// `https://127.0.0.1:PORT`
    package let origin: String
    package let port: Int
    /// The file of the certificate that it shows.
    package let certificate: String
    private let keys: JSONValue
    private let folder: URL
    private let process: ChildProcess
    private let lifeline: CInt

    /// Where `ops/test` puts what Debian's Python has not got.
    private static var packages: String { Repository.root.appending(path: ".build/python").path }

    package static func start() async throws -> PushService {
        guard FileManager.default.fileExists(atPath: packages + "/http_ece") else {
            throw Stack.Failure(description: "http_ece is missing in \(packages): ops/test puts it there")
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-push-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "push_service.py").path
        let log = folder.appending(path: "log").path
        // It ends when our end of this pipe closes, however this process ends.
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Stack.Failure(description: "pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let process = try ChildProcess(
            ["/usr/bin/python3", script, packages, folder.path], input: ends[0], output: log)
        let ready = folder.appending(path: "ready.json")
        try await wait(for: "the push service", within: .seconds(30)) {
            if process.hasEnded() { throw Stack.Failure(description: ChildProcess.tail(of: log)) }
            return FileManager.default.fileExists(atPath: ready.path)
        }
        return try PushService(folder, process, ends[1], try JSONValue(parsing: try Data(contentsOf: ready)))
    }

    private init(_ folder: URL, _ process: ChildProcess, _ lifeline: CInt, _ told: JSONValue) throws {
        guard let origin = told["origin"]?.text, let port = told["port"]?.number,
            let certificate = told["certificate"]?.text, let key = told["p256dh"], let secret = told["auth"]
        else { throw Stack.Failure(description: "the push service says \(told.json)") }
        (self.folder, self.process, self.origin, self.certificate) = (folder, process, origin, certificate)
        self.lifeline = lifeline
        self.port = Int(port)
        keys = ["p256dh": key, "auth": secret]
    }

    deinit {
        process.send(SIGKILL)
        close(lifeline)
        process.wait()
        try? FileManager.default.removeItem(at: folder)
    }

    /// A browser's subscription, as it writes it; the path decides how the service answers.
    package func subscription(_ path: String) -> JSONValue {
        ["endpoint": .string(origin + path), "keys": keys]
    }

    /// Gives out a file, as any web server would.
    ///
    /// - Returns: its address.
    package func offer(_ bytes: [UInt8], as name: String) throws -> String {
        let offered = folder.appending(path: "offered")
        try FileManager.default.createDirectory(at: offered, withIntermediateDirectories: true)
        try Data(bytes).write(to: offered.appending(path: name))
        return "\(origin)/\(name)"
    }

    /// What has come in so far on a path, each message as it was decrypted, or with why it could not be.
    package func messages(_ path: String) -> [JSONValue] {
        let log = (try? Data(contentsOf: folder.appending(path: "messages.jsonl"))) ?? Data()
        return log.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONValue(parsing: Data($0)) }
            .filter { $0["path"]?.text == path }
    }
}
