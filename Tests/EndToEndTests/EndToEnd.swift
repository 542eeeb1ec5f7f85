internal import Foundation
internal import Logging
internal import PostgreSQL
internal import Reactor
internal import TestSupport
internal import Testing

/// The real executables behind the real front door, over a real PostgreSQL. One suite after the other, so that each
/// has the machine to itself, and each with a stack of its own.
@Suite("End to end", .serialized)
enum EndToEnd {
    /// What people and programs get at the front door. These suites share a stack, which none of them disturbs.
    @Suite("Front door", .stack())
    enum FrontDoor {}
}

/// A started stack, and its store as the owner sees it.
struct RunningStack: Sendable {
    let stack: Stack
    /// The store as its owner, for recounting what the services did.
    let pool: PostgresPool

    @TaskLocal private static var value: RunningStack?

    /// The stack of the running suite, which has to have the trait `.stack`.
    static var current: RunningStack {
        guard let value else { preconditionFailure("the suite lacks the trait .stack") }
        return value
    }

    static func with(environment: [String: String], _ body: @Sendable () async throws -> Void) async throws {
        let stack = try await Stack.start(environment: environment)
        let place = try await stack.store()
        var configuration = try PostgresConfiguration(url: place.url, password: place.password)
        configuration.applicationName = "end-to-end test"
        configuration.statementTimeout = .seconds(60)
        configuration.queryTimeout = .seconds(60)
        configuration.leaseTimeout = .seconds(20)
        configuration.lockTimeout = .seconds(20)
        let reactor = Reactor(name: "end-to-end")
        try await PostgresPool.with(
            configuration, reactor: reactor,
            logger: Logger(label: "test") { _ in
                SwiftLogNoOpLogHandler()
            }
        ) { pool in
            try await $value.withValue(RunningStack(stack: stack, pool: pool)) { try await body() }
        }
        reactor.stop()
        let printed = try await stack.stop()
        #expect(printed.hasSuffix("Sasando has stopped\n"), "ops/run ended with: \(printed.suffix(300))")
        let isLeft = FileManager.default.fileExists(atPath: stack.home.path)
        #expect(!isLeft, "the stack left its folder behind")
    }
}

/// Starts a stack for a suite, and stops it when the suite's tests are through.
struct StackTrait: SuiteTrait, TestScoping {
    let environment: [String: String]

    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await RunningStack.with(environment: environment) { try await body() }
    }
}

extension Trait where Self == StackTrait {
    /// - Parameter environment: settings of the services that differ from the usual.
    static func stack(_ environment: [String: String] = [:]) -> Self { StackTrait(environment: environment) }
}

/// What a run is told from outside.
enum TestSettings {
    /// `SASANDO_TEST_LONG=1`: the runs that take their time.
    static let isLong = ProcessInfo.processInfo.environment["SASANDO_TEST_LONG"].map { $0 != "" && $0 != "0" } ?? false
    /// `SASANDO_TEST_REPORTS`: how many reports pass through the kills.
    static let reports = ProcessInfo.processInfo.environment["SASANDO_TEST_REPORTS"].flatMap(Int.init) ?? 20_000
    /// `SASANDO_TEST_SEED`: repeats a run's choices.
    static let seed =
        ProcessInfo.processInfo.environment["SASANDO_TEST_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 1...999_999)
}
