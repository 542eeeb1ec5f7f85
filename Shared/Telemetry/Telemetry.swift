internal import CoreMetrics
package import Logging

/// Sets up logging and metrics for a process, once.
package enum Telemetry {
    /// Sends every logger's records to standard error as JSON, and every metric to the registry that is returned.
    package static func bootstrap(level: Logger.Level) -> MetricRegistry {
        let registry = MetricRegistry()
        LoggingSystem.bootstrap { label in JSONLogHandler(label: label, level: level) }
        MetricsSystem.bootstrap(registry)
        return registry
    }
}
