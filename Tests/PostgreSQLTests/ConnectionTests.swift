import Glibc
import Logging
import PostgreSQL
import Synchronization
import TestSupport
import TestTraits
import Testing

@Suite("Settings of a connection", .freshDatabase)
struct ConnectionTests {
    @Test("every connection has its bounds, its name and durable commits")
    func settings() async throws {
        try await withPool {
            $0.applicationName = "Intake 7"
            $0.lockTimeout = .milliseconds(123)
        } _: { pool in
            let names = [
                "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "application_name",
                "synchronous_commit", "TimeZone", "client_encoding", "tcp_keepalives_idle",
            ]
            let values = try await pool.query(
                "SELECT current_setting(name) FROM unnest(\(names)) WITH ORDINALITY AS n (name, i) ORDER BY i"
            ).decode(String.self)
            #expect(values == ["5s", "123ms", "1s", "Intake 7", "on", "UTC", "UTF8", "7200"])
        }
    }

    @Test("the server's notices go to the log at debug")
    func notices() async throws {
        let log = RecordedLog()
        var logger = Logger(label: "test") { _ in log }
        logger.logLevel = .debug
        try await withPool({ $0.size = 1 }, logger: logger) { pool in
            try await pool.query("DO $$ BEGIN RAISE WARNING 'mind the gap'; END $$")
        }
        #expect(log.lines.withLock { $0 }.contains { $0.contains("debug") && $0.contains("mind the gap") })
    }

    @Test("the address that reaches the store is known")
    func localAddress() async throws {
        let address = try await Fixture.current.pool.withConnection { await $0.localAddress }
        #expect(address == "127.0.0.1")
    }

    @Test("of several hosts the first that can be written to is taken")
    func severalHosts() async throws {
        let fixture = Fixture.current
        // One that refuses, one that is no PostgreSQL at all, and the real one.
        let mute = try MuteServer()
        let url =
            "postgresql://postgres@127.0.0.1:1,127.0.0.1:\(mute.port),localhost:\(fixture.cluster.port)/\(fixture.database)"
        var configuration = try PostgresConfiguration(url: url)
        configuration.connectTimeout = .milliseconds(200)
        try await PostgresPool.with(configuration, reactor: fixture.reactor, logger: Logger(label: "test")) { pool in
            let answer = try await pool.int("SELECT \(1)")
            #expect(answer == 1)
        }
        try await fixture.pool.query(
            "ALTER DATABASE \(identifier: fixture.database) SET default_transaction_read_only = on")
        configuration.leaseTimeout = .milliseconds(500)
        try await PostgresPool.with(configuration, reactor: fixture.reactor, logger: Logger(label: "test")) { pool in
            let error = await failure(.connection) { try await pool.query("SELECT 1") }
            #expect(error?.message.contains("read-only") == true, "\(error!)")
        }
    }

    @Test("a name that does not exist is an error and not a pause of the reactor")
    func unknownHost() async throws {
        var configuration = try PostgresConfiguration(url: "postgresql://postgres@store.invalid/postgres")
        configuration.leaseTimeout = .milliseconds(300)
        let reactor = Fixture.current.reactor
        try await PostgresPool.with(configuration, reactor: reactor, logger: Logger(label: "test")) { pool in
            let elapsed = await time {
                let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
                #expect(error?.isRetryable == true)
            }
            #expect(elapsed < .seconds(2), "\(elapsed)")
        }
    }

    @Test(
        "a URL that cannot be read is an error that does not repeat it",
        arguments: ["http://x", "postgresql://a:hunter2@[::1", "postgresql://a:hunter2@x/?nonsense=1", "hunter2"])
    func badURL(url: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
        #expect(error?.kind == .configuration && error?.description.contains("hunter2") == false)
    }
}

/// Accepts connections and never says a word.
final class MuteServer {
    let port: Int
    private let descriptor: CInt

    init() throws {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = bind(descriptor, pointer, length)
                _ = listen(descriptor, 16)
                _ = getsockname(descriptor, pointer, &length)
            }
        }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}

struct RecordedLog: LogHandler {
    final class Lines: Sendable {
        let lines = Mutex<[String]>([])
        func withLock<R: Sendable>(_ body: @Sendable (inout sending [String]) -> R) -> R {
            lines.withLock { body(&$0) }
        }
    }

    let lines = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
