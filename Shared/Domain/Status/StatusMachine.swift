/// Decides what a command does; the rows are in `Transition.table`, what else must hold is here.
package enum StatusMachine {
    /// The first state of a report, as routing decided it.
    package static func assign(_ report: RoutableReport, _ decision: Decision, at now: Timestamp) -> Outcome {
        let state = ReportState(
            id: report.id, category: report.category, subtype: report.subtype, area: report.area,
            channel: report.channel, receivedAt: report.receivedAt, status: decision.status, version: 1,
            agency: decision.agency, priority: decision.priority, deadlines: decision.deadlines)
        return Outcome(
            state: state, previousStatus: .received, event: .assigned, by: .routing, at: now,
            details: EventDetails(), why: decision.why,
            entries: [StreamEntry(stream: decision.agency, type: .assigned)],
            deadlinesToPut: deadlines(pendingIn: state), deadlinesToRemove: [])
    }

    /// Carries out `request` on a report in `state`, or says why not.
    ///
    /// Checked in this order: the sender has the report, its version is current, the table has a row, and what the
    /// command itself asks for.
    package static func decide(
        state: ReportState, command request: CommandRequest, by actor: Actor, at now: Timestamp, city: City
    ) throws(Refusal) -> Outcome {
        guard state.status != .received else { throw .notRouted }
        let who: Transition.Who
        switch actor {
        case .agency(let code):
            guard code == state.agency else { throw .notHolder(state.agency) }
            who = .holder
        case .reporter: who = .reporter
        case .reader: who = .reader
        case .clock, .routing: who = .clock
        }
        if let expected = request.expectedVersion, expected != state.version {
            throw .staleVersion(current: state.version)
        }
        guard let row = Transition.row(from: state.status, request.command, by: who) else {
            throw .wrongStatus(state.status, allowed: Transition.allowed(from: state.status, by: who))
        }
        var outcome = Outcome(
            state: state, previousStatus: state.status, event: row.event, by: actor, at: now,
            details: EventDetails(request), why: nil, entries: [], deadlinesToPut: [], deadlinesToRemove: [])
        outcome.state.version += 1
        switch row.to {
        case .status(let status): outcome.state.status = status
        case .again: outcome.state.status = state.agency == city.triageAgency?.code ? .triage : .reopened
        case .same, .receiver, .ending: break
        }
        if outcome.state.status != .onHold { outcome.state.heldUntil = nil }
        try apply(request.action, to: &outcome, from: state, city: city)
        if outcome.entries.isEmpty { outcome.entries = [StreamEntry(stream: state.agency, type: outcome.event)] }
        if let days = outcome.state.identityDays, outcome.state.isPending(.forget), !state.isPending(.forget) {
            outcome.deadlinesToPut.append(DeadlineChange(kind: .forget, dueAt: now.adding(seconds: days * 86_400)))
        }
        outcome.deadlinesToRemove += DeadlineKind.allCases.filter { kind in
            state.isPending(kind) && !outcome.state.isPending(kind)
        }
        return outcome
    }

    private static func apply(
        _ action: CommandRequest.Action, to outcome: inout Outcome, from state: ReportState, city: City
    ) throws(Refusal) {
        let now = outcome.at
        switch action {
        // A report closes when the timer says so that was set when it was resolved, whatever the city's limit is now.
        case .comment, .withdraw, .follow, .close, .ask: break
        case .contact: guard state.mayContact else { throw .contactNotAllowed }
        case .erase:
            outcome.state.identityDays = nil
            outcome.state.mayContact = false
        case .acknowledge: outcome.state.acknowledge(at: now)
        case .start: outcome.state.start(at: now)
        case .resume where outcome.by == .clock:
            guard let until = state.heldUntil, until <= now else { throw .nothingDue }
        case .resume: outcome.state.start(at: now)
        case .hold(_, let until):
            outcome.state.acknowledge(at: now)
            outcome.state.heldUntil = until
            if let until { outcome.deadlinesToPut = [DeadlineChange(kind: .resume, dueAt: until)] }
        case .resolve:
            outcome.state.acknowledge(at: now)
            outcome.state.resolvedAt = now
            outcome.deadlinesToPut = [
                DeadlineChange(kind: .close, dueAt: now.adding(seconds: city.limits.closeSeconds))
            ]
        case .rate(let rating):
            guard state.rating == nil else { throw .ratedAlready }
            try checkReporterWindow(state, at: now, city: city)
            outcome.state.rating = rating
        case .reject(let reason, let of, _):
            if of == .id(state.id) { throw .duplicateOfItself }
            outcome.state.status = reason == .duplicate ? .duplicate : .rejected
            outcome.event = reason == .duplicate ? .markedDuplicate : .rejected
        case .reopen where outcome.by == .reporter: try reopenForReporter(&outcome, from: state, city: city)
        case .reopen:
            let until = (state.resolvedAt ?? now).adding(seconds: city.limits.agencyReopenSeconds)
            guard now <= until else { throw .tooLate(since: until) }
            outcome.state.resolvedAt = nil
            outcome.state.rating = nil
            // The clocks went on. One that has run out meanwhile is late, but nobody slept: no timer for it.
            outcome.deadlinesToPut = deadlines(pendingIn: outcome.state).filter { $0.dueAt > now }
        case .transfer(let to, _, let category, let subtype):
            try transfer(&outcome, from: state, to: to, corrected: (category, subtype), city: city)
        case .escalate(let kind):
            guard state.isPending(kind), let due = state.deadlines[kind], due <= now else { throw .nothingDue }
            outcome.deadlinesToRemove = [kind]
        }
    }

    /// The reporter says that it is not done. What was promised begins anew, for whoever had the report.
    private static func reopenForReporter(
        _ outcome: inout Outcome, from state: ReportState, city: City
    ) throws(Refusal) {
        if state.status == .rejected {
            guard !state.isAppealed else { throw .appealedAlready }
            outcome.state.isAppealed = true
        } else {
            try checkReporterWindow(state, at: outcome.at, city: city)
        }
        let isTriage = outcome.state.status == .triage
        let level = RoutingTable(city: city).level(
            category: isTriage ? nil : state.category, subtype: isTriage ? nil : state.subtype)
        outcome.state.deadlines = level.deadlines(from: outcome.at)
        outcome.state.acknowledgedAt = nil
        outcome.state.startedAt = nil
        outcome.state.resolvedAt = nil
        outcome.state.rating = nil
        outcome.deadlinesToPut = deadlines(pendingIn: outcome.state)
    }

    private static func checkReporterWindow(
        _ state: ReportState, at now: Timestamp, city: City
    ) throws(Refusal) {
        let until = (state.resolvedAt ?? now).adding(seconds: city.limits.reporterReopenSeconds)
        guard now <= until else { throw .tooLate(since: until) }
    }

    static func deadlines(pendingIn state: ReportState) -> [DeadlineChange] {
        DeadlineKind.allCases.compactMap { kind in
            guard state.isPending(kind), let dueAt = state.deadlines[kind] else { return nil }
            return DeadlineChange(kind: kind, dueAt: dueAt)
        }
    }
}

extension ReportState {
    fileprivate mutating func acknowledge(at now: Timestamp) { acknowledgedAt = acknowledgedAt ?? now }

    fileprivate mutating func start(at now: Timestamp) {
        acknowledge(at: now)
        startedAt = startedAt ?? now
    }
}
