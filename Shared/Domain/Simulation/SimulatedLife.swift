internal import FoundationEssentials

/// What becomes of one report: what its holder means to do next and when, and the timers that may be faster.
///
/// Every step is decided by the status machine, as a real command or a real timer is.
struct SimulatedLife: Sendable {
    /// What whoever has the report will do.
    private struct Intention {
        var at: Timestamp
        var request: CommandRequest
    }

    /// A timer fires so long after it is due, in microseconds.
    private static let timerDelay: Int64 = 400_000

    let report: SimulatedReport
    private(set) var state: ReportState
    /// The timers that run, as the store would hold them.
    private(set) var timers: [DeadlineKind: Timestamp] = [:]
    /// An earlier report of the same kind from the same area.
    private let twin: UUID?
    private var random: SeededRandom
    private var intention: Intention?
    private var lastAt: Timestamp
    private var holds = 0
    private var reopenings = 0

    /// A report that is routed a moment after it came, and the step of that.
    static func begin(
        _ report: SimulatedReport, twin: UUID?, seed: UInt64, in world: SimulatedWorld
    ) -> (life: SimulatedLife, step: SimulatedStep) {
        var random = SeededRandom(seed: seed, stream: UInt64(report.number) | 1 << 63)
        let now = report.receivedAt.adding(microseconds: 20_000 + Int64(random.share() * 300_000))
        let accepted = report.report
        let routable = RoutableReport(
            id: report.id, category: accepted.category, subtype: accepted.subtype, area: accepted.area?.code,
            areaIsApproximate: accepted.area?.isApproximate ?? false, channel: SimulationPlan.channel,
            receivedAt: report.receivedAt, hasPlace: accepted.locationSource != .none)
        let outcome = StatusMachine.assign(routable, world.table.decide(routable, at: now), at: now)
        var life = SimulatedLife(report: report, state: outcome.state, twin: twin, random: random, lastAt: now)
        life.take(outcome)
        life.intend(in: world)
        return (life, SimulatedStep(report: report, before: nil, outcome: outcome))
    }

    private init(report: SimulatedReport, state: ReportState, twin: UUID?, random: SeededRandom, lastAt: Timestamp) {
        self.report = report
        self.state = state
        self.twin = twin
        self.random = random
        self.lastAt = lastAt
    }

    /// When something happens next; nil where nothing ever does.
    var nextAt: Timestamp? {
        switch (intention?.at, timer?.at) {
        case (let at?, let timer?): min(at, timer)
        case (let at, let timer): at ?? timer
        }
    }

    private var timer: (kind: DeadlineKind, at: Timestamp)? {
        let next = timers.min { ($0.value, $0.key) < ($1.value, $1.key) }
        return next.map { ($0.key, max($0.value, lastAt).adding(microseconds: Self.timerDelay)) }
    }

    /// Takes the next step; nil where a timer found nothing to do.
    ///
    /// - Throws: `Refusal` for an intention that the status machine does not allow, which is a fault of this model.
    mutating func advance(in world: SimulatedWorld) throws(Refusal) -> SimulatedStep? {
        let before = state
        let outcome: Outcome
        if let timer, timer.at <= intention?.at ?? timer.at {
            let request = CommandRequest(CommandRequest.Action(timer: timer.kind))
            do {
                outcome = try StatusMachine.decide(
                    state: state, command: request, by: .clock, at: timer.at, city: world.city)
            } catch {
                timers[timer.kind] = nil
                return nil
            }
        } else if let due = intention {
            intention = nil
            outcome = try StatusMachine.decide(
                state: state, command: due.request, by: .agency(state.agency), at: due.at, city: world.city)
        } else {
            return nil
        }
        take(outcome)
        // A promise that was broken changes nothing about what its holder means to do.
        if outcome.event != .escalated { intend(in: world) }
        return SimulatedStep(report: report, before: before, outcome: outcome)
    }

    private mutating func take(_ outcome: Outcome) {
        state = outcome.state
        lastAt = outcome.at
        for kind in outcome.deadlinesToRemove { timers[kind] = nil }
        for put in outcome.deadlinesToPut { timers[put.kind] = put.dueAt }
    }
}

// MARK: - What the holder means to do

extension SimulatedLife {
    private mutating func intend(in world: SimulatedWorld) {
        intention = nil
        switch state.status {
        case .triage: intendInTriage(world)
        case .assigned, .reopened: intendFirst(world)
        case .acknowledged: intendAcknowledged(world)
        case .inProgress: intendInProgress(world)
        case .onHold: intendOnHold(world)
        case .resolved: intendResolved(world)
        case .received, .closed, .rejected, .duplicate, .withdrawn: break
        }
    }

    private mutating func intendInTriage(_ world: SimulatedWorld) {
        let dice = random.share()
        // A few are never sorted.
        if dice < 0.01 { return }
        if dice < 0.06 { return reject(.invalid, world) }
        guard let action = world.destination(of: state.category, &random) else { return }
        plan(action, share: 0.3, of: .acknowledge, world)
    }

    private mutating func intendFirst(_ world: SimulatedWorld) {
        let dice = random.share()
        switch dice {
        // Nobody looks at it.
        case ..<0.007: clearUp(world)
        case ..<0.045:
            guard let action = world.colleague(of: state.agency, &random) else { return acknowledge(world) }
            plan(action, share: 0.4, of: .acknowledge, world)
        case ..<0.085:
            reject(random.pick([.notOurs, .invalid, .invalid, .outOfArea, .abuse]), world)
        case ..<0.115:
            guard let twin else { return acknowledge(world) }
            plan(
                .reject(.duplicate, of: .id(twin), referTo: nil), share: 0.5, of: .acknowledge, world,
                note: "Sudah dilaporkan warga lain.")
        case ..<0.3: start(world)
        default: acknowledge(world)
        }
    }

    private mutating func intendAcknowledged(_ world: SimulatedWorld) {
        let dice = random.share()
        switch dice {
        case ..<0.04 where holds < 2: hold(world)
        case ..<0.75: start(world)
        case ..<0.985: resolve(world)
        // Begun and forgotten.
        default: clearUp(world)
        }
    }

    private mutating func intendInProgress(_ world: SimulatedWorld) {
        let dice = random.share()
        switch dice {
        case ..<0.03:
            plan(.comment, share: 0.1, of: .resolve, world, internalNote: random.pick(SimulatedTexts.remarks))
        case ..<0.08 where holds < 2: hold(world)
        case ..<0.985: resolve(world)
        default: clearUp(world)
        }
    }

    private mutating func intendOnHold(_ world: SimulatedWorld) {
        let dice = random.share()
        switch dice {
        case ..<0.8: plan(.resume, share: 0.6, of: .resolve, world)
        case ..<0.95: resolve(world)
        default: clearUp(world)
        }
    }

    /// What was forgotten comes up when the agency goes through its desk, weeks later; a few times it does not.
    private mutating func clearUp(_ world: SimulatedWorld) {
        guard !random.happens(0.1) else { return }
        let request: CommandRequest.Action =
            state.status == .assigned || state.status == .reopened
            ? .reject(.invalid, of: nil, referTo: nil) : .resolve
        intention = Intention(
            at: lastAt.adding(seconds: 20 * 86_400 + Int(random.share() * 70 * 86_400)),
            request: CommandRequest(request, note: SimulatedTexts.clearedUp, actor: random.pick(SimulatedTexts.actors)))
    }

    private mutating func intendResolved(_ world: SimulatedWorld) {
        guard reopenings == 0, random.happens(0.02) else { return }
        reopenings += 1
        // Well within the time that the agency itself has for it.
        let seconds = 600 + Int(random.share() * 0.8 * Double(max(world.city.limits.agencyReopenSeconds - 600, 1)))
        guard seconds < world.city.limits.agencyReopenSeconds else { return }
        intention = Intention(
            at: lastAt.adding(seconds: seconds),
            request: CommandRequest(.reopen, note: "Ternyata belum tuntas.", actor: random.pick(SimulatedTexts.actors)))
    }

    private mutating func acknowledge(_ world: SimulatedWorld) {
        plan(.acknowledge, share: 0.25, of: .acknowledge, world)
    }

    private mutating func start(_ world: SimulatedWorld) {
        if state.deadlines.arriveBy != nil { return plan(.start, share: 0.5, of: .arrive, world) }
        plan(.start, share: 0.08, of: .resolve, world)
    }

    private mutating func resolve(_ world: SimulatedWorld) {
        let note = random.happens(0.8) ? random.pick(SimulatedTexts.resolved) : nil
        plan(.resolve, share: 0.25, of: .resolve, world, note: note)
    }

    private mutating func reject(_ reason: CommandRequest.RejectReason, _ world: SimulatedWorld) {
        plan(
            .reject(reason, of: nil, referTo: reason == .notOurs ? "Kantor lurah setempat" : nil), share: 0.5,
            of: .acknowledge, world, note: random.pick(SimulatedTexts.rejected))
    }

    private mutating func hold(_ world: SimulatedWorld) {
        holds += 1
        plan(.hold(reason: random.pick(SimulatedTexts.held), until: nil), share: 0.2, of: .resolve, world)
        // Most say until when; that counts from the hold, and so is known only now.
        guard random.happens(0.6), let at = intention?.at, case .hold(let reason, _) = intention?.request.action
        else { return }
        let until = at.adding(seconds: 86_400 + Int(random.share() * 4 * 86_400))
        intention?.request.action = .hold(reason: reason, until: until)
    }

    /// - Parameters:
    ///   - share: how long it usually takes, as a share of a promise.
    ///   - kind: which promise.
    private mutating func plan(
        _ action: CommandRequest.Action, share: Double, of kind: DeadlineKind, _ world: SimulatedWorld,
        note: String? = nil, internalNote: String? = nil
    ) {
        let promised = (state.deadlines[kind] ?? state.deadlines.resolveBy).seconds(since: report.receivedAt)
        let at = world.habits(of: state.agency).moment(
            after: lastAt, share: share, of: promised, isUrgent: state.priority == .urgent, &random)
        let actor = random.pick(SimulatedTexts.actors)
        intention = Intention(
            at: at, request: CommandRequest(action, note: note, internalNote: internalNote, actor: actor))
    }
}
