extension StatusMachine {
    /// Passes a report on: `transferred_out` on the old stream, `assigned` on the new one.
    ///
    /// Its clocks go on. They change only when the kind of report is corrected: then the right kind's promises count
    /// from when it was received. And a report that comes from triage to its first agency begins that kind's clocks
    /// now, since until then nobody could have kept them; triage's own promise covers the time before.
    static func transfer(
        _ outcome: inout Outcome, from state: ReportState, to requested: AgencyCode, reason: String?, city: City,
        reclassify: (inout ReportState) -> Void
    ) throws(Refusal) {
        guard let triage = city.triageAgency, city.agency(requested) != nil else { throw .unknownAgency(requested) }
        guard requested != state.agency else { throw .sameAgency(requested) }
        let leavesTriage = state.status == .triage
        var receiver = requested
        if !leavesTriage {
            outcome.state.transfers += 1
            if outcome.state.transfers >= city.limits.transfersToTriage { receiver = triage.code }
        }
        outcome.state.agency = receiver
        outcome.state.status = receiver == triage.code ? .triage : .assigned
        reclassify(&outcome.state)
        moveClocks(&outcome, from: state, begin: leavesTriage && state.transfers == 0, city: city)

        outcome.event = .transferredOut
        outcome.details.from = state.agency
        outcome.details.to = receiver
        outcome.why =
            receiver == requested
            ? sentence(
                "\(leavesTriage ? "Diteruskan" : "Dialihkan") oleh \(city.agency(state.agency)?.short ?? state.agency.rawValue)",
                reason)
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

    private static func sentence(_ beginning: String, _ reason: String?) -> String {
        guard let reason else { return beginning + "." }
        return "\(beginning): \(reason)" + (reason.hasSuffix(".") ? "" : ".")
    }
}
