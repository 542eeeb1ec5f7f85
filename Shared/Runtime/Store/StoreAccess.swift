package import PostgreSQL
package import Reactor
internal import ServiceLifecycle
internal import Storage

/// A service's way to the store: the reactor's thread and the pool of connections.
package final class StoreAccess: Service {
    package let reactor: Reactor
    package let pool: PostgresPool

    /// - Parameters:
    ///   - lockTimeout: the longest wait for one lock.
    ///   - queryTimeout: the longest wait for what is sent in one flush.
    package init(
        _ settings: StoreSettings, process: ServiceProcess, lockTimeout: Duration = .milliseconds(200),
        queryTimeout: Duration = .seconds(5)
    ) throws(StartFailure) {
        var configuration = try Self.configuration(settings)
        configuration.applicationName = "sasando-\(process.name)"
        configuration.size = settings.connections
        configuration.lockTimeout = lockTimeout
        configuration.queryTimeout = queryTimeout
        configuration.leaseTimeout = min(.milliseconds(1200), queryTimeout)
        configuration.maximumWaiters = 4096
        configuration.plansOnce = true
        reactor = Reactor(name: "sasando-store")
        pool = PostgresPool(configuration: configuration, reactor: reactor, logger: process.logger)
    }

    private static func configuration(_ settings: StoreSettings) throws(StartFailure) -> PostgresConfiguration {
        do throws(PostgresError) {
            return try PostgresConfiguration(url: settings.url, password: settings.password?.text)
        } catch {
            throw StartFailure(
                "SASANDO_STORE_URL is \(error.message)", advice: "Write postgresql://user@host:port/database.",
                code: .configuration)
        }
    }

    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.pool.run() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }

    /// The store is reachable, and its schema is the one that this executable needs.
    package func addChecks(to health: Health) {
        let pool = pool
        health.add("store") {
            try await pool.ping()
            return nil
        }
        health.add("schema") {
            let version = try await Migrations.version(of: pool)
            return version == Migrations.current
                ? nil : "the schema is at version \(version), not \(Migrations.current): run sasandoctl migrate"
        }
    }
}

/// Work that runs beside the doors until the service stops.
package struct Background: Service {
    private let name: String
    private let reactor: Reactor?
    private let work: @Sendable () async -> Void

    /// - Parameters:
    ///   - reactor: whose thread the work prefers, for what is mostly short and mostly talks to the store.
    ///   - work: ends when it is cancelled.
    package init(_ name: String, on reactor: Reactor? = nil, _ work: @escaping @Sendable () async -> Void) {
        self.name = name
        self.reactor = reactor
        self.work = work
    }

    package func run() async throws {
        await withTaskExecutorPreference(reactor) { await runUntilStopped() }
    }

    private func runUntilStopped() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }
}
