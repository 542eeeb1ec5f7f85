/// One row of the status machine: from where, by what, who may, to where, and the event that tells of it.
package struct Transition: Hashable, Sendable {
    /// Who may give the command.
    package enum Who: String, Hashable, Sendable, CaseIterable {
        /// The agency that has the report; in triage that is the triage agency.
        case holder
        /// Who shows the report's own key.
        case reporter
        /// Anyone who may read it.
        case reader
        /// A durable timer.
        case clock
    }

    package enum Target: Hashable, Sendable {
        case status(ReportStatus)
        /// The status stays as it is.
        case same
        /// `assigned`, or `triage` when the triage agency receives it.
        case receiver
        /// `reopened`, or `triage` when the triage agency has it.
        case again
        /// `duplicate` when that is the reason, else `rejected`.
        case ending
    }

    package var from: ReportStatus
    package var command: Command
    package var who: Who
    package var to: Target
    package var event: EventType

    private init(_ from: ReportStatus, _ command: Command, _ who: Who, _ to: Target, _ event: EventType) {
        self.from = from
        self.command = command
        self.who = who
        self.to = to
        self.event = event
    }

    /// The whole machine. What does not stand here is refused.
    ///
    /// ```
    ///  received ─(routing)─▶ triage ⇄ assigned ─▶ acknowledged ─▶ in_progress ─▶ resolved
    ///                                   ▲ │  └───────▶ on_hold ◀──────┘  ▲          │
    ///                                   │ └─▶ rejected, duplicate        │          ▼
    ///                                   └──────────── transfer ──────────┴──── reopened
    /// ```
    ///
    /// The reporter may withdraw what is open, and reopen what has ended; `resolved` becomes `closed` when the time for
    /// saying that it is not done has passed.
    package static let table: [Transition] = holders + clocks + reporters

    private static let holders =
        rows(.assigned, .reopened) {
            [
                Transition($0, .acknowledge, .holder, .status(.acknowledged), .acknowledged),
                Transition($0, .start, .holder, .status(.inProgress), .started),
                Transition($0, .hold, .holder, .status(.onHold), .held),
            ]
        }
        + [
            Transition(.acknowledged, .start, .holder, .status(.inProgress), .started),
            Transition(.acknowledged, .hold, .holder, .status(.onHold), .held),
            Transition(.inProgress, .hold, .holder, .status(.onHold), .held),
            Transition(.onHold, .resume, .holder, .status(.inProgress), .resumed),
            Transition(.resolved, .reopen, .holder, .status(.reopened), .reopened),
        ]
        + rows(.acknowledged, .inProgress, .onHold) {
            [
                Transition($0, .resolve, .holder, .status(.resolved), .resolved)
            ]
        }
        + rows(.triage, .assigned, .reopened, .acknowledged, .onHold) {
            [
                Transition($0, .reject, .holder, .ending, .rejected)
            ]
        }
        + rows(.triage, .assigned, .reopened, .acknowledged, .inProgress, .onHold) {
            [
                Transition($0, .transfer, .holder, .receiver, .assigned)
            ]
        }
        + rows(
            .triage, .assigned, .reopened, .acknowledged, .inProgress, .onHold, .resolved, .closed, .rejected,
            .duplicate
        ) {
            [
                Transition($0, .comment, .holder, .same, .commented)
            ]
        }
        // What is still to be done, or may be said not to be, is what a reporter is troubled for.
        + rows(.triage, .assigned, .reopened, .acknowledged, .inProgress, .onHold, .resolved) {
            [
                Transition($0, .ask, .holder, .same, .commented),
                Transition($0, .contact, .holder, .same, .commented),
            ]
        }

    private static let clocks =
        rows(.triage, .assigned, .reopened, .acknowledged, .inProgress, .onHold) {
            [
                Transition($0, .escalate, .clock, .same, .escalated)
            ]
        }
        + [
            // Nobody has begun yet when a hold merely runs out.
            Transition(.onHold, .resume, .clock, .status(.acknowledged), .resumed),
            Transition(.resolved, .close, .clock, .status(.closed), .closed),
        ]

    private static let reporters =
        rows(.triage, .assigned, .reopened, .acknowledged, .inProgress, .onHold) {
            [
                Transition($0, .comment, .reporter, .same, .commented),
                Transition($0, .withdraw, .reporter, .status(.withdrawn), .withdrawn),
                Transition($0, .follow, .reader, .same, .followed),
            ]
        }
        + rows(.resolved, .closed) {
            [
                Transition($0, .comment, .reporter, .same, .commented),
                Transition($0, .rate, .reporter, .same, .rated),
                Transition($0, .reopen, .reporter, .again, .reopened),
                Transition($0, .follow, .reader, .same, .followed),
            ]
        }
        + [
            Transition(.rejected, .comment, .reporter, .same, .commented),
            Transition(.rejected, .reopen, .reporter, .again, .reopened),
            Transition(.duplicate, .comment, .reporter, .same, .commented),
        ]
        // Whoever wrote it may have it erased, whatever became of it.
        + rows(
            .triage, .assigned, .reopened, .acknowledged, .inProgress, .onHold, .resolved, .closed, .rejected,
            .duplicate, .withdrawn
        ) {
            [
                Transition($0, .erase, .reporter, .same, .redacted)
            ]
        }

    private static func rows(_ from: ReportStatus..., make: (ReportStatus) -> [Transition]) -> [Transition] {
        from.flatMap(make)
    }

    private static let index: [Key: Transition] = Dictionary(
        uniqueKeysWithValues: table.map { (Key(from: $0.from, command: $0.command, who: $0.who), $0) })

    private struct Key: Hashable {
        var from: ReportStatus
        var command: Command
        var who: Who
    }

    package static func row(from: ReportStatus, _ command: Command, by who: Who) -> Transition? {
        index[Key(from: from, command: command, who: who)]
    }

    /// The commands that `who` may give in this status, in the order in which they are offered.
    package static func allowed(from status: ReportStatus, by who: Who) -> [Command] {
        who.commands.filter { row(from: status, $0, by: who) != nil }
    }
}

extension Transition.Who {
    fileprivate var commands: [Command] {
        switch self {
        case .holder: Command.agency
        case .reporter: Command.reporter
        case .reader: [.follow]
        case .clock: [.resume, .escalate, .close]
        }
    }
}
