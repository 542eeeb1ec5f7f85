package import Domain
package import FoundationEssentials
package import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import Telemetry

/// A line for each step of each report, so that one search for its trace tells the whole way.
///
/// What the reports go through does not wait for it: a step hands its lines over once it is committed, and they are
/// made and written on Swift's pool. Where that cannot keep up they are dropped and counted with the other records.
package final class ReportLog: Service {
    package struct Line: Sendable {
        package var report: String
        /// The trace's id; nil for a report from before there were any.
        package var trace: String?
        package var more: Logger.Metadata

        package init(report: String, trace: String?, more: Logger.Metadata = [:]) {
            self.report = report
            self.trace = trace
            self.more = more
        }

        package init(_ report: UUID, _ trace: TraceContext?, _ more: Logger.Metadata = [:]) {
            self.init(report: report.text, trace: trace?.traceID, more: more)
        }

        package var metadata: Logger.Metadata {
            var metadata = more
            metadata[LogKey.report] = .string(report)
            if let trace { metadata[LogKey.trace] = .string(trace) }
            return metadata
        }
    }

    private struct Step: Sendable {
        let message: Logger.Message
        let count: Int
        let lines: @Sendable () -> [Line]
    }

    /// Lines that may wait, and so the steps that they belong to.
    static let limit = 8192

    /// How long the first line after a silence rests: the reports that it tells of have just been committed, and their way
    /// on to the agency needs the processor more.
    private static let rest: Duration = .milliseconds(50)

    private let steps = AsyncStream.makeStream(of: Step.self, bufferingPolicy: .unbounded)
    private let waiting = Atomic<Int>(0)
    private let logger: Logger

    package init(logger: Logger) { self.logger = logger }

    /// Hands over `count` lines, which are made later; never blocks.
    package func note(_ message: Logger.Message, count: Int, _ lines: @escaping @Sendable () -> [Line]) {
        guard count > 0, logger.logLevel <= .info else { return }
        guard waiting.add(count, ordering: .relaxed).newValue <= Self.limit else {
            waiting.subtract(count, ordering: .relaxed)
            LogOutput.standardError.countDropped(count)
            return
        }
        steps.continuation.yield(Step(message: message, count: count, lines: lines))
    }

    /// The line of a command that was carried out.
    ///
    /// - Parameter agency: whose command it was; nil for a reporter's or a reader's.
    package func noteCommand(
        _ command: Command, on report: UUID, by agency: AgencyCode? = nil, version: Int, trace: TraceContext?
    ) {
        note("Command carried out", count: 1) {
            var more: Logger.Metadata = [
                LogKey.command: "\(command.rawValue)", LogKey.version: .stringConvertible(version),
            ]
            if let agency { more[LogKey.agency] = "\(agency)" }
            return [Line(report, trace, more)]
        }
    }

    /// Writes until the service has stopped and what was handed over before is written.
    package func run() async throws {
        await withGracefulShutdownHandler {
            var isCaughtUp = true
            for await step in steps.stream {
                if isCaughtUp { try? await Task.sleep(for: Self.rest) }
                for line in step.lines() { logger.info(step.message, metadata: line.metadata) }
                isCaughtUp = waiting.subtract(step.count, ordering: .relaxed).newValue == 0
            }
        } onGracefulShutdown: { [steps] in
            steps.continuation.finish()
        }
    }
}
