internal import CoreMetrics
internal import Domain
internal import Logging
internal import PostgreSQL
internal import Runtime
internal import ServiceLifecycle
internal import Storage
internal import Telemetry

/// Wires the ZeroMQ door together; without a key there is none.
struct IngressPart: Sendable {
    let services: [any Service]

    init(
        settings: CurveDoorSettings?, cities: ServedCities, filing: ReportFiling, limiter: RateLimiter,
        pool: PostgresPool, process: ServiceProcess
    ) {
        let inFlight = Meter(.ingressInFlight)
        inFlight.set(0)
        _ = IngressMetrics()
        guard let settings else {
            services = []
            return
        }
        let door = IngressDoor(
            settings: settings, desk: IngressDesk(cities: cities, filing: filing, limiter: limiter),
            keys: CurveKeyWatch(logger: process.logger) { try await AccessStore(pool: pool).curveKeys() },
            logger: process.logger)
        process.metrics.beforeExposition { inFlight.set(door.inFlight) }
        process.health.add("ingress") { door.endpoint == nil ? "not listening yet" : nil }
        services = [door]
    }
}
