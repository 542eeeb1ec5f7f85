package import Domain
internal import FoundationEssentials
internal import Streams

/// Makes the events of outcomes, complete but for their numbers.
package struct EventMaker: Sendable {
    private let city: City
    private let areas: [AreaCode: ReportArea]

    package init(_ loaded: LoadedCity) {
        city = loaded.city
        areas = Dictionary(
            loaded.city.areas.map { area in
                (area.code, ReportArea(area, isApproximate: false))
            },
            uniquingKeysWith: { a, _ in a })
    }

    /// - Parameter before: the state that was decided by; nil for a report that is routed now.
    package func file(_ outcome: Outcome, before: ReportState?, report: ReportRecord) -> FiledOutcome {
        let isAssigned = outcome.entries.contains { $0.type == .assigned }
        let content = isAssigned ? self.content(report, outcome.state) : nil
        return FiledOutcome(
            outcome: outcome,
            events: outcome.entries.map {
                event($0, of: outcome, before: before, content: content, trace: report.trace)
            })
    }

    /// Tells `streams` that what a report said is gone: on this, consumers delete their copy.
    func redacted(_ outcome: Outcome, of work: WorkRecord, tell streams: [AgencyCode]) -> FiledOutcome {
        FiledOutcome(
            outcome: outcome,
            events: streams.map {
                event(
                    StreamEntry(stream: $0, type: .redacted), of: outcome, before: work.state, content: nil,
                    trace: work.report.trace)
            })
    }

    private func event(
        _ entry: StreamEntry, of outcome: Outcome, before: ReportState?, content: ReportContent?, trace: TraceContext?
    ) -> PendingEvent {
        var generator = SystemRandomNumberGenerator()
        let id = UUID.version7(at: outcome.at, random: (generator.next(), generator.next()))
        let state = outcome.state
        // What leaves a stream leaves it as what it was counted there.
        let counted = entry.type == .transferredOut ? before ?? state : state
        let resolution = resolution(entry.type, outcome, before)
        return PendingEvent(
            stream: entry.stream, eventID: id, type: entry.type, reportID: state.id, version: state.version,
            status: state.status, previousStatus: outcome.previousStatus, agency: state.agency,
            category: counted.category, subtype: counted.subtype, area: state.area, channel: state.channel,
            receivedAt: state.receivedAt, occurredAt: outcome.at, resolveSeconds: resolution?.seconds,
            onTime: resolution?.onTime,
            body: EventBody.render(id: id, entry: entry, of: outcome, content: content, trace: trace, city: city))
    }

    /// Of a resolution, or of the one that a reopening takes back.
    private func resolution(
        _ type: EventType, _ outcome: Outcome, _ before: ReportState?
    ) -> (seconds: Int64, onTime: Bool)? {
        let resolved: ReportState?
        switch type {
        case .resolved: resolved = outcome.state
        // A reopening may have begun the clocks anew; what it takes back was counted by those of before.
        case .reopened: resolved = before
        default: resolved = nil
        }
        guard let resolved, let at = resolved.resolvedAt else { return nil }
        return (Int64(at.seconds(since: resolved.receivedAt)), at <= resolved.deadlines.resolveBy)
    }

    private func content(_ report: ReportRecord, _ state: ReportState) -> ReportContent {
        var area = report.area.flatMap { areas[$0] }
        area?.isApproximate = report.isAreaApproximate
        return ReportContent(
            id: report.id, trackingCode: report.trackingCode, description: report.description,
            location: report.location, accuracyMetres: report.accuracy, locationSource: report.locationSource,
            area: area, address: report.address, rt: report.rt, rw: report.rw,
            landmark: report.landmark, media: report.photos.map { ReportContent.Media(photo: $0, of: report.id) },
            observedAt: report.observedAt,
            visibility: city.visibility(chosen: report.visibility, categories: [report.category, state.category]),
            answers: report.answers)
    }
}
