internal import CoreMetrics
internal import Domain
internal import Telemetry

/// What intake counts of chats: channels and outcomes, and nothing of people.
enum ChatMetrics {
    enum Call: String, CaseIterable {
        case taken, forged, unreadable
    }

    enum Delivery: String, CaseIterable {
        case delivered, again, unreachable, withheld
        case givenUp = "given_up"
    }

    private static let calls = LabelledCounters(.chatCalls, ["channel", "outcome"])
    private static let deliveries = LabelledCounters(.chatDeliveries, ["channel", "outcome"])

    static func count(_ outcome: Call, of channel: ChannelCode) {
        calls[channel.rawValue, outcome.rawValue].increment()
    }

    static func count(_ outcome: Delivery, of channel: ChannelCode) {
        deliveries[channel.rawValue, outcome.rawValue].increment()
    }

    /// Shows every outcome from the beginning.
    static func expectAll() {
        for channel in [ChannelCode.whatsapp, .telegram] {
            for outcome in Call.allCases { _ = calls[channel.rawValue, outcome.rawValue] }
            for outcome in Delivery.allCases { _ = deliveries[channel.rawValue, outcome.rawValue] }
        }
    }
}
