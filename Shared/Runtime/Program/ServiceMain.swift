internal import CoreMetrics
internal import Glibc
package import Logging
package import ServiceLifecycle
package import Telemetry
internal import UnixSignals

/// What a service gets from its process: logging, metrics, health, and a name.
package struct ServiceProcess: Sendable {
    /// Short, such as `intake`.
    package let name: String
    package let logger: Logger
    package let metrics: MetricRegistry
    package let health: Health
}

/// Runs a service's executable, from the command line to the exit code.
///
/// ```swift
/// @main enum Intake {
///     static func main() async {
///         await ServiceMain.run("intake", "takes reports in", IntakeConfiguration.self) { configuration, process in
///             try await IntakeService(configuration, process).services
///         }
///     }
/// }
/// ```
package enum ServiceMain {
    /// Makes the parts of a service; they start in order and stop in the opposite order, each when the later ones have.
    package typealias Compose<Configuration> =
        @Sendable (Configuration, ServiceProcess) async throws -> [any Service]

    /// Reads the settings, sets up logging and metrics, runs the parts until SIGTERM or SIGINT, and exits.
    package static func run<Configuration: ServiceConfiguration>(
        _ name: String, _ summary: String, _: Configuration.Type = Configuration.self,
        compose: Compose<Configuration>
    ) async -> Never {
        signal(SIGPIPE, SIG_IGN)
        let program = "sasando-\(name)"
        var keys = ConfigurationKeys()
        switch CommandLineRequest(Array(CommandLine.arguments.dropFirst())) {
        case .run:
            break
        case .help:
            _ = Configuration(&keys)
            finish(HelpText.text(program: program, summary: summary, entries: keys.entries), STDOUT_FILENO, .success)
        case .version:
            finish("\(program) \(ProductVersion.current)\n", STDOUT_FILENO, .success)
        case .unknown(let text):
            finish("\(program): unknown argument \(text); see \(program) --help\n", STDERR_FILENO, .usage)
        }
        let configuration: Configuration
        do {
            configuration = try Configuration.read(&keys)
        } catch {
            finish("\(program): \(error)\nSee \(program) --help for every setting.\n", STDERR_FILENO, .configuration)
        }
        let metrics = Telemetry.bootstrap(level: configuration.runtime.logLevel)
        Meter(.buildInfo, [("service", name), ("version", ProductVersion.current)]).set(1)
        let logger = Logger(label: name)
        for warning in keys.warnings { logger.warning("Doubtful setting", metadata: [LogKey.reason: "\(warning)"]) }
        let process = ServiceProcess(name: name, logger: logger, metrics: metrics, health: Health(logger: logger))
        let code = await supervise(
            process, stopTimeout: configuration.runtime.stopTimeout, stopsOn: [.sigterm, .sigint]
        ) {
            try await compose(configuration, process)
        }
        exit(code.rawValue)
    }

    /// Runs the parts that `compose` makes until one of them ends or the process is told to stop.
    static func supervise(
        _ process: ServiceProcess, stopTimeout: Duration, stopsOn signals: [UnixSignal],
        compose: () async throws -> [any Service]
    ) async -> ExitCode {
        let logger = process.logger
        defer { _ = alarm(0) }
        do {
            let parts = try await compose()
            let watch = StopWatch(health: process.health, logger: logger, timeout: stopTimeout)
            var group = ServiceGroupConfiguration(
                services: parts + [watch], gracefulShutdownSignals: signals, logger: logger.atLeast(.warning))
            group.maximumGracefulShutdownDuration = stopTimeout
            logger.info("Starting", metadata: [LogKey.version: "\(ProductVersion.current)"])
            try await ServiceGroup(configuration: group).run()
            logger.info("Stopped")
            return .success
        } catch let failure as StartFailure {
            logger.critical("\(failure)")
            return failure.code
        } catch is CancellationError where process.health.isStopping {
            logger.warning("Stopped; what was still under way was cut off")
            return .success
        } catch {
            logger.critical("The service failed: \(error)")
            return .software
        }
    }

    private static func finish(_ text: String, _ descriptor: CInt, _ code: ExitCode) -> Never {
        let bytes = Array(text.utf8)
        _ = write(descriptor, bytes, bytes.count)
        exit(code.rawValue)
    }
}

/// Notices the stop first, and sees to it that the process ends.
private struct StopWatch: Service {
    /// What a part may need to end after it was cancelled.
    private static let grace: Duration = .seconds(3)

    let health: Health
    let logger: Logger
    let timeout: Duration

    func run() async throws {
        try? await gracefulShutdown()
        health.stop()
        logger.info("Stopping")
        // The kernel ends the process if a part ignores even its cancellation, or blocks every thread.
        _ = alarm(UInt32((timeout + Self.grace).components.seconds))
    }
}

extension Logger {
    fileprivate func atLeast(_ level: Level) -> Logger {
        var logger = self
        logger.logLevel = max(logger.logLevel, level)
        return logger
    }
}
