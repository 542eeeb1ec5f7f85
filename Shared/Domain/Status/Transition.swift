/// One row of the status machine: from where, by what, who may, to where, and the event that tells of it.
package struct Transition: Hashable, Sendable {
    /// Who may give the command.
    package enum Who: String, Hashable, Sendable, CaseIterable {
        /// The agency that has the report; in triage that is the triage agency.
        case holder
        /// A durable timer.
        case clock
    }

    package enum Target: Hashable, Sendable {
        case status(ReportStatus)
        /// The status stays as it is.
        case same
        /// `assigned`, or `triage` when the triage agency receives it.
        case receiver
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
    package static let table: [Transition] =
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
            // Nobody has begun yet when a hold merely runs out.
            Transition(.onHold, .resume, .clock, .status(.acknowledged), .resumed),
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
                Transition($0, .transfer, .holder, .receiver, .assigned),
                Transition($0, .escalate, .clock, .same, .escalated),
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

    /// The commands that `who` may give in this status, in the order in which a desk offers them.
    package static func allowed(from status: ReportStatus, by who: Who) -> [Command] {
        (Command.agency + [.escalate]).filter { row(from: status, $0, by: who) != nil }
    }
}
