import Foundation

/// The message brokers that run beside the stack, as `ops/lib/peers.sh` describes them.
struct Peers: Decodable, Sendable {
    struct Broker: Decodable, Sendable {
        var version: String
        var port: Int
        /// The block device of its volume; nil where it has none.
        var device: String?
        /// Why it does not run.
        var missing: String?
    }

    struct Own: Decodable, Sendable {
        /// Where the stack's store is, and the consumer's cursor beside it.
        var folder: String
        var device: String?
    }

    /// Why there is no volume for each store, and so no count of its syncs.
    var volumesMissing: String?
    var sasando: Own
    var rabbitmq: Broker
    var nats: Broker

    init(file: URL) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Peers.self, from: Data(contentsOf: file))
    }
}

/// Those that are compared; the names are as the table shows them.
enum Contender: String, CaseIterable, Sendable {
    case sasando = "Sasando"
    case rabbitmq = "RabbitMQ"
    case nats = "NATS"

    static let rivals: [Contender] = [.rabbitmq, .nats]
}

/// What a contender is to do for a while.
struct Stint: Sendable {
    /// Nil: as many as are acknowledged.
    var perSecond: Int?
    var warmUpSeconds = 0
    var seconds: Int
    /// The most reports that wait for their acknowledgement.
    var inFlight: Int
    /// The same for a broker, where it differs: one connection carries many.
    var brokersInFlight: Int?
    /// Whether reports go on to their agency and its consumer.
    var isRouted = true
}

/// What came of it.
struct StintResult: Sendable {
    /// Reports a second, from the first one's due time to the last one's end.
    var throughput: Double
    var accepted: Int
    var p50: Double
    var p99: Double
    /// Syncs of the contender's volume for each report; nil where they cannot be counted.
    var syncsPerReport: Double?
    /// Cores that were busy, with everything that ran.
    var coresBusy: Double
    /// Of these, what our load generator used; the brokers' does not say.
    var generatorCores: Double?
}

/// How often a volume was made to write all to its disk, as the kernel counts it.
struct SyncCounter: Sendable {
    let device: String

    /// The field "flush I/Os", the 16th of `/sys/block/<device>/stat` (Documentation/block/stat.rst of the kernel).
    func count() throws -> Int {
        let text = try String(contentsOfFile: "/sys/block/\(device)/stat", encoding: .utf8)
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count > 15, let count = Int(fields[15]) else {
            throw BenchFailure("the kernel counts no syncs of \(device)")
        }
        return count
    }
}
