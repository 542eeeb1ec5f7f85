internal import Runtime

/// Routing's settings: those that every service has.
struct RoutingConfiguration: ServiceConfiguration {
    var runtime: RuntimeSettings

    init(_ keys: inout ConfigurationKeys) {
        runtime = RuntimeSettings(&keys, httpPort: 8082)
    }
}
