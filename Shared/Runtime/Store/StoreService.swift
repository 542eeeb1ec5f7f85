internal import Domain
internal import HTTPTypes
package import Logging
package import PostgreSQL
package import Reactor
internal import ServiceLifecycle

/// The pool as a part of a service: it opens first and closes last.
package struct StoreService: Service {
    package let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The pool that the settings describe, under this service's name.
    package init(_ settings: StoreSettings, name: String, reactor: Reactor, logger: Logger) throws(StartFailure) {
        pool = PostgresPool(
            configuration: try settings.configuration(name: name), reactor: reactor, logger: logger)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { [pool] in await pool.run() }
    }
}

extension StoreSettings {
    /// What the pool needs; `name` is shown in `pg_stat_activity`.
    package func configuration(name: String) throws(StartFailure) -> PostgresConfiguration {
        do throws(PostgresError) {
            var configuration = try PostgresConfiguration(url: url, password: password?.text)
            configuration.applicationName = "sasando-\(name)"
            configuration.size = connections
            return configuration
        } catch {
            throw StartFailure(
                "SASANDO_STORE_URL is \(error.message)", advice: "Write postgresql://user@host:port/database",
                code: .configuration)
        }
    }
}

extension PostgresError: ProblemConvertible {
    /// 503 where the same request may succeed a moment later, else 500; the reason is for the log alone.
    package var problem: ProblemDetails {
        switch kind {
        case .connection, .commitUnknown, .timeout, .poolExhausted, .cancelled:
            .unavailable("The store cannot be reached in time; Send the request again.")
        case .server where isRetryable:
            .unavailable("The store is busy. Send the request again.")
        case .server, .decoding, .configuration, .usage:
            .internalError
        }
    }
}
