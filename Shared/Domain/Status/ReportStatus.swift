/// Where a report stands; the raw value is its name in every answer and event.
package enum ReportStatus: String, Hashable, Sendable, Codable, CaseIterable {
    case received, triage, assigned, acknowledged
    case inProgress = "in_progress"
    case onHold = "on_hold"
    case resolved, closed, rejected, reopened, duplicate, withdrawn

    /// What a citizen sees: red waits, yellow is in work, green is done, grey ended otherwise.
    package enum Colour: String, Hashable, Sendable, CaseIterable { case red, yellow, green, grey }

    package var colour: Colour {
        switch self {
        case .received, .triage, .assigned, .reopened: .red
        case .acknowledged, .inProgress, .onHold: .yellow
        case .resolved, .closed: .green
        case .rejected, .duplicate, .withdrawn: .grey
        }
    }

    /// Whether someone still has to do something.
    package var isOpen: Bool { colour == .red || colour == .yellow }

    /// Whether it stays so unless somebody opens the report again.
    package var isEnd: Bool { !isOpen && self != .resolved }

    /// The status in Open311 GeoReport v2: `open` or `closed`.
    package var open311: String { isOpen ? "open" : "closed" }
}
