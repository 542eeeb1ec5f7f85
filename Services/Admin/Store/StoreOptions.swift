internal import ArgumentParser
internal import FoundationEssentials
internal import Logging
internal import PostgreSQL
internal import Reactor

/// How a subcommand reaches the store: the owner's address and password, from options or the environment.
struct StoreOptions: ParsableArguments {
    @Option(help: "The store, postgresql://user@host:port/database (default: $SASANDO_STORE_URL).")
    var store: String?

    @Option(help: "A file with the password (default: $SASANDO_STORE_PASSWORD_FILE).")
    var storePasswordFile: String?

    /// Runs `body` with a pool of two connections, and closes it after.
    func withPool<Result: Sendable>(
        _ body: @escaping @Sendable (PostgresPool) async throws -> Result
    ) async throws -> Result {
        let environment = ProcessInfo.processInfo.environment
        guard let url = store ?? environment["SASANDO_STORE_URL"], !url.isEmpty else {
            throw ValidationError("no store: give --store or set SASANDO_STORE_URL")
        }
        var password: String?
        if let file = storePasswordFile ?? environment["SASANDO_STORE_PASSWORD_FILE"], !file.isEmpty {
            password = try Secret.text(inFile: file)
        }
        var configuration = try PostgresConfiguration(url: url, password: password)
        configuration.applicationName = "sasandoctl"
        configuration.size = 2
        configuration.statementTimeout = .seconds(120)
        configuration.lockTimeout = .seconds(30)
        configuration.queryTimeout = .seconds(130)
        configuration.leaseTimeout = .seconds(10)
        var logger = Logger(label: "sasandoctl")
        logger.logLevel = .error
        let reactor = Reactor(name: "sasandoctl")
        defer { reactor.stop() }
        let pool = PostgresPool(configuration: configuration, reactor: reactor, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pool.run() }
            defer { group.cancelAll() }
            return try await body(pool)
        }
    }
}

/// The city that a subcommand works on.
struct CityOptions: ParsableArguments {
    @Option(help: "The city's code.")
    var jurisdiction: String = "kupang"
}

/// Secrets are files: never arguments, never the environment.
enum Secret {
    /// The file's text without the line end.
    static func text(inFile path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Refusal("cannot read the secret file \(path): check that it is there and readable")
        }
        let text = String(decoding: data, as: UTF8.self).trimmingPrefix { $0.isWhitespace }
        let end = text.lastIndex { !$0.isWhitespace }.map { text.index(after: $0) } ?? text.startIndex
        guard end > text.startIndex else { throw Refusal("the secret file \(path) is empty") }
        return String(text[..<end])
    }
}

/// A refusal in plain words; the exit status is 1.
struct Refusal: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
