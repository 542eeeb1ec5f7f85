internal import CoreMetrics
internal import Telemetry

/// What routing counts.
enum RoutingMetrics {
    static let routed = Counter(.reportsRouted)
    static let timersFired = Counter(.deadlinesFired)
}
