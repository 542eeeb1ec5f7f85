internal import PostgreSQL
internal import Runtime
internal import ServiceLifecycle
internal import Storage

/// Wires the door for consumers over ZeroMQ together; without a key there is none.
struct StreamPart: Sendable {
    let services: [any Service]

    init(
        settings: CurveDoorSettings?, stream: LiveStream, limiter: RateLimiter, pool: PostgresPool,
        process: ServiceProcess
    ) {
        guard let settings else {
            services = []
            return
        }
        let door = StreamDoor(
            settings: settings, stream: stream,
            keys: CurveKeyWatch(logger: process.logger) { try await AccessStore(pool: pool).streamKeys() },
            limiter: limiter, logger: process.logger)
        process.health.add("zeromq") { door.endpoint == nil ? "not listening yet" : nil }
        services = [door]
    }
}
