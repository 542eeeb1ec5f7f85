internal import CoreMetrics
internal import Domain
internal import Runtime
internal import Storage
internal import Synchronization
internal import Telemetry

/// What routing counts.
enum RoutingMetrics {
    private static let claimSize = Recorder(.routingClaimSize)
    private static let claimDuration = CoreMetrics.Timer(.routingClaimDuration)
    private static let delay = CoreMetrics.Timer(.routingDelay)
    static let hintGaps = Counter(.hintGaps, [("reader", "inbox")])
    private static let routed = LabelledCounters(.reportsRouted, ["agency"])
    private static let fired = LabelledCounters(.deadlinesFired, ["kind"])
    private static let missed = LabelledCounters(.deadlinesMissed, ["agency", "kind"])

    /// Counts a claim whose reports were filed.
    static func count(_ filed: [(item: InboxItem, filed: FiledOutcome)], in duration: Duration) {
        claimSize.record(filed.count)
        claimDuration.recordNanoseconds(duration.nanoseconds)
        var agencies: [AgencyCode: Int] = [:]
        for report in filed {
            let outcome = report.filed.outcome
            agencies[outcome.state.agency, default: 0] += 1
            delay.recordNanoseconds(max(0, outcome.at.microseconds(since: outcome.state.receivedAt)) * 1000)
        }
        for (agency, count) in agencies { routed[agency.rawValue].increment(by: count) }
    }

    /// Counts timers that fired; those that had something to do, but for the end of a hold, as promises missed.
    static func count(_ timers: [Firing.Timer]) {
        for timer in timers {
            fired[timer.kind.rawValue].increment()
            if timer.hadEffect, timer.kind.isPromise { missed[timer.agency.rawValue, timer.kind.rawValue].increment() }
        }
    }

    /// Shows every agency's promises from the start: a counter that comes with its first miss hides it from `rate()`.
    static func expect(agencies: [AgencyCode]) {
        for kind in DeadlineKind.allCases {
            _ = fired[kind.rawValue]
            guard kind.isPromise else { continue }
            for agency in agencies { _ = missed[agency.rawValue, kind.rawValue] }
        }
        for agency in agencies { _ = routed[agency.rawValue] }
    }
}
