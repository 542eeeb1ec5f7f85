package import Domain
package import Foundation
internal import Glibc

/// The stack of docker-compose.yml, started as an operator starts it: a project, secrets and ports of its own.
///
/// All of it goes away with this process, however that ends: a shell waits on a pipe of ours, and when the pipe closes
/// it takes the project down, with its volumes.
package actor ComposeStack {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private static let agencies = ["dlhk", "pupr", "dishub", "dinsos", "satpolpp", "dinkes", "damkar", "kominfo"]
    package static let services =
        ["store", "intake", "routing", "analytics", "front"] + (agencies + ["channels"]).map { "notifier-\($0)" }

    package nonisolated let project: String
    /// `https://localhost:PORT`, with a certificate of Caddy's own authority.
    package nonisolated let frontDoor: String
    /// `http://localhost:PORT`, which leads there.
    package nonisolated let plainDoor: String
    package nonisolated let secrets: URL
    private nonisolated let variables: [String: String]
    private let keeper: ChildProcess
    private let lifeline: CInt
    private var isDown = false

    /// Makes the secrets; nothing runs yet.
    package init() async throws {
        let number = Int.random(in: 20_000..<30_000)
        project = "sasando-test-\(number)"
        frontDoor = "https://localhost:\(number + 1)"
        plainDoor = "http://localhost:\(number)"
        secrets = FileManager.default.temporaryDirectory.appending(path: "\(project)-secrets")
        var variables = [
            "COMPOSE_PROJECT_NAME": project, "SASANDO_SECRETS": secrets.path, "SASANDO_HOST": "localhost",
            "SASANDO_HTTP_PORT": "\(number)", "SASANDO_HTTPS_PORT": "\(number + 1)", "SASANDO_TLS": "auto",
            "SASANDO_PUBLIC_URL": "", "SASANDO_INGRESS_PORTS": "\(number + 2)-\(number + 5)",
        ]
        for (index, agency) in (Self.agencies + ["channels"]).enumerated() {
            let first = number + 6 + 4 * index
            variables["SASANDO_STREAM_PORTS_\(agency.uppercased())"] = "\(first)-\(first + 3)"
        }
        self.variables = variables
        let compose = try await Self.composeCommand()
        (keeper, lifeline) = try Self.keep(compose + ["down", "--volumes", "--timeout", "5"], secrets, variables)
        try await Command([Repository.root.appending(path: "ops/secrets").path, "init"], with: variables).output()
    }

    deinit {
        if !isDown { close(lifeline) }
    }

    /// Takes it down and waits until nothing is left.
    package func down() async throws {
        guard !isDown else { return }
        isDown = true
        close(lifeline)
        try await wait(for: "the project to be down", within: .seconds(120)) { keeper.hasEnded() }
    }

    // MARK: The engine

    /// Whether a Docker engine and compose are here; where not, why.
    package static func whyAbsent() async -> String? {
        guard let info = try? await Command(["docker", "info"]).result(), info.isSuccess else {
            return "no Docker engine answers"
        }
        return (try? await composeCommand()) == nil ? "neither docker compose nor docker-compose is here" : nil
    }

    /// `docker compose` where it is there, else `docker-compose`.
    private static func composeCommand() async throws -> [String] {
        for words in [["docker", "compose"], ["docker-compose"]] {
            if let result = try? await Command(words + ["version"]).result(), result.isSuccess { return words }
        }
        throw Failure(description: "neither docker compose nor docker-compose is here")
    }

    private static func keep(
        _ down: [String], _ secrets: URL, _ variables: [String: String]
    ) throws -> (ChildProcess, CInt) {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(description: "pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let script = """
            cd "$1"; secrets=$2; shift 2
            cat > /dev/null
            "$@"
            rm -rf "$secrets"
            """
        let keeper = try ChildProcess(
            ["bash", "-c", script, "keeper", Repository.root.path, secrets.path] + down, input: ends[0],
            environment: variables)
        return (keeper, ends[1])
    }

    // MARK: As an operator

    /// Runs compose with `arguments`, and gives what it printed.
    @discardableResult
    package nonisolated func compose(_ arguments: String..., within limit: Duration = .seconds(120)) async throws
        -> String
    {
        try await Command(Self.composeCommand() + arguments, in: Repository.root, with: variables).output(within: limit)
    }

    /// What `ops/secrets show` prints.
    package nonisolated func credentials() async throws -> JSONValue {
        let shown = try await Command(
            [Repository.root.appending(path: "ops/secrets").path, "show"], with: variables
        ).output()
        return try JSONValue(parsing: Array(shown.utf8))
    }

    /// A command inside a service's first container.
    @discardableResult
    package nonisolated func execute(_ service: String, _ words: String..., within limit: Duration = .seconds(30))
        async throws -> String
    {
        try await Command(["docker", "exec", try await container(of: service)] + words).output(within: limit)
    }

    /// Compose with no secrets named, as before `ops/secrets init`.
    package nonisolated func composeWithoutSecrets(_ arguments: String...) async throws -> Command.Result {
        var bare = variables
        bare["SASANDO_SECRETS"] = ""
        return try await Command(Self.composeCommand() + arguments, in: Repository.root, with: bare).result()
    }

    /// What the store answers to its owner: rows on lines, without decoration.
    package nonisolated func query(_ sql: String) async throws -> String {
        let script = """
            PGPASSWORD=$(< /run/secrets/owner.password) exec psql --no-psqlrc --quiet --tuples-only --no-align \
                "host=127.0.0.1 sslmode=require user=sasando_owner dbname=sasando" --command "$1"
            """
        let printed = try await execute("store", "bash", "-c", script, "query", sql)
        return printed.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Kills the process of a service in its first container; what supervises it there stays.
    package nonisolated func killService(_ service: String) async throws {
        let script = """
            for process in /proc/[0-9]*; do
                if [[ $(< "$process/comm") == sasando-* ]]; then kill -KILL "${process#/proc/}"; exit; fi
            done
            exit 1
            """
        try await execute(service, "bash", "-c", script)
    }

    /// Kills the first process of a service's first container, as the kernel would: Docker is not told.
    package nonisolated func killContainer(_ service: String) async throws {
        let id = try await container(of: service)
        let number = try await Command(["docker", "inspect", "--format", "{{.State.Pid}}", id]).output()
        // From outside, since nobody inside can kill the first process; by Docker, since we may not be root.
        try await Command([
            "docker", "run", "--rm", "--pid=host", "--network=none", "--user=0", "sasando-store",
            "bash", "-c", "kill -KILL \(number.filter(\.isNumber))",
        ]).output()
    }

    // MARK: Its containers

    /// The ids of a service's running containers.
    package nonisolated func containers(of service: String) async throws -> [String] {
        try await Command([
            "docker", "ps", "--quiet", "--no-trunc", "--filter", "label=com.docker.compose.project=\(project)",
            "--filter", "label=com.docker.compose.service=\(service)",
        ]).output().split(separator: "\n").map(String.init)
    }

    package nonisolated func container(of service: String) async throws -> String {
        guard let id = try await containers(of: service).first else {
            throw Failure(description: "no container of \(service) runs")
        }
        return id
    }

    /// What `docker inspect` says of every container of the project: a list, as JSON.
    package nonisolated func inspection() async throws -> String {
        let ids = try await Command([
            "docker", "ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=\(project)",
        ]).output().split(separator: "\n").map(String.init)
        return try await Command(["docker", "inspect"] + ids).output()
    }

    /// Waits until every container with a health check is healthy.
    package nonisolated func awaitHealthy(within limit: Duration) async throws {
        try await wait(for: "all containers to be healthy", within: limit) {
            let states = try await Command([
                "docker", "ps", "--all", "--filter", "label=com.docker.compose.project=\(project)",
                "--format", "{{.Label \"com.docker.compose.service\"}} {{.Status}}",
            ]).output().split(separator: "\n").filter { !$0.hasPrefix("prepare ") }
            return states.count >= Self.services.count && states.allSatisfy { $0.contains("(healthy)") }
        }
    }
}
