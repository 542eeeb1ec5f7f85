internal import CoreMetrics
internal import Domain
internal import Storage
internal import Telemetry

/// What intake counts of the news that it tells.
enum PushMetrics {
    enum Outcome: String, CaseIterable {
        case delivered, again, forgotten
        case givenUp = "given_up"
    }

    private static let messages = LabelledCounters(.pushMessages, ["outcome"])

    static func count(_ outcome: Outcome) { messages[outcome.rawValue].increment() }

    /// Shows every outcome from the beginning.
    static func expectAll() {
        for outcome in Outcome.allCases { _ = messages[outcome.rawValue] }
    }

    static func show(_ positions: [PushStore.Position], of jurisdiction: JurisdictionCode) {
        for position in positions {
            let stream = [("jurisdiction", jurisdiction.rawValue), ("agency", position.stream.rawValue)]
            Meter(.streamLag, stream + [("consumer", "push")]).set(max(0, position.head - position.seen))
        }
    }
}
