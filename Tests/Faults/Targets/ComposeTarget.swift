internal import Domain
internal import Foundation
internal import Synchronization
internal import TestSupport

/// The compose stack, as `docker compose up` starts it, under a project name of its own. The one file that knows Docker.
///
/// All of it goes away with this process, however that ends: a shell waits on a pipe of ours, and takes everything down
/// when that closes.
final class ComposeTarget: Target {
    /// What a container is, for as long as its first process lives.
    private struct Container: Sendable {
        var service: String
        var first: pid_t
        /// By the network's name in docker-compose.yml.
        var addresses: [String: String]
    }

    let kind = TargetKind.compose
    let frontDoor: String
    let credentials: Stack.Credentials
    private let project: String
    private let folder: URL
    private let shell: ChildProcess
    private let lifeline: CInt
    private let known = Mutex<[Container]>([])

    // MARK: Starting

    static func start() async throws -> ComposeTarget {
        let project = "faults\(UInt32.random(in: 100_000...999_999))"
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-\(project)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // A copy: `ops/secrets` notes its folder beside ops, and the operator's note is not ours to write.
        try FileManager.default.copyItem(at: Repository.root.appending(path: "ops"), to: folder.appending(path: "ops"))
        let variables = [
            "SASANDO_SECRETS": folder.appending(path: "secrets").path, "SASANDO_TLS": "off",
            "SASANDO_HTTP_PORT": "\(Int.random(in: 15_000..<17_000))",
            "SASANDO_HTTPS_PORT": "\(Int.random(in: 17_000..<19_000))",
        ]
        for (name, value) in variables { setenv(name, value, 1) }
        guard run(["docker", "info"]) != nil else { throw Impossible("no Docker engine answers") }
        let secrets = folder.appending(path: "ops/secrets").path
        guard run([secrets, "init"]) != nil, let shown = run([secrets, "show"]) else {
            throw Unexpected("ops/secrets made no secrets")
        }
        let (_, credentials) = try Stack.Credentials.reading(JSONValue(parsing: Array(shown.utf8)))
        let (shell, lifeline) = try undertaker(project, folder)
        do {
            let log = folder.appending(path: "up.log").path
            let code = try ChildProcess(compose(project) + ["up", "-d"], output: log).wait()
            guard code == 0 else { throw Unexpected("compose up ended with \(code): \(ChildProcess.tail(of: log))") }
            // Who comes from this machine itself is let in by a process of Docker's, which ends for ever once it runs
            // out of descriptors. We come as others do, past it.
            guard let address = look(project).first(where: { $0.service == "front" })?.addresses["front"] else {
                throw Unexpected("the front door has no address")
            }
            let target = ComposeTarget(project, folder, shell, lifeline, "http://\(address):8080", credentials)
            for service in Part.services { try await target.awaitReady(service, within: .seconds(120)) }
            return target
        } catch {
            close(lifeline)
            throw error
        }
    }

    private init(
        _ project: String, _ folder: URL, _ shell: ChildProcess, _ lifeline: CInt, _ frontDoor: String,
        _ credentials: Stack.Credentials
    ) {
        self.project = project
        self.folder = folder
        self.shell = shell
        self.lifeline = lifeline
        self.frontDoor = frontDoor
        self.credentials = credentials
    }

    /// Compose v2 where it is there, else the program of its own.
    private static func compose(_ project: String) -> [String] {
        let command = run(["docker", "compose", "version"]) == nil ? ["docker-compose"] : ["docker", "compose"]
        return command + ["-p", project, "-f", Repository.root.appending(path: "docker-compose.yml").path]
    }

    private static func undertaker(_ project: String, _ folder: URL) throws -> (ChildProcess, CInt) {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Unexpected("pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let script = "folder=$1; shift; cat > /dev/null; \"$@\" down --volumes --timeout 5; rm -rf \"$folder\""
        let command = ["sh", "-c", script, "undertaker", folder.path] + compose(project)
        return (try ChildProcess(command, input: ends[0]), ends[1])
    }

    /// What a command printed; nil when it failed.
    private static func run(_ command: [String]) -> String? {
        let file = FileManager.default.temporaryDirectory.appending(path: "sasando-docker-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        guard let child = try? ChildProcess(command, output: file.path), child.wait() == 0 else { return nil }
        return try? String(contentsOf: file, encoding: .utf8)
    }

    // MARK: Containers

    /// The containers of a service. Docker is asked only when a first process of ours has gone or is not known yet: the
    /// rest is in /proc.
    private func containers(of service: String) -> [Container] {
        let name = Self.composeName(service)
        let isFresh = known.withLock { known in
            let ours = known.filter { $0.service == name }
            return !ours.isEmpty && ours.allSatisfy { Processes.isThere($0.first) }
        }
        if !isFresh {
            let found = Self.look(project)
            known.withLock { $0 = found }
        }
        return known.withLock { known in known.filter { $0.service == name } }
    }

    private static func look(_ project: String) -> [Container] {
        let filter = "label=com.docker.compose.project=\(project)"
        guard let ids = run(["docker", "ps", "--quiet", "--filter", filter])?.split(separator: "\n").map(String.init),
            !ids.isEmpty, let text = run(["docker", "inspect"] + ids),
            let elements = try? JSONValue(parsing: Array(text.utf8)).elements
        else { return [] }
        return elements.compactMap { element in
            guard let service = element["Config"]?["Labels"]?["com.docker.compose.service"]?.text,
                let first = element["State"]?["Pid"]?.number, first > 0,
                case .object(let networks) = element["NetworkSettings"]?["Networks"]
            else { return nil }
            let addresses = networks.map { name, network in
                (String(name.drop { $0 != "_" }.dropFirst()), network["IPAddress"]?.text ?? "")
            }
            return Container(
                service: service, first: pid_t(first),
                addresses: Dictionary(addresses, uniquingKeysWith: { first, _ in first }))
        }
    }

    private static func composeName(_ service: String) -> String {
        switch service {
        case Stack.store: "store"
        case Stack.frontDoor: "front"
        default: service
        }
    }

    /// A service's own process is a child of its container's first, which starts it again; the store is the first.
    func processes(of service: String) async throws -> [pid_t] {
        containers(of: service).flatMap { container -> [pid_t] in
            if service == Stack.store { return [container.first] }
            let children = Processes.children(of: container.first)
            let isOurs = { (process: pid_t) in
                let name = Processes.name(of: process)
                return name.hasPrefix("sasando-") || name == "caddy"
            }
            return isOurs(container.first) ? [container.first] : children.filter(isOurs)
        }
    }

    func address(of service: String) async throws -> String? {
        containers(of: service).first.flatMap { $0.addresses["back"] ?? $0.addresses["front"] }
            .map { "http://\($0):8080" }
    }

    func store() async throws -> (url: String, password: String) {
        guard let address = containers(of: Stack.store).first?.addresses["back"] else {
            throw Unexpected("the store has no address")
        }
        let password = folder.appending(path: "secrets/owner.password")
        return (
            "postgresql://sasando_owner@\(address):5432/sasando?sslmode=require",
            try String(contentsOf: password, encoding: .utf8)
        )
    }

    // MARK: Faults

    func disturb(_ link: Link, _ disturbance: Disturbance?) async throws {
        let (service, other, network) =
            switch link {
            case .store(let service): (service, Stack.store, "back")
            case .door(let service): (service, Stack.frontDoor, "front")
            }
        guard let address = containers(of: other).first?.addresses[network] else {
            throw Unexpected("\(other) has no address")
        }
        for container in containers(of: service) {
            try Firewall.container(of: container.first, address: address, disturbance)
        }
    }

    func fillDisk(_ isFull: Bool) async throws { throw Impossible("a container's volume has no size of its own") }

    func setClock(offset: Duration) async throws { throw Impossible("a container's clock is the machine's") }

    func log(of service: String) async -> String {
        Self.run(Self.compose(project) + ["logs", "--no-color", "--tail", "20", Self.composeName(service)]) ?? ""
    }

    func stop() async throws {
        close(lifeline)
        try await wait(for: "compose down", within: .seconds(90)) { shell.hasEnded() }
    }
}
