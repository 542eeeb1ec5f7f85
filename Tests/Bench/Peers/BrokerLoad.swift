import Domain
import Foundation

/// Has `sasando-peers` (`Tests/Peers`) do to a broker what the load generator does to the stack.
struct BrokerLoad: Sendable {
    private struct Order: Encodable {
        var broker: String
        var port: Int
        var perSecond: Int?
        var warmUpSeconds: Int
        var seconds: Int
        var inFlight: Int
        var isRouted: Bool
        var patienceSeconds = 60
        var report: String
        var agencies: [String: String]
        var agency: String
    }

    private struct Outcome: Decodable {
        struct Latency: Decodable {
            var p50: Double
            var p99: Double
        }
        var accepted: Int
        var delivered: Int
        var repeated: Int
        var elapsedSeconds: Double
        var delivery: Latency
    }

    let contender: Contender
    let broker: Peers.Broker
    /// The code of the agency for each category, as the stack's own rules have it.
    let agencies: [String: String]

    /// - Returns: counts and latencies, without what is counted around it.
    func run(_ stint: Stint) async throws -> StintResult {
        let order = Order(
            broker: contender.rawValue.lowercased(), port: broker.port, perSecond: stint.perSecond,
            warmUpSeconds: stint.warmUpSeconds, seconds: stint.seconds,
            inFlight: stint.brokersInFlight ?? stint.inFlight,
            isRouted: stint.isRouted,
            report: String(decoding: LoadReport.body(number: 0, category: PeersFigure.category), as: UTF8.self),
            agencies: agencies, agency: Stack.agency)
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let printed = try await Tool("sasando-peers").run([String(decoding: try encoder.encode(order), as: UTF8.self)])
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let outcome = try decoder.decode(Outcome.self, from: Data(printed.utf8))
        let arrived = stint.isRouted ? outcome.delivered : outcome.accepted
        guard arrived > 0, arrived >= outcome.accepted else {
            throw BenchFailure("\(outcome.accepted) reports were accepted, and \(arrived) arrived within a minute")
        }
        return StintResult(
            throughput: Double(arrived) / outcome.elapsedSeconds, accepted: outcome.accepted,
            p50: outcome.delivery.p50, p99: outcome.delivery.p99, coresBusy: 0)
    }
}

extension Store {
    /// Where the city's rules send each category, when nothing but the category is known.
    func agenciesByCategory() async throws -> [String: String] {
        let city = try await city()
        let table = RoutingTable(city: city)
        let pairs = city.categories.map { category in
            let report = RoutableReport(
                id: UUID(), category: category.code, subtype: nil, area: nil, areaIsApproximate: true,
                channel: "integrator", receivedAt: Timestamp(microseconds: 0))
            let decision = table.decide(report, at: report.receivedAt)
            return (category.code.rawValue, decision.agency.rawValue)
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}
