import Glibc
import Logging
import PostgreSQL
import Synchronization
import TestSupport
import Testing

/// Waits for something that comes about elsewhere, and fails the test when it does not.
func eventually(
    within limit: Duration = .seconds(10), _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
    _ isTrue: () async throws -> Bool
) async rethrows {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await isTrue() { return }
        await Task.yield()
    }
    Issue.record("never came about: \(what)", sourceLocation: sourceLocation)
}

/// A pool of the test's own on the test's database.
func withPool(
    _ configure: (inout PostgresConfiguration) -> Void, logger: Logger = Logger(label: "test"),
    _ body: (PostgresPool) async throws -> Void
) async throws {
    let fixture = Fixture.current
    var configuration = try PostgresConfiguration(url: fixture.url)
    configure(&configuration)
    try await PostgresPool.with(configuration, reactor: fixture.reactor, logger: logger, body)
}

/// Expects an error of the database and gives it back.
func failure(
    _ kind: PostgresError.Kind, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> PostgresError? {
    let error = await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) { try await body() }
    #expect(error?.kind == kind, "\(error?.description ?? "")", sourceLocation: sourceLocation)
    return error
}

extension PostgresPool {
    func int(_ sql: SQL) async throws -> Int {
        try await query(sql).one().decode(Int.self, at: 0)
    }

    /// The server's process behind the pool's first free connection.
    func backend() async throws -> Int32 {
        try await query("SELECT pg_backend_pid()").one().decode(Int32.self, at: 0)
    }
}

/// How long `body` takes.
func time(_ body: () async throws -> Void) async rethrows -> Duration {
    let start = ContinuousClock.now
    try await body()
    return start.duration(to: .now)
}
