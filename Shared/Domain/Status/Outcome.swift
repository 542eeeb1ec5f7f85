/// Who does something to a report.
package enum Actor: Hashable, Sendable {
    case agency(AgencyCode)
    /// Who shows the report's own key.
    case reporter
    /// Anyone who may read the report.
    case reader
    case routing
    case clock

    /// How history and events name it.
    package var name: String {
        switch self {
        case .agency: "agency"
        case .reporter: "reporter"
        case .reader: "reader"
        case .routing, .clock: "system"
        }
    }
}

/// One event for one stream.
package struct StreamEntry: Hashable, Sendable {
    package var stream: AgencyCode
    package var type: EventType

    package init(stream: AgencyCode, type: EventType) {
        self.stream = stream
        self.type = type
    }
}

/// What a command carried, as history and events tell it.
package struct EventDetails: Hashable, Sendable {
    package var note: String?
    package var internalNote: String?
    package var reason: String?
    package var of: CommandRequest.ReportReference?
    package var referTo: String?
    package var until: Timestamp?
    package var to: AgencyCode?
    package var from: AgencyCode?
    /// Which promise was broken.
    package var deadline: DeadlineKind?
    package var actor: String?
    /// The reporter's judgement, 1 to 5.
    package var rating: Int?
    /// What the agency did where the event's type alone does not tell: `ask` or `contact`.
    package var command: Command?
    /// The numbers of the photos that came with it.
    package var photos: [Int] = []

    package init() {}

    init(_ request: CommandRequest) {
        note = request.note
        internalNote = request.internalNote
        actor = request.actor
        photos = request.photos
        switch request.action {
        case .hold(let reason, let until): (self.reason, self.until) = (reason, until)
        case .reject(let reason, let of, let referTo):
            (self.reason, self.of, self.referTo) = (reason.rawValue, of, referTo)
        case .transfer(let to, let reason, _, _): (self.to, self.reason) = (to, reason)
        case .escalate(let kind): deadline = kind
        case .rate(let rating): self.rating = rating
        case .ask: command = .ask
        case .contact(let reason): (command, self.reason) = (.contact, reason)
        case .acknowledge, .start, .resume, .resolve, .comment, .reopen, .withdraw, .follow, .close, .erase: break
        }
    }
}

/// A timer to be set.
package struct DeadlineChange: Hashable, Sendable {
    package var kind: DeadlineKind
    package var dueAt: Timestamp

    package init(kind: DeadlineKind, dueAt: Timestamp) {
        self.kind = kind
        self.dueAt = dueAt
    }
}

/// Everything that follows from one command; the store writes it in one transaction.
package struct Outcome: Hashable, Sendable {
    package var state: ReportState
    package var previousStatus: ReportStatus
    /// The line in the report's history, of the type that people are told.
    package var event: EventType
    package var by: Actor
    package var at: Timestamp
    package var details: EventDetails
    /// Why the agency has it; only with an `assigned` among the entries.
    package var why: String?
    package var entries: [StreamEntry]
    /// Set, or moved when one of the kind stands already.
    package var deadlinesToPut: [DeadlineChange]
    package var deadlinesToRemove: [DeadlineKind]
}

extension Outcome {
    /// What a report's texts were is taken out of everything that is kept.
    package static func redaction(of state: ReportState, at now: Timestamp) -> Outcome {
        var after = state
        after.version += 1
        return Outcome(
            state: after, previousStatus: state.status, event: .redacted, by: .routing, at: now,
            details: EventDetails(), why: nil, entries: [], deadlinesToPut: [], deadlinesToRemove: [])
    }
}
