internal import AsyncHTTPClient
package import Domain
package import Foundation
internal import Glibc
internal import NIOCore
internal import NIOHTTP1

/// The whole of Sasando, started by `ops/run` from the built executables beside this test bundle: its own PostgreSQL,
/// services and front door, on ports and in a folder of its own.
///
/// All of it goes away with this process, however that ends: a shell waits on a pipe of ours, and when the pipe closes
/// it stops `ops/run`, waits for it and removes the folder.
package actor Stack {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What `credentials.json` says.
    package struct Credentials: Sendable {
        package let integratorKey: String
        package let operatorToken: String
        /// By agency.
        package let agencyTokens: [String: String]

        /// Reads what `ops/run` writes and `ops/secrets show` prints; gives the front door's address with it.
        package static func reading(_ document: JSONValue) throws -> (frontDoor: String, Credentials) {
            guard let frontDoor = document["front_door"]?.text, let key = document["integrator"]?["api_key"]?.text,
                let token = document["operator"]?["token"]?.text, case .object(let agencies) = document["agencies"]
            else { throw Failure(description: "credentials: \(document.json)") }
            let tokens = agencies.compactMapValues { $0["token"]?.text }
            return (frontDoor, Credentials(integratorKey: key, operatorToken: token, agencyTokens: tokens))
        }
    }

    /// The names of the supervised processes.
    package static let store = "postgres"
    package static let frontDoor = "caddy"
    package static let intake = "intake"
    package static let routing = "routing"
    package static let analytics = "analytics"
    package static func notifier(_ agency: String) -> String { "notifier-\(agency)" }

    /// `http://127.0.0.1:PORT`
    package nonisolated let frontDoor: String
    package nonisolated let credentials: Credentials
    package nonisolated let home: URL
    private let folder: URL
    private let keeper: ChildProcess
    private let lifeline: CInt
    /// Open while the file itself is removed with everything else.
    private let printed: FileHandle
    private var isStopped = false

    /// Starts a stack and returns when all of it is ready.
    ///
    /// - Parameters:
    ///   - arguments: of `ops/run`.
    ///   - environment: what is set beside our own environment.
    ///   - executables: the folder that holds them; nil: the one this test bundle stands in.
    ///   - prepare: gets the folder that will be `SASANDO_HOME`, before anything is started.
    package static func start(
        arguments: [String] = ["--no-samples"], environment: [String: String] = [:], executables: URL? = nil,
        prepare: (_ home: URL) throws -> Void = { _ in }
    ) async throws -> Stack {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-stack-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try prepare(folder.appending(path: "home"))
        let port = Int.random(in: 15_000..<19_000)
        var variables = environment
        variables["SASANDO_HOME"] = folder.appending(path: "home").path
        variables["SASANDO_PORT"] = "\(port)"
        variables["SASANDO_BIN"] = (executables ?? builtExecutables).path
        let (keeper, lifeline) = try launch(folder, arguments: arguments, environment: variables)
        do {
            try await awaitReady(folder, keeper)
            return try Stack(folder: folder, keeper: keeper, lifeline: lifeline)
        } catch {
            close(lifeline)
            throw error
        }
    }

    private init(folder: URL, keeper: ChildProcess, lifeline: CInt) throws {
        self.folder = folder
        self.keeper = keeper
        self.lifeline = lifeline
        printed = try FileHandle(forReadingFrom: URL(filePath: folder.path + ".printed"))
        home = folder.appending(path: "home")
        let document = try JSONValue(parsing: try Data(contentsOf: home.appending(path: "credentials.json")))
        (frontDoor, credentials) = try Credentials.reading(document)
    }

    deinit {
        if !isStopped { close(lifeline) }
    }

    /// Stops everything and waits until nothing is left; gives what `ops/run` printed.
    @discardableResult
    package func stop() async throws -> String {
        guard !isStopped else { return "" }
        isStopped = true
        close(lifeline)
        try await wait(for: "ops/run to end", within: .seconds(60)) { keeper.hasEnded() }
        return String(decoding: try printed.readToEnd() ?? Data(), as: UTF8.self)
    }

    // MARK: Its processes

    /// The present process of a name; nil while it is being started again.
    package func pid(of name: String) -> pid_t? {
        let file = home.appending(path: "run/\(name).pid")
        return (try? String(contentsOf: file, encoding: .utf8)).flatMap { pid_t($0.filter(\.isNumber)) }
    }

    /// The names of all supervised processes, sorted.
    package var processes: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: home.appending(path: "run").path)) ?? []
        return names.filter { $0.hasSuffix(".pid") }.map { String($0.dropLast(4)) }.sorted()
    }

    /// Sends a signal to a process, such as SIGKILL, SIGSTOP or SIGCONT, and gives its number.
    @discardableResult
    package func signal(_ name: String, _ signal: CInt) async throws -> pid_t {
        try await wait(for: "\(name) to run", within: .seconds(20)) { pid(of: name) != nil }
        guard let pid = pid(of: name), kill(pid, signal) == 0 else {
            throw Failure(description: "\(name) is not there to be signalled")
        }
        return pid
    }

    /// Kills a process and waits until another has taken its place and is ready.
    package func killAndAwait(_ name: String, within bound: Duration = .seconds(20)) async throws {
        let killed = try await signal(name, SIGKILL)
        try await wait(for: "\(name) to be started again", within: bound) {
            pid(of: name).map { $0 != killed } ?? false
        }
        if address(of: name) != nil { try await awaitReady(name, within: bound) }
    }

    /// Where a service itself listens, past the front door: `http://127.0.0.1:PORT`; nil for the store and the door.
    package func address(of name: String) -> String? {
        name == Self.store ? nil : port(of: name).map { "http://127.0.0.1:\($0)" }
    }

    /// Waits until a service says that it is ready.
    package func awaitReady(_ name: String, within bound: Duration = .seconds(20)) async throws {
        guard let address = address(of: name) else { throw Failure(description: "\(name) has no address") }
        try await wait(for: "\(name) to be ready", within: bound) {
            let response = try? await HTTPClient.shared.get(url: "\(address)/readyz", deadline: .now() + .seconds(2))
                .get()
            return response?.status == .ok
        }
    }

    // MARK: Its store

    /// The store as its owner, who may read everything: for recounting.
    package func store() throws -> (url: String, password: String) {
        guard let port = port(of: Self.store) else { throw Failure(description: "the store has no port") }
        let secret = home.appending(path: "secrets/owner.password")
        return (
            "postgresql://sasando_owner@127.0.0.1:\(port)/sasando", try String(contentsOf: secret, encoding: .utf8)
        )
    }

    /// The last lines of a process's log.
    package func log(of name: String) -> String {
        ChildProcess.tail(of: home.appending(path: "logs/\(name).log").path)
    }

    /// Everything that a process has logged, with what an earlier one of its name did.
    package nonisolated func wholeLog(of name: String) throws -> String {
        let log = home.appending(path: "logs/\(name).log")
        return String(decoding: try Data(contentsOf: log), as: UTF8.self)
    }

    /// The names of everything that logs, sorted.
    package nonisolated var logs: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: home.appending(path: "logs").path)) ?? []
        return names.filter { $0.hasSuffix(".log") }.map { String($0.dropLast(4)) }.sorted()
    }

    private func port(of name: String) -> Int? {
        let file = home.appending(path: "run/\(name).port")
        return (try? String(contentsOf: file, encoding: .utf8)).flatMap { Int($0.filter(\.isNumber)) }
    }

    // MARK: Starting

    /// The folder that this test bundle (or program) and the executables stand in.
    package static var builtExecutables: URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }

    /// `ops/run` under a shell that ends with our end of the pipe.
    private static func launch(
        _ folder: URL, arguments: [String], environment: [String: String]
    ) throws -> (ChildProcess, CInt) {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(description: "pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let script = """
            folder=$1; shift
            exec 3<&0
            "$@" < /dev/null 3<&- &
            run=$!
            cat <&3 > /dev/null &
            wait -n
            kill -TERM "$run"
            wait "$run"
            rm -rf "$folder" "$folder.printed"
            """
        let command = ["bash", "-c", script, "stack", folder.path, Repository.root.appending(path: "ops/run").path]
        let keeper = try ChildProcess(
            command + arguments, input: ends[0], output: folder.path + ".printed", environment: environment)
        return (keeper, ends[1])
    }

    private static func awaitReady(_ folder: URL, _ keeper: ChildProcess) async throws {
        // Open before it may be removed: what `ops/run` said last tells why it ended.
        let printed = try FileHandle(forReadingFrom: URL(filePath: folder.path + ".printed"))
        func text() -> String {
            try? printed.seek(toOffset: 0)
            return (try? printed.readToEnd()).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        do {
            try await wait(for: "the stack to be ready", within: .seconds(120)) {
                if keeper.hasEnded() { throw Failure(description: "ops/run ended") }
                return text().contains("Sasando is ready: ")
            }
        } catch {
            throw Failure(description: "\(error):\n\(text())")
        }
    }
}

/// Waits until something is so; looks again every 20 ms, and gives up after the bound.
package func wait(
    for what: String, within bound: Duration, until isSo: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + bound
    while !(try await isSo()) {
        guard ContinuousClock.now < deadline else {
            throw Stack.Failure(description: "waited \(bound) for \(what)")
        }
        // pause: between two looks
        try await Task.sleep(for: .milliseconds(20))
    }
}
