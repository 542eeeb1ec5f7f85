internal import Domain
internal import Storage

/// Folds events into what they add to the rollups: sums only, so neither order nor the cut into batches matters.
///
/// A report counts in the day (city time) on which it was received, its resolution in the day of that. `assigned` puts it where it is;
/// `transferred_out` takes it away from where it was; every other event moves it from its previous
/// status to its new one. A key that was touched stays in the delta even when it comes to 0: so the
/// rows that a rebuild makes are the same whatever batches it reads.
struct Fold {
    /// Where the category or the area is not known.
    static let unknown = ""

    private(set) var delta = RollupDelta()
    private let stream: AgencyCode
    private let offsetSeconds: Int

    /// - Parameter offsetSeconds: the city's offset from UTC.
    init(stream: AgencyCode, offsetSeconds: Int) {
        self.stream = stream
        self.offsetSeconds = offsetSeconds
    }

    mutating func add(_ event: EventFacts) {
        if event.isUncounted { return }
        switch event.type {
        case EventType.assigned.rawValue:
            move(event, to: event.status, by: 1)
            if event.version == 1 { flow(event, opened: 1, finished: 0) }
        case EventType.transferredOut.rawValue:
            move(event, to: event.previousStatus, by: -1)
        default:
            guard let previous = event.previousStatus, previous != event.status else { return }
            move(event, to: previous, by: -1)
            move(event, to: event.status, by: 1)
            let (was, isNow) = (Self.isOpen(previous), Self.isOpen(event.status))
            if was && !isNow { flow(event, opened: 0, finished: 1) }
            if !was && isNow { flow(event, opened: 1, finished: 0) }
            addTime(event)
        }
    }

    private static func isOpen(_ status: String) -> Bool { ReportStatus(rawValue: status)?.isOpen ?? false }

    private mutating func move(_ event: EventFacts, to status: String?, by n: Int64) {
        guard let status else { return }
        let key = RollupDelta.StateKey(
            day: day(of: event.receivedAt), agency: stream.rawValue, category: event.category ?? Self.unknown,
            area: event.area ?? Self.unknown, status: status)
        delta.states[key, default: 0] += n
    }

    /// A resolution adds its time; a reopening carries the time of the resolution that it takes back.
    private mutating func addTime(_ event: EventFacts) {
        guard let seconds = event.resolveSeconds else { return }
        // Both name the day of the resolution, so that taking it back meets the row that it was added to.
        let resolvedAt = event.receivedAt.adding(seconds: Int(seconds))
        let sign: Int64 = event.type == EventType.reopened.rawValue ? -1 : 1
        let key = RollupDelta.TimeKey(
            day: day(of: resolvedAt), agency: stream.rawValue, category: event.category ?? Self.unknown,
            area: event.area ?? Self.unknown, bucket: Int16(DurationHistogram.bucket(seconds: Int(seconds))))
        let known = delta.times[key] ?? (0, 0)
        delta.times[key] = (known.n + sign, known.onTime + (event.onTime == true ? sign : 0))
    }

    private mutating func flow(_ event: EventFacts, opened: Int64, finished: Int64) {
        let key = RollupDelta.FlowKey(day: day(of: event.occurredAt), agency: stream.rawValue)
        let known = delta.flows[key] ?? (0, 0)
        delta.flows[key] = (known.opened + opened, known.finished + finished)
    }

    private func day(of time: Timestamp) -> Int32 { CityDay(time, offsetSeconds: offsetSeconds).number }
}
