internal import CoreMetrics
internal import Domain
internal import FoundationEssentials
internal import Logging
internal import PostgreSQL
internal import Runtime
internal import Storage
internal import Streams
internal import Synchronization
internal import Telemetry

/// Carries an agency's commands out: decides, files, tries again where the store asks for it, and tells the others.
struct CommandRunner: Sendable {
    /// Attempts at one command, and the time after which no further one begins.
    static let attempts = 3
    static let patience: Duration = .seconds(2)

    let jurisdiction: JurisdictionCode
    let agency: AgencyCode
    let store: CommandStore
    /// Called with the streams' new heads once they are committed.
    let announce: @Sendable ([StreamHead]) -> Void
    let logger: Logger
    private let outcomes = CommandOutcomes()

    init(
        jurisdiction: JurisdictionCode, agency: AgencyCode, store: CommandStore, logger: Logger,
        announce: @escaping @Sendable ([StreamHead]) -> Void
    ) {
        self.jurisdiction = jurisdiction
        self.agency = agency
        self.store = store
        self.logger = logger
        self.announce = announce
    }

    /// - Parameter key: without one, a key of this attempt alone still settles a commit whose end was not seen.
    func run(
        _ request: CommandRequest, on report: UUID, key: CommandKey, in loaded: LoadedCity
    ) async throws -> CommandResult {
        let start = ContinuousClock.now
        var attempt = 1
        while true {
            do {
                let result = try await perform(request, on: report, key: key, in: loaded)
                if case .done(_, _, let heads) = result { announce(heads) }
                outcomes.count(request.command, result.outcome)
                return result
            } catch let error as PostgresError where error.isRetryable {
                guard attempt < Self.attempts, ContinuousClock.now - start < Self.patience else {
                    outcomes.count(request.command, "unavailable")
                    logger.warning(
                        "Command not carried out",
                        metadata: [LogKey.report: "\(report.text)", LogKey.error: "\(error)"])
                    throw ProblemDetails.unavailable("The store is busy; send the command again.")
                }
                attempt += 1
                try await Task.sleep(for: .milliseconds(Int.random(in: 5...50)))
            }
        }
    }

    /// The answer to a command that was sent before under this key; nil when there is none.
    func earlier(_ key: CommandKey, on report: UUID) async throws -> CommandResult? {
        do { return try await store.receipt(of: key, on: report, by: agency, in: jurisdiction) } catch let error
            as PostgresError where error.isRetryable
        {
            throw ProblemDetails.unavailable("The store is busy; send the command again.")
        }
    }

    private func perform(
        _ request: CommandRequest, on report: UUID, key: CommandKey, in loaded: LoadedCity
    ) async throws -> CommandResult {
        let events = EventMaker(loaded)
        let json = WorkJSON(loaded)
        return try await store.perform(
            on: report, by: agency, in: jurisdiction, key: key, naming: request.original
        ) { work, now throws(Refusal) in
            let outcome = try StatusMachine.decide(
                state: work.state, command: request, by: .agency(agency), at: now, city: loaded.city)
            let filed = events.file(outcome, before: work.state, report: work.report)
            var after = work
            after.state = outcome.state
            after.why = outcome.why ?? work.why
            after.changedAt = outcome.at
            return (filed, String(decoding: json.entry(after, at: now), as: UTF8.self))
        }
    }
}

extension CommandResult {
    /// For the metric.
    var outcome: String {
        switch self {
        case .done: "done"
        case .repeated: "repeated"
        case .keyReused: "key_reused"
        case .refused(let refusal): refusal.code
        case .unknownReport: "unknown_report"
        }
    }
}

/// Commands counted by what they were and what became of them.
final class CommandOutcomes: Sendable {
    private let counters = Mutex<[String: Counter]>([:])

    func count(_ command: Command, _ outcome: String) {
        let counter = counters.withLock { counters in
            let key = "\(command.rawValue) \(outcome)"
            if let known = counters[key] { return known }
            let made = Counter(.commands, [("command", command.rawValue), ("outcome", outcome)])
            counters[key] = made
            return made
        }
        counter.increment()
    }
}
