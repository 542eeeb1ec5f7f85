internal import CoreMetrics
internal import Domain
internal import Telemetry

/// What consumers over ZeroMQ ask for, and how many events they were sent.
struct StreamMetrics: Sendable {
    enum Request: String, CaseIterable {
        case hello, credit
        case acknowledge = "ack"
        /// It asks for nothing, or at the wrong time.
        case malformed
        /// The key was open when the connection was made, and is not any more.
        case revoked
    }

    private static let requests = LabelledCounters(.streamRequests, ["command"])
    private static let delivered = Counter(.deliveries, [("way", ConsumerSeats.Way.zeromq.rawValue)])

    /// Shows what it counts before the first consumer has come.
    static func expectAll() {
        _ = delivered
        for request in Request.allCases { _ = requests[request.rawValue] }
    }

    static func count(_ request: Request) { requests[request.rawValue].increment() }

    static func count(_ command: StreamCommand) {
        switch command {
        case .hello: count(.hello)
        case .credit: count(.credit)
        case .acknowledge: count(.acknowledge)
        }
    }

    static func delivered(_ count: Int) { delivered.increment(by: count) }
}
