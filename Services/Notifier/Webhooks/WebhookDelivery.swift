internal import Domain
internal import FoundationEssentials
internal import Logging
internal import PostgreSQL
internal import Runtime
internal import Storage
internal import Streams
internal import Telemetry

/// One endpoint's events, one after the other, for as long as this process has its lease.
///
/// The next event goes out when the one before was taken, or was given up as the endpoint's policy says. While the store is
/// away nothing is sent; it goes on when the lease is known to be ours still, and else whoever has it now does.
struct WebhookDelivery: Sendable {
    /// Between two questions to a store that does not answer.
    private static let pause: Duration = .seconds(1)

    let store: WebhookStore
    let pages: WebhookPages
    let seal: WebhookSeal
    let sender: WebhookSender
    let schedule: WebhookSchedule
    let signals: WebhookSignals
    let metrics: WebhookMetrics
    let logger: Logger

    /// Where the endpoint stands; begun anew from the store when the lease is renewed.
    struct State {
        var lease: WebhookLease
        var address: WebAddress
        var secrets: [WebhookSecret]
        /// Everything up to it is settled.
        var position: Int64
        var attempts: Int
        var notBefore: ContinuousClock.Instant?
        var lastAttempt: WebhookAttempt?
        /// Events that are settled and not written down yet.
        var unwritten = 0
        var writtenAt: ContinuousClock.Instant
        var renewedAt: ContinuousClock.Instant
        /// The changes that are known.
        var changes: UInt64
        /// The store did not answer: whose the lease is has to be asked first.
        var isDoubtful = false

        func wants(_ event: StoredEvent) -> Bool {
            guard let types = lease.types else { return true }
            return types.contains { $0.rawValue == event.type }
        }
    }

    /// - Parameter takenAt: before the lease was asked for.
    func run(_ lease: WebhookLease, takenAt: ContinuousClock.Instant) async {
        signals.reached(lease.seq, lease.id)
        defer { signals.left(lease.id) }
        do {
            var state = try opened(lease, at: takenAt, position: lease.seq)
            while !signals.isClosed, !Task.isCancelled {
                do {
                    guard try await stays(&state), try await goOn(&state) else { return }
                } catch let error as PostgresError {
                    if !state.isDoubtful { note("The store is away; nothing is sent to an endpoint", lease, error) }
                    state.isDoubtful = true
                    await signals.changes.wait(since: signals.changes.generation, atMost: Self.pause)
                }
            }
            if try await write(&state) { try await store.release(state.lease) }
        } catch is CancellationError {
            // The lease runs out by itself.
        } catch {
            note("An endpoint is left until its lease runs out", lease, error)
        }
    }

    private func note(_ message: Logger.Message, _ lease: WebhookLease, _ error: any Error) {
        logger.warning(
            message, metadata: [LogKey.endpoint: "\(lease.id.text)", LogKey.error: "\(error)"])
    }

    /// The state that a lease stands for. Throws for an address or a secret that cannot be read.
    private func opened(
        _ lease: WebhookLease, at moment: ContinuousClock.Instant, position: Int64
    ) throws -> State {
        guard let address = WebhookAddress.read(lease.url) else { throw UnreadableAddress() }
        var secrets = [try seal.open(lease.secret, of: lease.id)]
        if let previous = lease.previous { secrets.append(try seal.open(previous, of: lease.id)) }
        return State(
            lease: lease, address: address, secrets: secrets, position: max(position, lease.seq),
            attempts: lease.attempts, notBefore: lease.waitSeconds.map { .now + .seconds(max(0, $0)) },
            writtenAt: .now, renewedAt: moment, changes: signals.changes.generation)
    }

    private struct UnreadableAddress: Error {}

    /// Renews the lease where it is time, or something was changed; false when it is lost.
    private func stays(_ state: inout State) async throws -> Bool {
        guard isRenewalDue(state) else { return true }
        guard try await write(&state) else { return false }
        let (moment, changes) = (ContinuousClock.now, signals.changes.generation)
        guard let lease = try await store.renew(state.lease) else {
            // Disabled, or somebody else's: in the first case the next owner need not wait.
            try await store.release(state.lease)
            return false
        }
        let lastAttempt = state.lastAttempt
        state = try opened(lease, at: moment, position: state.position)
        state.lastAttempt = lastAttempt
        state.changes = changes
        return true
    }

    private func isRenewalDue(_ state: State) -> Bool {
        state.isDoubtful || state.changes != signals.changes.generation
            || ContinuousClock.now - state.renewedAt >= WebhookPace.renewal
    }

    private func untilRenewal(_ state: State) -> Duration {
        max(.milliseconds(1), state.renewedAt + WebhookPace.renewal - ContinuousClock.now)
    }

    /// The next thing to do: a dead letter, a wait, or a page. False when the endpoint is no longer ours.
    private func goOn(_ state: inout State) async throws -> Bool {
        if state.lease.hasReplays {
            state.lease.hasReplays = false
            return try await replay(&state)
        }
        if let moment = state.notBefore {
            let left = moment - ContinuousClock.now
            if left > .zero {
                await signals.changes.wait(since: state.changes, atMost: min(left, untilRenewal(state)))
                return true
            }
            state.notBefore = nil
        }
        return try await sendPage(&state)
    }

    // MARK: Events

    private func sendPage(_ state: inout State) async throws -> Bool {
        let generation = signals.generation
        let readAt = ContinuousClock.now
        guard let page = try await pages.page(after: state.position) else { throw NoStream() }
        let next = state.position + 1
        guard page.events.first.map({ $0.cursor.seq == next }) ?? (page.firstKept <= next) else {
            return try await disable(.trimmed, &state)
        }
        for event in page.events {
            let isOld = ContinuousClock.now - readAt >= WebhookPace.pageAge
            if isOld || signals.isClosed || isRenewalDue(state) { break }
            if state.wants(event) {
                guard let result = await sender.send(event, to: state.address, secrets: state.secrets) else { break }
                guard try await settle(event, result, &state) else { return false }
                if state.notBefore != nil { return true }
            } else {
                state.position = event.cursor.seq
                state.unwritten += 1
            }
            signals.reached(state.position, state.lease.id)
        }
        let elapsed = ContinuousClock.now - state.writtenAt
        if WebhookPace.isWriteDue(unwritten: state.unwritten, after: elapsed) {
            guard try await write(&state) else { return false }
        }
        if page.events.isEmpty {
            // A burst that comes one by one is written down once a second, and not event by event.
            let untilWrite = state.unwritten > 0 ? WebhookPace.longestUnwritten - elapsed : WebhookPace.renewal
            await signals.waitForEvents(
                since: generation, after: state.position, changes: state.changes,
                atMost: max(.milliseconds(1), min(untilWrite, untilRenewal(state))))
        }
        return true
    }

    private struct NoStream: Error {}

    /// What follows from an attempt; false when the endpoint is no longer ours.
    private func settle(
        _ event: StoredEvent, _ result: WebhookSender.Result, _ state: inout State
    ) async throws -> Bool {
        let attempts = state.attempts + 1
        let step = schedule.step(
            after: result.answer, attempts: attempts, policy: state.lease.policy, spread: .random(in: 0...1))
        metrics.count(WebhookMetrics.Outcome(step))
        state.lastAttempt = result.attempt
        switch step {
        case .delivered:
            state.position = event.cursor.seq
            state.attempts = 0
            state.unwritten += 1
            let isDue = WebhookPace.isWriteDue(
                unwritten: state.unwritten, after: ContinuousClock.now - state.writtenAt)
            return isDue ? try await write(&state) : true
        case .again(let seconds):
            state.attempts = attempts
            state.notBefore = .now + .seconds(seconds)
            state.unwritten = 0
            return try await store.postpone(
                state.lease, seq: state.position, attempts: attempts, seconds: seconds, result.attempt)
        case .deadLetter:
            switch try await store.setAside(state.lease, event, attempts: attempts, result.attempt) {
            case .done: break
            case .full: return try await disable(.deadLettersFull, &state)
            case .lost: return false
            }
            note("An event is set aside for an endpoint", event, state)
            state.position = event.cursor.seq
            state.attempts = 0
            state.unwritten = 0
            state.lastAttempt = nil
            return true
        case .disable(let end):
            state.attempts = attempts
            return try await disable(WebhookReason(end), &state)
        }
    }

    /// Always false: there is nothing to do any more.
    private func disable(_ reason: WebhookReason, _ state: inout State) async throws -> Bool {
        let isDone = try await store.disable(
            state.lease, seq: state.position, attempts: state.attempts, reason, state.lastAttempt)
        if isDone {
            logger.warning(
                "An endpoint is sent nothing more",
                metadata: [LogKey.endpoint: "\(state.lease.id.text)", LogKey.reason: "\(reason.rawValue)"])
            try await store.release(state.lease)
        }
        return false
    }

    /// Writes down how far the endpoint came, where it came further; false when the lease is lost.
    private func write(_ state: inout State) async throws -> Bool {
        guard state.unwritten > 0 else { return true }
        guard try await store.record(state.lease, seq: state.position, state.lastAttempt) else { return false }
        state.unwritten = 0
        state.lastAttempt = nil
        state.writtenAt = .now
        return true
    }

    // MARK: Dead letters

    /// Sends what was asked for once more, each once: the first that is not taken ends it. 410 means the whole endpoint,
    /// as it does with any event.
    private func replay(_ state: inout State) async throws -> Bool {
        let events = try await store.replays(state.lease, limit: WebhookPace.pageEvents)
        for event in events {
            if signals.isClosed { return true }
            guard try await stays(&state) else { return false }
            guard let result = await sender.send(event, to: state.address, secrets: state.secrets) else { return true }
            guard case .status(200...299, _) = result.answer else {
                metrics.count(result.answer.isGone ? .disabled : .replayFailed)
                try await store.endReplays(state.lease, failed: event.cursor.seq, result.attempt)
                state.lease.hasReplays = false
                guard result.answer.isGone else { return true }
                state.lastAttempt = result.attempt
                return try await disable(.gone, &state)
            }
            metrics.count(.replayed)
            guard try await store.settleReplay(state.lease, seq: event.cursor.seq) else { return false }
        }
        // Those of events that are no longer kept cannot be sent again.
        if events.isEmpty { try await store.endReplays(state.lease, failed: nil, nil) }
        state.lease.hasReplays = !events.isEmpty
        return true
    }

    private func note(_ message: Logger.Message, _ event: StoredEvent, _ state: State) {
        logger.warning(
            message,
            metadata: [LogKey.endpoint: "\(state.lease.id.text)", LogKey.cursor: "\(event.cursor)"])
    }
}
