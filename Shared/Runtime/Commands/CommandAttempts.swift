internal import CoreMetrics
package import Domain
package import FoundationEssentials
package import Logging
internal import PostgreSQL
package import Storage
internal import Telemetry

/// Carries commands out: tries again where the store asks for it, and counts what came of each.
package struct CommandAttempts: Sendable {
    /// Attempts at one command, and the time after which no further one begins.
    private static let most = 3
    private static let patience: Duration = .seconds(2)

    private let logger: Logger
    private let outcomes = LabelledCounters(.commands, ["command", "outcome"])

    package init(logger: Logger) { self.logger = logger }

    /// - Parameter attempt: safe to repeat, since it is settled by the command's key.
    /// - Throws: `ProblemDetails` 503 where the store stays busy.
    package func carryOut(
        _ command: Command, on report: UUID, _ attempt: () async throws -> CommandResult
    ) async throws -> CommandResult {
        let start = ContinuousClock.now
        var made = 1
        while true {
            do {
                let result = try await attempt()
                outcomes[command.rawValue, result.outcome].increment()
                return result
            } catch let error as PostgresError where error.isRetryable {
                guard made < Self.most, ContinuousClock.now - start < Self.patience else {
                    outcomes[command.rawValue, "unavailable"].increment()
                    logger.warning(
                        "Command not carried out",
                        metadata: [LogKey.report: "\(report.text)", LogKey.error: "\(error)"])
                    throw ProblemDetails.unavailable("The store is busy; send the command again.")
                }
                made += 1
                try await Task.sleep(for: .milliseconds(Int.random(in: 5...50)))
            }
        }
    }

    /// The answer to a command that was sent before, as `find` looks it up.
    ///
    /// - Throws: `ProblemDetails` 503 where the store is busy.
    package func earlier(_ find: () async throws -> CommandResult?) async throws -> CommandResult? {
        do { return try await find() } catch let error as PostgresError where error.isRetryable {
            throw ProblemDetails.unavailable("The store is busy; send the command again.")
        }
    }
}

extension CommandResult {
    /// For the metric.
    fileprivate var outcome: String {
        switch self {
        case .done: "done"
        case .repeated: "repeated"
        case .keyReused: "key_reused"
        case .refused(let refusal): refusal.code
        case .unknownReport: "unknown_report"
        }
    }
}
