extension StatusMachine {
    /// Passes a report on: `transferred_out` on the old stream, `assigned` on the new one.
    ///
    /// Its clocks go on. They change only when the kind of report is corrected: then the right kind's promises count
    /// from when it was received. And a report that comes from triage to its first agency begins that kind's clocks
    /// now, since until then nobody could have kept them; triage's own promise covers the time before.
    ///
    /// The reason that the command gives is for the agencies, so it goes with the events and the history; `why` is
    /// public.
    static func transfer(
        _ outcome: inout Outcome, from state: ReportState, to requested: AgencyCode,
        corrected: (category: CategoryCode?, subtype: SubtypeCode?), city: City
    ) throws(Refusal) {
        guard let triage = city.triageAgency, city.agency(requested) != nil else { throw .unknownAgency(requested) }
        guard requested != state.agency else { throw .sameAgency(requested) }
        let kind = try kind(of: state, corrected: corrected, city: city)
        let leavesTriage = state.status == .triage
        var receiver = requested
        if !leavesTriage {
            outcome.state.transfers += 1
            if outcome.state.transfers >= city.limits.transfersToTriage { receiver = triage.code }
        }
        outcome.state.agency = receiver
        outcome.state.status = receiver == triage.code ? .triage : .assigned
        (outcome.state.category, outcome.state.subtype) = kind
        moveClocks(&outcome, from: state, begin: leavesTriage && state.transfers == 0, city: city)

        outcome.event = .transferredOut
        outcome.details.from = state.agency
        outcome.details.to = receiver
        let sender = city.agency(state.agency)?.short ?? state.agency.rawValue
        outcome.why =
            receiver == requested
            ? "\(leavesTriage ? "Diteruskan" : "Dialihkan") oleh \(sender)."
            : "Sudah \(outcome.state.transfers) kali dialihkan: \(triage.short) memilah dan meneruskannya."
        outcome.entries = [
            StreamEntry(stream: state.agency, type: .transferredOut), StreamEntry(stream: receiver, type: .assigned),
        ]
    }

    private static func moveClocks(_ outcome: inout Outcome, from state: ReportState, begin: Bool, city: City) {
        let isReclassified = (outcome.state.category, outcome.state.subtype) != (state.category, state.subtype)
        guard begin || isReclassified else { return }
        let routing = RoutingTable(city: city)
        let level = routing.level(category: outcome.state.category, subtype: outcome.state.subtype)
        outcome.state.deadlines = level.deadlines(from: begin ? outcome.at : state.receivedAt)
        outcome.state.priority = routing.priority(of: outcome.state.category)
        outcome.deadlinesToPut = deadlines(pendingIn: outcome.state).filter {
            state.deadlines[$0.kind] != $0.dueAt
        }
    }

    /// What kind of report it is from now on: the category named, or the present one, perhaps in more detail.
    private static func kind(
        of state: ReportState, corrected: (category: CategoryCode?, subtype: SubtypeCode?), city: City
    ) throws(Refusal) -> (CategoryCode?, SubtypeCode?) {
        if let category = corrected.category { return (category, corrected.subtype) }
        guard let subtype = corrected.subtype else { return (state.category, state.subtype) }
        guard let present = state.category else { throw .subtypeWithoutCategory }
        guard city.category(present)?.subtype(subtype) != nil else { throw .unknownSubtype(subtype) }
        return (present, subtype)
    }
}
