internal import CoreMetrics
internal import Domain
internal import FoundationEssentials
internal import Logging
internal import PostgreSQL
internal import Runtime
internal import Storage
internal import Streams
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
    let reportLog: ReportLog
    private let outcomes = LabelledCounters(.commands, ["command", "outcome"])

    init(
        jurisdiction: JurisdictionCode, agency: AgencyCode, store: CommandStore, logger: Logger,
        reportLog: ReportLog, announce: @escaping @Sendable ([StreamHead]) -> Void
    ) {
        self.jurisdiction = jurisdiction
        self.agency = agency
        self.store = store
        self.logger = logger
        self.reportLog = reportLog
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
                if case .done(_, let version, let heads, let trace) = result {
                    announce(heads)
                    log(request, on: report, trace, version)
                }
                outcomes[request.command.rawValue, result.outcome].increment()
                return result
            } catch let error as PostgresError where error.isRetryable {
                guard attempt < Self.attempts, ContinuousClock.now - start < Self.patience else {
                    outcomes[request.command.rawValue, "unavailable"].increment()
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

    private func log(_ request: CommandRequest, on report: UUID, _ trace: TraceContext?, _ version: Int) {
        reportLog.note("Command carried out", count: 1) { [agency] in
            [
                ReportLog.Line(
                    report, trace,
                    [
                        LogKey.agency: "\(agency)", LogKey.command: "\(request.command.rawValue)",
                        LogKey.version: .stringConvertible(version),
                    ])
            ]
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
