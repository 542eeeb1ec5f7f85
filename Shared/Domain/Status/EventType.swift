/// What happened to a report; the raw value is the short name.
package enum EventType: String, Hashable, Sendable, Codable, CaseIterable {
    case assigned, acknowledged, started, held, resumed, resolved, rejected
    case transferredOut = "transferred_out"
    case commented, reopened, closed, withdrawn, escalated, followed, rated, redacted
    case markedDuplicate = "marked_duplicate"

    /// The `type` of the CloudEvent, such as `sasando.report.assigned`.
    package var cloudEventType: String { "sasando.report." + rawValue }

    package init?(cloudEventType: some StringProtocol) {
        guard cloudEventType.hasPrefix("sasando.report.") else { return nil }
        self.init(rawValue: String(cloudEventType.dropFirst("sasando.report.".count)))
    }
}
