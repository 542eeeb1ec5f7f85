internal import CoreMetrics
internal import Domain
internal import Storage
internal import Streams
internal import Telemetry

/// What a notifier counts of the endpoints that it pushes to. No address stands in a label.
struct WebhookMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        case delivered, again, disabled, replayed
        case deadLetter = "dead_letter"
        case replayFailed = "replay_failed"

        init(_ step: WebhookStep) {
            self =
                switch step {
                case .delivered: .delivered
                case .again: .again
                case .deadLetter: .deadLetter
                case .disable: .disabled
                }
        }
    }

    private static let attempts = LabelledCounters(.webhookAttempts, ["outcome"])
    private static let delivered = Counter(.deliveries, [("way", "webhook")])

    private let active: Meter
    private let disabled: Meter
    private let lag: Meter

    init(_ reader: StreamReader) {
        let stream = [("jurisdiction", reader.jurisdiction.rawValue), reader.stream.label]
        active = Meter(.webhooks, stream + [("state", "active")])
        disabled = Meter(.webhooks, stream + [("state", "disabled")])
        lag = Meter(.streamLag, stream + [("consumer", "webhook")])
        for outcome in Outcome.allCases { _ = Self.attempts[outcome.rawValue] }
        _ = Self.delivered
    }

    func count(_ outcome: Outcome) {
        Self.attempts[outcome.rawValue].increment()
        if outcome == .delivered || outcome == .replayed { Self.delivered.increment() }
    }

    func show(_ count: WebhookCount) {
        active.set(count.active)
        disabled.set(count.disabled)
    }

    /// Shows in `metrics` how far the endpoints of this process are behind.
    func show(_ signals: WebhookSignals, in metrics: MetricRegistry) {
        metrics.beforeExposition { [lag] in
            if let behind = signals.worstLag { lag.set(behind) }
        }
    }
}
