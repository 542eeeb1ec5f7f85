internal import CoreMetrics
internal import Domain
internal import Storage
internal import Streams
internal import Telemetry

/// What analytics counts of its fold.
enum FoldMetrics {
    static let hintGaps = Counter(.hintGaps, [("reader", "fold")])
    private static let folded = LabelledCounters(.eventsFolded, ["agency"])

    static func count(_ events: Int, of stream: AgencyCode) { folded[stream.rawValue].increment(by: events) }

    /// Shows how far every stream reaches, and how much of it is not in the figures yet.
    static func show(_ positions: [FoldPosition], of jurisdiction: JurisdictionCode) {
        for position in positions {
            let stream = [("jurisdiction", jurisdiction.rawValue), ("agency", position.stream.rawValue)]
            Meter(.streamHead, stream).set(position.head)
            Meter(.streamLag, stream + [("consumer", "analytics")]).set(max(0, position.head - position.folded))
            _ = folded[position.stream.rawValue]
        }
    }
}
