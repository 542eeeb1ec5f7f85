package import FoundationEssentials

/// An event of an agency's stream that a channel's stream is to have.
package struct CopiedEvent: Hashable, Sendable {
    package var source: AgencyCode
    package var seq: Int64
    package var report: UUID
    package var version: Int
    package var type: String
    package var occurredAt: Timestamp
    /// Whether an earlier event of the report lies beyond what was read of another agency's stream.
    package var comesTooSoon: Bool

    package init(
        source: AgencyCode, seq: Int64, report: UUID, version: Int, type: String, occurredAt: Timestamp,
        comesTooSoon: Bool
    ) {
        self.source = source
        self.seq = seq
        self.report = report
        self.version = version
        self.type = type
        self.occurredAt = occurredAt
        self.comesTooSoon = comesTooSoon
    }

    /// Where it comes among its report's: who hands it over tells of it first, then who has it.
    var place: Int { version * 2 + (type == EventType.assigned.rawValue ? 1 : 0) }
}

/// What of the agencies' streams is copied now into a channel's, and in which order.
///
/// Between streams there is no order, but a report's events follow each other by their versions, also where it was handed
/// from one agency to another. All that is read is of one moment, so an event is missing only where a stream is read in
/// part: what follows it there has to wait. It never waits for ever, as the event that was committed first among all that
/// are left is at its stream's beginning, and waits for none.
package struct CopyPlan: Hashable, Sendable {
    /// In the order of the copy.
    package var events: [CopiedEvent]
    /// How far each stream has been copied then.
    package var reach: [AgencyCode: Int64]

    /// - Parameters:
    ///   - found: what was read, of each stream in the order of its numbers.
    ///   - reach: how far each stream was read.
    package init(_ found: [CopiedEvent], reach: [AgencyCode: Int64]) {
        var reach = reach
        func stop(before event: CopiedEvent) -> Bool {
            guard let end = reach[event.source], event.seq <= end else { return false }
            reach[event.source] = event.seq - 1
            return true
        }
        for event in found where event.comesTooSoon { _ = stop(before: event) }
        var isSettled = false
        while !isSettled {
            isSettled = true
            var missing: [UUID: Int] = [:]
            for event in found where event.seq > reach[event.source] ?? 0 {
                missing[event.report] = min(missing[event.report] ?? .max, event.place)
            }
            for event in found {
                if let first = missing[event.report], first < event.place, stop(before: event) { isSettled = false }
            }
        }
        events = Self.ordered(found.filter { $0.seq <= reach[$0.source] ?? 0 })
        self.reach = reach
    }

    /// By time, and each report's by their versions: clocks decide nothing about those.
    private static func ordered(_ events: [CopiedEvent]) -> [CopiedEvent] {
        var ordered = events.sorted {
            ($0.occurredAt, $0.source, $0.seq) < ($1.occurredAt, $1.source, $1.seq)
        }
        var places: [UUID: [Int]] = [:]
        for (index, event) in ordered.enumerated() { places[event.report, default: []].append(index) }
        for indices in places.values where indices.count > 1 {
            let sorted = indices.map { ordered[$0] }.sorted { ($0.place, $0.seq) < ($1.place, $1.seq) }
            for (index, event) in zip(indices, sorted) { ordered[index] = event }
        }
        return ordered
    }
}
