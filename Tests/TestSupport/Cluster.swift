internal import Glibc
internal import Logging
internal import PostgreSQL
package import Reactor

/// A PostgreSQL server for tests, on a free loopback port and in a temporary folder.
///
/// Both go away with this process, however it ends: a small shell holds the other end of a pipe of ours, and when that
/// closes it stops the server and removes the folder.
package actor Cluster {
    /// The server that the tests of this process share. Tests that kill their server start one of their own.
    package static var shared: Cluster {
        get async throws { try await starting.value }
    }

    private static let starting = Task { try await Cluster() }

    package nonisolated let reactor: Reactor
    package nonisolated let port: Int
    package nonisolated let directory: String
    private static let binaries = "/usr/lib/postgresql/15/bin"
    private var postmaster: ChildProcess
    private let undertaker: CInt
    private let administration: PostgresPool
    private let maintenance: Task<Void, Never>
    private var templates: [String: Task<String, any Error>] = [:]
    private var databases = 0

    /// Makes and starts a server.
    package init() async throws {
        var name = Array("/tmp/sasando-test-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw ChildProcess.Failure(description: "mkdtemp: errno \(errno)") }
        directory = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        port = try Self.freePort()
        undertaker = try Self.hireUndertaker(for: directory)
        if getuid() == 0 {
            guard let owner = getpwnam("postgres") else {
                throw ChildProcess.Failure(description: "no user postgres to run the server as")
            }
            chown(directory, owner.pointee.pw_uid, owner.pointee.pw_gid)
        }
        try ChildProcess.run(
            Self.asOwner([
                "\(Self.binaries)/initdb", "-D", "\(directory)/data", "-U", "postgres", "-A", "trust",
                "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions",
            ]), log: "\(directory)/initdb.log")
        postmaster = try Self.launch(directory, port: port)
        reactor = Reactor(name: "cluster")
        var configuration = try PostgresConfiguration(url: "postgresql://postgres@127.0.0.1:\(port)/postgres")
        configuration.applicationName = "test administration"
        configuration.size = 2
        configuration.leaseTimeout = .seconds(30)
        configuration.statementTimeout = .seconds(60)
        configuration.queryTimeout = .seconds(60)
        configuration.lockTimeout = .seconds(30)
        configuration.reconnectDelay = (.milliseconds(10), .milliseconds(50))
        let pool = PostgresPool(
            configuration: configuration, reactor: reactor,
            logger: Logger(label: "cluster") { _ in SwiftLogNoOpLogHandler() })
        administration = pool
        maintenance = Task { await pool.run() }
        try await awaitReady()
    }

    deinit {
        maintenance.cancel()
        close(undertaker)
        postmaster.send(SIGQUIT)
    }

    /// Where a database of this server is.
    package nonisolated func url(database: String, user: String = "postgres") -> String {
        "postgresql://\(user)@127.0.0.1:\(port)/\(database)"
    }

    // MARK: Databases

    /// Makes an empty database, or a copy of a template, and gives its name.
    package func createDatabase(from template: String? = nil) async throws -> String {
        databases += 1
        let name = "test_\(getpid())_\(databases)"
        try await administration.query(
            "CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: template ?? "template0")")
        return name
    }

    package func dropDatabase(_ name: String) async throws {
        try await administration.query("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)")
    }

    /// A database to copy others from, prepared the first time that it is asked for.
    ///
    /// - Parameter prepare: gets the template's URL, and has closed every connection to it when it returns.
    package func template(
        named name: String, prepare: @escaping @Sendable (_ url: String) async throws -> Void
    ) async throws -> String {
        if let made = templates[name] { return try await made.value }
        let task = Task {
            let database = "template_\(name)"
            try await administration.query("CREATE DATABASE \(identifier: database) TEMPLATE template0")
            try await prepare(url(database: database))
            try await awaitNoSessions(in: database)
            return database
        }
        templates[name] = task
        return try await task.value
    }

    /// A closed connection's process takes a moment to leave, and a database in use cannot be copied.
    private func awaitNoSessions(in database: String) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            let count = try await administration.query(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = \(database)"
            ).one().decode(Int.self, at: 0)
            if count == 0 { return }
            await Task.yield()
        }
        throw ChildProcess.Failure(description: "somebody is still connected to \(database)")
    }

    // MARK: Faults

    /// Kills the server's first process with SIGKILL, as the kernel does when memory runs out. Its children notice soon.
    package func killPostmaster() {
        postmaster.send(SIGKILL)
        postmaster.wait()
    }

    /// Starts the server again and returns when it answers. While orphans of the old one hold its memory, it retries.
    package func restart() async throws {
        if !postmaster.hasEnded() {
            postmaster.send(SIGINT)
            postmaster.wait()
        }
        postmaster = try Self.launch(directory, port: port)
        try await awaitReady()
    }

    /// Waits until the server answers, and starts it again as long as it refuses to start.
    private func awaitReady() async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if postmaster.hasEnded() {
                _ = await reactor.wait(for: -1, .readable, until: .now + .milliseconds(50))
                postmaster = try Self.launch(directory, port: port)
            }
            if (try? await administration.query("SELECT 1", timeout: .seconds(1))) != nil { return }
        }
        throw ChildProcess.Failure(description: "no PostgreSQL:\n\(ChildProcess.tail(of: "\(directory)/server.log"))")
    }

    // MARK: Processes

    private static func launch(_ directory: String, port: Int) throws -> ChildProcess {
        let settings = [
            "port=\(port)", "listen_addresses=127.0.0.1", "unix_socket_directories=\(directory)",
            "max_connections=200", "shared_buffers=128MB", "max_wal_size=4GB", "checkpoint_timeout=1h",
            // What a killed server has written is with the kernel and safe; only a power cut needs more. Every
            // database that is dropped takes a checkpoint, which would take seconds on a busy disk.
            "fsync=off",
            // Nothing of a killed server may stay behind in /dev/shm.
            "dynamic_shared_memory_type=mmap", "log_min_messages=warning", "logging_collector=off",
        ]
        return try ChildProcess(
            asOwner(["\(binaries)/postgres", "-D", "\(directory)/data"] + settings.flatMap { ["-c", $0] }),
            output: "\(directory)/server.log")
    }

    /// PostgreSQL refuses to run as root.
    private static func asOwner(_ command: [String]) -> [String] {
        getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] + command : command
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard code else { throw ChildProcess.Failure(description: "no free port: errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Starts the shell that cleans up, and gives the end of the pipe that keeps it waiting.
    private static func hireUndertaker(for directory: String) throws -> CInt {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ChildProcess.Failure(description: "pipe: errno \(errno)") }
        // No other child may hold our end open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let script = """
            trap '' INT TERM HUP
            cat >/dev/null
            for signal in QUIT KILL; do
                pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -$signal "$pid" 2>/dev/null
                for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                    [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && sleep 0.1
                done
            done
            for _ in 1 2 3 4 5; do rm -rf "$1" && break; sleep 0.2; done
            """
        defer { close(ends[0]) }
        _ = try ChildProcess(["sh", "-c", script, "undertaker", directory], input: ends[0])
        return ends[1]
    }
}
