internal import Logging
package import PostgreSQL
package import Reactor

/// How the databases of a test begin: a template, made once in a process and copied for each test.
package struct DatabaseTemplate: Sendable {
    package let name: String
    package let prepare: @Sendable (_ url: String) async throws -> Void

    /// - Parameter prepare: gets the template's URL, and has closed every connection to it when it returns.
    package init(named name: String, prepare: @escaping @Sendable (_ url: String) async throws -> Void) {
        self.name = name
        self.prepare = prepare
    }

    /// Nothing in it.
    package static let empty = DatabaseTemplate(named: "empty") { _ in }
}

/// What a test gets from `.freshDatabase`.
package struct Fixture: Sendable {
    package let cluster: Cluster
    /// The database's name.
    package let database: String
    /// The database's URL, for the superuser.
    package let url: String
    /// Four connections to it, for the superuser.
    package let pool: PostgresPool
    package let reactor: Reactor

    @TaskLocal private static var value: Fixture?

    /// The fixture of the running test, which has to have the trait `.freshDatabase`.
    package static var current: Fixture {
        guard let value else { preconditionFailure("the test lacks the trait .freshDatabase") }
        return value
    }

    /// Longer than the services': unoptimised tests, many at once, may be kept from the processor for a second.
    package static let idleInTransactionTimeout: Duration = .seconds(10)

    /// Makes a database for `body` and drops it afterwards.
    package static func with(
        _ template: DatabaseTemplate, configure: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: @Sendable () async throws -> Void
    ) async throws {
        let cluster = try await Cluster.shared
        let source = try await cluster.template(named: template.name, prepare: template.prepare)
        let database = try await cluster.createDatabase(from: source)
        let url = cluster.url(database: database)
        var configuration = try PostgresConfiguration(url: url)
        configuration.applicationName = "test"
        configuration.leaseTimeout = .seconds(10)
        configuration.idleInTransactionTimeout = Self.idleInTransactionTimeout
        configure(&configuration)
        try await PostgresPool.with(configuration, reactor: cluster.reactor, logger: Logger(label: "test")) { pool in
            let fixture = Fixture(
                cluster: cluster, database: database, url: url, pool: pool, reactor: cluster.reactor)
            try await $value.withValue(fixture) { try await body() }
        }
        try await cluster.dropDatabase(database)
    }
}
