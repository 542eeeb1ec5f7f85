/// The times promised for one report.
package struct Deadlines: Hashable, Sendable {
    package var acknowledgeBy: Timestamp
    package var arriveBy: Timestamp?
    package var resolveBy: Timestamp

    package init(acknowledgeBy: Timestamp, arriveBy: Timestamp? = nil, resolveBy: Timestamp) {
        self.acknowledgeBy = acknowledgeBy
        self.arriveBy = arriveBy
        self.resolveBy = resolveBy
    }

    package subscript(kind: DeadlineKind) -> Timestamp? {
        switch kind {
        case .acknowledge: acknowledgeBy
        case .arrive: arriveBy
        case .resolve: resolveBy
        case .resume, .close, .forget: nil
        }
    }
}

/// What a durable timer waits for.
package enum DeadlineKind: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    case acknowledge = "acknowledge_by"
    case arrive = "arrive_by"
    case resolve = "resolve_by"
    /// The end of a hold that named its end.
    case resume
    /// The end of the time in which a resolved report may be said not to be done.
    case close
    /// The end of the time for which the reporter's identity is kept after the report's end.
    case forget

    /// Whether it stands for something that the city has promised.
    package var isPromise: Bool { [.acknowledge, .arrive, .resolve].contains(self) }

    package static func < (a: DeadlineKind, b: DeadlineKind) -> Bool { a.rawValue < b.rawValue }
}
