internal import Runtime
internal import ServiceLifecycle

/// Wires the door for consumers over ZeroMQ together; without a key there is none.
struct StreamPart: Sendable {
    let services: [any Service]

    init(
        settings: CurveDoorSettings?, streams: StreamDoor.Streams, keys: CurveKeyWatch, limiter: RateLimiter,
        process: ServiceProcess
    ) {
        guard let settings else {
            services = []
            return
        }
        let door = StreamDoor(
            settings: settings, streams: streams, keys: keys, limiter: limiter, logger: process.logger)
        process.health.add("zeromq") { door.endpoint == nil ? "not listening yet" : nil }
        services = [door]
    }
}
