import Domain
import FoundationEssentials
import Testing

@Suite struct StatusMachineTests {
    private static let city = Sample.city
    private static let now = Sample.now

    static func state(
        _ status: ReportStatus, agency: AgencyCode? = nil, category: CategoryCode? = "sampah", transfers: Int = 0
    ) -> ReportState {
        let acted = ![.assigned, .triage, .received].contains(status)
        return ReportState(
            id: UUID(high: 1, low: 2), category: category, subtype: nil, area: "53.71.03.1010", channel: "web",
            receivedAt: Sample.received, status: status, version: 3,
            agency: agency ?? (status == .triage ? "kominfo" : "dlhk"), priority: .normal, transfers: transfers,
            deadlines: ServiceLevel(acknowledgeSeconds: 14_400, resolveSeconds: 86_400).deadlines(
                from: Sample.received),
            acknowledgedAt: acted ? Sample.received : nil,
            startedAt: status == .inProgress ? Sample.received : nil,
            resolvedAt: status == .resolved ? now.adding(seconds: -60) : nil,
            heldUntil: status == .onHold ? now.adding(seconds: -1) : nil, mayContact: true)
    }

    private static func request(_ command: Command) -> CommandRequest {
        switch command {
        case .acknowledge: CommandRequest(.acknowledge)
        case .start: CommandRequest(.start)
        case .hold: CommandRequest(.hold(reason: "menunggu suku cadang", until: nil))
        case .resume: CommandRequest(.resume)
        case .resolve: CommandRequest(.resolve)
        case .reject: CommandRequest(.reject(.invalid, of: nil, referTo: nil))
        case .transfer: CommandRequest(.transfer(to: "pupr", reason: nil, category: nil, subtype: nil))
        case .comment: CommandRequest(.comment, note: "baik")
        case .reopen: CommandRequest(.reopen)
        case .escalate: CommandRequest(.escalate(.resolve))
        case .withdraw: CommandRequest(.withdraw)
        case .rate: CommandRequest(.rate(4))
        case .follow: CommandRequest(.follow)
        case .close: CommandRequest(.close)
        case .ask: CommandRequest(.ask, note: "di sebelah mana?")
        case .contact: CommandRequest(.contact(reason: "janji temu"))
        case .erase: CommandRequest(.erase)
        }
    }

    /// CONTRACT §2, written out by hand: what an agency may do in each status, and where that leads.
    private static let contract: [ReportStatus: [Command: ReportStatus]] = {
        let waiting: [Command: ReportStatus] = [
            .acknowledge: .acknowledged, .start: .inProgress, .transfer: .assigned, .reject: .rejected, .hold: .onHold,
        ]
        var table: [ReportStatus: [Command: ReportStatus]] = [
            .triage: [.transfer: .assigned, .reject: .rejected],
            .assigned: waiting,
            .reopened: waiting,
            .acknowledged: [
                .start: .inProgress, .hold: .onHold, .resolve: .resolved, .transfer: .assigned, .reject: .rejected,
            ],
            .inProgress: [.hold: .onHold, .resolve: .resolved, .transfer: .assigned],
            .onHold: [.resume: .inProgress, .resolve: .resolved, .transfer: .assigned, .reject: .rejected],
            .resolved: [.reopen: .reopened],
        ]
        for status in ReportStatus.allCases where ![.received, .withdrawn].contains(status) {
            table[status, default: [:]][.comment] = status
            if status.isOpen || status == .resolved {
                table[status, default: [:]].merge([.ask: status, .contact: status]) { $1 }
            }
        }
        return table
    }()

    @Test(arguments: ReportStatus.allCases, Command.allCases.filter { $0 != .escalate })
    func `an agency's command leads where the contract says, or is refused`(status: ReportStatus, command: Command) {
        let state = Self.state(status)
        do {
            let outcome = try StatusMachine.decide(
                state: state, command: Self.request(command), by: .agency(state.agency), at: Self.now, city: Self.city)
            #expect(Self.contract[status]?[command] == outcome.state.status)
            #expect(outcome.state.version == 4 && outcome.previousStatus == status)
            #expect(!outcome.entries.isEmpty)
        } catch {
            #expect(Self.contract[status]?[command] == nil)
            if status == .received {
                #expect(error == .notRouted)
            } else {
                let allowed = Command.agency.filter { Self.contract[status]?[$0] != nil }
                #expect(error == .wrongStatus(status, allowed: allowed))
            }
        }
    }

    @Test(arguments: ReportStatus.allCases, Command.allCases)
    func `the clock may escalate what is open, resume what is on hold and close what was resolved`(
        status: ReportStatus, command: Command
    ) {
        var state = Self.state(status)
        state.deadlines.resolveBy = Self.now
        if status == .resolved { state.resolvedAt = Self.now.adding(seconds: -Self.city.limits.closeSeconds) }
        let outcome = try? StatusMachine.decide(
            state: state, command: Self.request(command), by: .clock, at: Self.now, city: Self.city)
        switch command {
        case .escalate where status.isOpen && status != .received:
            #expect(outcome?.state.status == status)
            #expect(outcome?.entries == [StreamEntry(stream: state.agency, type: .escalated)])
        case .resume where status == .onHold: #expect(outcome?.state.status == .acknowledged)
        case .close where status == .resolved:
            #expect(outcome?.state.status == .closed)
            #expect(outcome?.entries == [StreamEntry(stream: state.agency, type: .closed)])
        default: #expect(outcome == nil)
        }
    }

    @Test(
        arguments: [
            (.acknowledge, .acknowledged), (.start, .started), (.hold, .held), (.reject, .rejected),
            (.comment, .commented),
        ] as [(Command, EventType)])
    func `a command's event goes to the stream of the agency that has the report`(command: Command, type: EventType)
        throws
    {
        let outcome = try decide(Self.state(.assigned), Self.request(command))
        #expect(outcome.entries == [StreamEntry(stream: "dlhk", type: type)])
        #expect(outcome.event == type)
    }

    private func decide(
        _ state: ReportState, _ request: CommandRequest, at now: Timestamp = Self.now
    ) throws(Refusal) -> Outcome {
        try StatusMachine.decide(
            state: state, command: request, by: .agency(state.agency), at: now, city: Self.city)
    }

    // MARK: Refusals

    @Test func `another agency's command is refused before anything else is told`() {
        var request = Self.request(.reopen)
        request.expectedVersion = 99
        #expect(throws: Refusal.notHolder("dlhk")) {
            try StatusMachine.decide(
                state: Self.state(.assigned), command: request, by: .agency("pupr"), at: Self.now, city: Self.city)
        }
    }

    @Test func `a stale version is refused and the current one told`() throws {
        var request = Self.request(.acknowledge)
        request.expectedVersion = 2
        #expect(throws: Refusal.staleVersion(current: 3)) { try decide(Self.state(.assigned), request) }
        request.expectedVersion = 3
        #expect(try decide(Self.state(.assigned), request).state.version == 4)
    }

    @Test func `a report cannot be passed to nobody or to itself`() {
        func transfer(_ to: AgencyCode) -> CommandRequest {
            CommandRequest(.transfer(to: to, reason: nil, category: nil, subtype: nil))
        }
        #expect(throws: Refusal.unknownAgency("pln")) { try decide(Self.state(.assigned), transfer("pln")) }
        #expect(throws: Refusal.sameAgency("dlhk")) { try decide(Self.state(.assigned), transfer("dlhk")) }
        #expect(throws: Refusal.sameAgency("kominfo")) { try decide(Self.state(.triage), transfer("kominfo")) }
    }

    @Test func `an agency reopens within 24 hours and not later`() throws {
        var state = Self.state(.resolved)
        state.resolvedAt = Self.now.adding(seconds: -86_400)
        let outcome = try decide(state, Self.request(.reopen))
        #expect(outcome.state.resolvedAt == nil)
        #expect(outcome.deadlinesToPut == [DeadlineChange(kind: .resolve, dueAt: state.deadlines.resolveBy)])
        #expect(throws: Refusal.tooLate(since: Self.now)) {
            try decide(state, Self.request(.reopen), at: Self.now.adding(microseconds: 1))
        }
    }

    @Test func `a report is no duplicate of itself`() {
        let state = Self.state(.assigned)
        #expect(throws: Refusal.duplicateOfItself) {
            try decide(state, CommandRequest(.reject(.duplicate, of: .id(state.id), referTo: nil)))
        }
    }

    @Test func `a duplicate ends as such`() throws {
        let request = CommandRequest(.reject(.duplicate, of: .id(UUID(high: 9, low: 9)), referTo: nil))
        let outcome = try decide(Self.state(.assigned), request)
        #expect(outcome.state.status == .duplicate)
        #expect(outcome.entries == [StreamEntry(stream: "dlhk", type: .markedDuplicate)])
    }

    // MARK: Timers

    @Test func `a timer whose promise was kept or is not due does nothing`() {
        for (status, kind, due) in [
            (.acknowledged, .acknowledge, true), (.assigned, .resolve, false), (.assigned, .arrive, true),
        ] as [(ReportStatus, DeadlineKind, Bool)] {
            var state = Self.state(status)
            if due { state.deadlines.acknowledgeBy = Self.now }
            #expect(throws: Refusal.nothingDue) {
                try StatusMachine.decide(
                    state: state, command: CommandRequest(.escalate(kind)), by: .clock, at: Self.now, city: Self.city)
            }
        }
        var held = Self.state(.onHold)
        held.heldUntil = Self.now.adding(seconds: 1)
        #expect(throws: Refusal.nothingDue) {
            try StatusMachine.decide(
                state: held, command: CommandRequest(.resume), by: .clock, at: Self.now, city: Self.city)
        }
    }

    @Test func `each step puts and removes the timers that follow from it`() throws {
        var state = Self.state(.assigned, category: "kebakaran")
        state.deadlines.arriveBy = Self.now.adding(seconds: 900)
        #expect(state.nextDue?.kind == .acknowledge)
        let acknowledged = try decide(state, Self.request(.acknowledge))
        #expect(acknowledged.deadlinesToRemove == [.acknowledge])
        #expect(acknowledged.state.nextDue?.kind == .arrive)
        let until = Self.now.adding(seconds: 600)
        let held = try decide(acknowledged.state, CommandRequest(.hold(reason: "menunggu", until: until)))
        #expect(held.deadlinesToPut == [DeadlineChange(kind: .resume, dueAt: until)])
        #expect(held.deadlinesToRemove.isEmpty)
        #expect(held.state.deadlines == state.deadlines, "a hold stops no clock")
        let resumed = try decide(held.state, Self.request(.resume))
        #expect(resumed.deadlinesToRemove == [.arrive, .resume])
        #expect(resumed.state.nextDue?.kind == .resolve)
        let resolved = try decide(resumed.state, Self.request(.resolve))
        #expect(resolved.deadlinesToRemove == [.resolve])
        #expect(resolved.state.nextDue == nil)
        #expect(try decide(state, Self.request(.reject)).deadlinesToRemove == [.acknowledge, .arrive, .resolve])
    }

    // MARK: Transfers

    @Test func `a transfer leaves the old stream, enters the new one, and its clocks go on`() throws {
        let state = Self.state(.acknowledged)
        let outcome = try decide(
            state, CommandRequest(.transfer(to: "pupr", reason: "Ini jalan rusak", category: nil, subtype: nil)))
        #expect(
            outcome.entries == [
                StreamEntry(stream: "dlhk", type: .transferredOut), StreamEntry(stream: "pupr", type: .assigned),
            ])
        #expect(outcome.state.agency == "pupr" && outcome.state.transfers == 1)
        #expect(outcome.state.deadlines == state.deadlines && outcome.deadlinesToPut.isEmpty)
        #expect(outcome.why == "Dialihkan oleh DLHK.", "everyone may read it")
        #expect(outcome.details.reason == "Ini jalan rusak", "the agencies alone")
    }

    @Test func `a sub-type alone is one of the category that the report has`() throws {
        let transfer = CommandRequest(.transfer(to: "pupr", reason: nil, category: nil, subtype: "lampu_jalan"))
        let outcome = try decide(Self.state(.assigned, category: "lampu_rambu"), transfer)
        #expect(outcome.state.category == "lampu_rambu" && outcome.state.subtype == "lampu_jalan")
        #expect(outcome.deadlinesToPut.isEmpty, "this kind has the same promises")
        #expect(throws: Refusal.unknownSubtype("lampu_jalan")) { try decide(Self.state(.assigned), transfer) }
        #expect(throws: Refusal.subtypeWithoutCategory) { try decide(Self.state(.triage, category: nil), transfer) }
    }

    @Test func `a transfer without a kind keeps the kind that the report has`() throws {
        var state = Self.state(.assigned, category: "lampu_rambu")
        state.subtype = "lampu_jalan"
        let outcome = try decide(state, Self.request(.transfer))
        #expect(outcome.state.category == "lampu_rambu" && outcome.state.subtype == "lampu_jalan")
    }

    @Test func `the third transfer goes to triage`() throws {
        let transfer = CommandRequest(.transfer(to: "pupr", reason: nil, category: nil, subtype: nil))
        #expect(try decide(Self.state(.assigned, transfers: 1), transfer).state.agency == "pupr")
        let third = try decide(Self.state(.assigned, transfers: 2), transfer)
        #expect(third.state.agency == "kominfo" && third.state.status == .triage)
        #expect(third.entries.last == StreamEntry(stream: "kominfo", type: .assigned))
        #expect(third.details.to == "kominfo")
        // Triage itself passes on freely.
        let onward = try decide(third.state, transfer)
        #expect(onward.state.agency == "pupr" && onward.state.status == .assigned && onward.state.transfers == 3)
        #expect(onward.state.deadlines == third.state.deadlines)
    }

    @Test func `a report from triage begins its kind's clocks when it gets its first agency`() throws {
        let request = CommandRequest(
            .transfer(to: "dishub", reason: nil, category: "lampu_rambu", subtype: "lampu_lalin"))
        let outcome = try decide(Self.state(.triage, category: nil), request)
        #expect(outcome.state.category == "lampu_rambu" && outcome.state.subtype == "lampu_lalin")
        #expect(
            outcome.deadlinesToPut == [
                DeadlineChange(kind: .acknowledge, dueAt: Self.now.adding(seconds: 3_600)),
                DeadlineChange(kind: .resolve, dueAt: Self.now.adding(seconds: 7_200)),
            ])
    }

    @Test func `a corrected kind has its own promises, counted from when it was received`() throws {
        let request = CommandRequest(.transfer(to: "damkar", reason: nil, category: "kebakaran", subtype: nil))
        let outcome = try decide(Self.state(.assigned), request)
        #expect(outcome.state.priority == .urgent)
        #expect(outcome.state.deadlines.arriveBy == Sample.received.adding(seconds: 900))
        #expect(outcome.deadlinesToPut.map(\.kind) == [.acknowledge, .arrive])
        #expect(outcome.deadlinesToRemove.isEmpty)
    }

    @Test func `statuses have the contract's colours`() {
        for (colour, statuses) in [
            (.red, [.received, .triage, .assigned, .reopened]), (.yellow, [.acknowledged, .inProgress, .onHold]),
            (.green, [.resolved, .closed]), (.grey, [.rejected, .duplicate, .withdrawn]),
        ] as [(ReportStatus.Colour, Set<ReportStatus>)] {
            #expect(Set(ReportStatus.allCases.filter { $0.colour == colour }) == statuses)
            for status in statuses {
                #expect(status.open311 == ([.red, .yellow].contains(colour) ? "open" : "closed"))
            }
        }
    }

    @Test(arguments: [
        Refusal.notRouted, .notHolder("dlhk"), .wrongStatus(.closed, allowed: []), .staleVersion(current: 4),
        .unknownAgency("pln"), .sameAgency("dlhk"), .tooLate(since: Sample.now), .duplicateOfItself,
        .unknownOriginal, .unknownSubtype("x"), .subtypeWithoutCategory, .nothingDue,
    ])
    func `every refusal says why in both languages`(refusal: Refusal) {
        #expect(!refusal.message(.indonesian).isEmpty)
        #expect(refusal.message(.indonesian) != refusal.message(.english))
    }
}
