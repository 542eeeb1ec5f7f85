internal import Runtime

/// Analytics' settings: those that every service has.
struct AnalyticsConfiguration: ServiceConfiguration {
    var runtime: RuntimeSettings

    init(_ keys: inout ConfigurationKeys) {
        runtime = RuntimeSettings(&keys, httpPort: 8084)
    }
}
