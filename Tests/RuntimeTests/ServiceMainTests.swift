import Foundation
import Logging
import ServiceLifecycle
import Telemetry
import Testing
import UnixSignals

@testable import Runtime

@Suite(.serialized) struct ServiceMainTests {
    private struct Failing: Service {
        struct Fault: Error {}
        func run() async throws { throw Fault() }
    }

    /// Runs until told to stop, and says when it runs.
    private struct Patient: Service {
        let running: AsyncStream<Void>.Continuation
        var ignoresStop = false
        func run() async throws {
            running.yield()
            if ignoresStop {
                try await forever()
            } else {
                try await gracefulShutdown()
            }
        }
    }

    private let book = LogBook()

    private func supervise(
        timeout: Duration = .seconds(5), _ parts: @escaping @Sendable () async throws -> [any Service]
    ) async -> ExitCode {
        let logger = book.logger(.info)
        let process = ServiceProcess(
            name: "sample", logger: logger, metrics: MetricRegistry(), health: Health(logger: logger))
        return await ServiceMain.supervise(
            process, stopTimeout: timeout, stopsOn: [.sigusr1], compose: parts)
    }

    @Test func `A service that cannot start says why and what to do, and ends with its code`() async {
        let code = await supervise {
            throw StartFailure("The store has no schema", advice: "Run sasandoctl migrate", code: .unavailable)
        }
        #expect(code == .unavailable)
        #expect(book.all.contains { $0.contains("The store has no schema. Run sasandoctl migrate") })
    }

    @Test func `A part that fails ends the service with a code of its own`() async {
        #expect(await supervise { [Failing()] } == .software)
        #expect(book.all.contains { $0.contains("critical") && $0.contains("Fault") })
    }

    @Test func `A signal stops the service cleanly`() async {
        let (running, run) = AsyncStream.makeStream(of: Void.self)
        async let code = supervise { [Patient(running: run)] }
        for await _ in running { break }
        kill(getpid(), SIGUSR1)
        #expect(await code == .success)
        #expect(book.all.contains { $0.contains("Stopping") })
    }

    @Test func `A part that does not stop is cut off in time`() async {
        let (running, run) = AsyncStream.makeStream(of: Void.self)
        let start = ContinuousClock.now
        async let code = supervise(timeout: .seconds(1)) { [Patient(running: run, ignoresStop: true)] }
        for await _ in running { break }
        kill(getpid(), SIGUSR1)
        _ = await code
        #expect(ContinuousClock.now - start < .seconds(60))
    }
}
