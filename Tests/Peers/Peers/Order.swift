/// What one run of this tool does with a broker: its only argument, as JSON.
struct Order: Decodable, Sendable {
    enum Broker: String, Decodable, Sendable {
        case rabbitmq
        case nats
    }

    var broker: Broker
    /// Where it listens, on this machine.
    var port: Int
    /// Reports published on a fixed schedule (an open loop); without it, as many as are acknowledged (a closed loop).
    var perSecond: Int?
    /// Before what is measured.
    var warmUpSeconds: Int
    var seconds: Int
    /// The most reports that are published and not yet acknowledged.
    var inFlight: Int
    /// Whether reports go on to their agency and its consumer; else they are published, and no more.
    var isRouted: Bool
    /// How long the last reports may take after the last was published.
    var patienceSeconds: Int
    /// The body of every report, with `#0000000000` where its number goes.
    var report: String
    /// The code of the agency for each category.
    var agencies: [String: String]
    /// Whose queue is consumed; all reports of the load are for it.
    var agency: String
}

/// What came of it: printed as JSON.
struct Outcome: Encodable, Sendable {
    struct Latency: Encodable, Sendable {
        var p50: Double
        var p99: Double
    }

    /// Acknowledged by the broker, after the warm-up or before.
    var accepted: Int
    /// Reports that the consumer had, each counted once.
    var delivered: Int
    /// Deliveries beyond the first of a report.
    var repeated: Int
    /// From the first report's publication to the last one's delivery, or to its acknowledgement where none is routed.
    var elapsedSeconds: Double
    /// From when a report was due to its acknowledgement, in milliseconds.
    var acknowledgement: Latency
    /// From when a report was due to its delivery, in milliseconds.
    var delivery: Latency
}

/// Why a run came to nothing.
struct BrokerFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
