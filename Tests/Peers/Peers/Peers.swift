import Foundation

/// Does with a message broker what Sasando does with a report: a durable, acknowledged publication; a hop that reads,
/// decides, publishes again and then acknowledges; a durable consumer that acknowledges. One run, one measurement.
@main
enum Peers {
    static func main() {
        do {
            guard CommandLine.arguments.count == 2 else { throw BrokerFailure("one argument is needed: an order") }
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let order = try decoder.decode(Order.self, from: Data(CommandLine.arguments[1].utf8))
            let outcome =
                switch order.broker {
                case .rabbitmq: try RabbitMQRun(order).run()
                case .nats: try NATSRun(order).run()
                }
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            print(String(decoding: try encoder.encode(outcome), as: UTF8.self))
        } catch {
            FileHandle.standardError.write(Data("sasando-peers: \(error)\n".utf8))
            exit(1)
        }
    }
}
