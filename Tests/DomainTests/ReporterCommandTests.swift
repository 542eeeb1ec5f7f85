import Domain
import FoundationEssentials
import Testing

@Suite struct ReporterCommandTests {
    private static let city = Sample.city
    private static let now = Sample.now

    private static func state(_ status: ReportStatus, agency: AgencyCode? = nil) -> ReportState {
        var state = StatusMachineTests.state(status, agency: agency)
        if status == .closed { state.resolvedAt = now.adding(seconds: -8 * 86_400) }
        return state
    }

    private static func decide(
        _ state: ReportState, _ action: CommandRequest.Action, by actor: Actor = .reporter, at now: Timestamp = now
    ) throws(Refusal) -> Outcome {
        try StatusMachine.decide(
            state: state, command: CommandRequest(action, note: "masih gelap"), by: actor, at: now, city: city)
    }

    /// CONTRACT §2, written out by hand: what a reporter may do in each status, and where that leads.
    private static let contract: [ReportStatus: [Command: ReportStatus]] = {
        var table: [ReportStatus: [Command: ReportStatus]] = [:]
        for status in ReportStatus.allCases where status.isOpen && status != .received {
            table[status] = [.withdraw: .withdrawn, .comment: status]
        }
        for status in [ReportStatus.resolved, .closed] {
            table[status] = [.rate: status, .reopen: .reopened, .comment: status]
        }
        table[.rejected] = [.reopen: .reopened, .comment: .rejected]
        table[.duplicate] = [.comment: .duplicate]
        return table
    }()

    private static let actions: [CommandRequest.Action] = [
        .acknowledge, .start, .resume, .resolve, .comment, .reopen, .withdraw, .follow, .close, .rate(3),
        .hold(reason: "x", until: nil), .reject(.invalid, of: nil, referTo: nil), .escalate(.resolve),
        .transfer(to: "pupr", reason: nil, category: nil, subtype: nil),
    ]

    @Test(arguments: ReportStatus.allCases, actions)
    func `a reporter's command leads where the contract says, or is refused`(
        status: ReportStatus, action: CommandRequest.Action
    ) {
        let state = Self.state(status)
        let command = CommandRequest(action).command
        let expected = Self.contract[status]?[command]
        do {
            let outcome = try Self.decide(state, action)
            #expect(expected == outcome.state.status)
            #expect(outcome.state.version == 4 && outcome.by == .reporter)
            #expect(outcome.entries == [StreamEntry(stream: state.agency, type: outcome.event)])
        } catch {
            #expect(expected == nil)
            if status == .received { #expect(error == .notRouted) }
        }
    }

    @Test(arguments: ReportStatus.allCases, actions)
    func `whoever may read a report may follow it, and no more`(status: ReportStatus, action: CommandRequest.Action) {
        let outcome = try? Self.decide(Self.state(status), action, by: .reader)
        let follows = action == .follow && ![.received, .rejected, .duplicate, .withdrawn].contains(status)
        #expect((outcome != nil) == follows)
        if let outcome { #expect(outcome.state.status == status && outcome.event == .followed) }
    }

    @Test func `a reopened report begins its clocks anew, and nothing of the last resolution is left`() throws {
        var state = Self.state(.closed)
        (state.rating, state.startedAt) = (2, Sample.received)
        let after = try Self.decide(state, .reopen).state
        #expect(after.acknowledgedAt == nil && after.startedAt == nil && after.resolvedAt == nil && after.rating == nil)
        let level = RoutingTable(city: Self.city).level(category: "sampah", subtype: nil)
        #expect(after.deadlines == level.deadlines(from: Self.now))
        #expect(after.nextDue?.at == after.deadlines.acknowledgeBy)
    }

    @Test func `what triage rejected goes back to triage, under triage's promise`() throws {
        let after = try Self.decide(Self.state(.rejected, agency: "kominfo"), .reopen).state
        #expect(after.status == .triage && after.agency == "kominfo")
        let level = RoutingTable(city: Self.city).level(category: nil, subtype: nil)
        #expect(after.deadlines == level.deadlines(from: Self.now))
    }

    @Test func `a rejection is reopened once`() throws {
        var state = try Self.decide(Self.state(.rejected), .reopen).state
        #expect(state.isAppealed)
        state.status = .rejected
        #expect(throws: Refusal.appealedAlready) { try Self.decide(state, .reopen) }
    }

    @Test(arguments: [CommandRequest.Action.reopen, .rate(5)])
    func `a resolution is rated and reopened within the city's window`(action: CommandRequest.Action) throws {
        var state = Self.state(.resolved)
        let until = Self.now.adding(seconds: Self.city.limits.reporterReopenSeconds)
        state.resolvedAt = Self.now
        #expect(throws: Never.self) { try Self.decide(state, action, at: until) }
        #expect(throws: Refusal.tooLate(since: until)) {
            try Self.decide(state, action, at: until.adding(microseconds: 1))
        }
    }

    @Test func `a resolution is rated once, the next one again`() throws {
        let rated = try Self.decide(Self.state(.resolved), .rate(4))
        #expect(rated.state.rating == 4 && rated.details.rating == 4 && rated.event == .rated)
        #expect(throws: Refusal.ratedAlready) { try Self.decide(rated.state, .rate(1)) }
        #expect(try Self.decide(rated.state, .reopen).state.rating == nil)
    }

    @Test func `resolving sets the timer that closes, reopening takes it away`() throws {
        let resolved = try StatusMachine.decide(
            state: Self.state(.inProgress), command: CommandRequest(.resolve), by: .agency("dlhk"), at: Self.now,
            city: Self.city)
        let due = Self.now.adding(seconds: Self.city.limits.closeSeconds)
        #expect(resolved.deadlinesToPut == [DeadlineChange(kind: .close, dueAt: due)])
        #expect(throws: Refusal.self) { try Self.decide(resolved.state, .close, by: .reporter, at: due) }
        let closed = try Self.decide(resolved.state, .close, by: .clock, at: due)
        #expect(closed.state.status == .closed && closed.state.resolvedAt == Self.now)
        let reopened = try Self.decide(resolved.state, .reopen)
        #expect(reopened.deadlinesToRemove.contains(.close))
        #expect(reopened.deadlinesToPut.map(\.kind) == [.acknowledge, .resolve])
    }

    @Test(
        arguments: [
            (#"{"rating":0}"#, FaultCode.ratingOutOfRange), (#"{"rating":6}"#, .ratingOutOfRange),
            (#"{"rating":2.5}"#, .ratingOutOfRange), (#"{"rating":"5"}"#, .notANumber), ("{}", .required),
        ])
    func `a rating is a whole number from 1 to 5`(body: String, code: FaultCode) throws {
        let read = CommandRequest.read(.rate, body: Array(body.utf8), byReporter: true, at: Self.now, city: Self.city)
        guard case .failure(let faults)? = read else {
            Issue.record("was taken")
            return
        }
        #expect(faults.list.map(\.code) == [code] && faults.list.map(\.pointer) == ["/rating"])
    }

    @Test func `what only agencies say is not read from a reporter`() throws {
        let body = #"{"note":"masih gelap","internal_note":"x","actor":"y"}"#
        let read = CommandRequest.read(
            .comment, body: Array(body.utf8), byReporter: true, at: Self.now, city: Self.city)
        let request = try #require(try read?.get())
        #expect(request.note == "masih gelap" && request.internalNote == nil && request.actor == nil)
    }
}
