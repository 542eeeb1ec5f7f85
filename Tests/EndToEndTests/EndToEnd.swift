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

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed makes the same choices.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The value below which a share of the samples lies; nil for none.
func percentile(_ share: Double, of samples: [Double]) -> Double? {
    guard !samples.isEmpty else { return nil }
    let sorted = samples.sorted()
    return sorted[min(sorted.count - 1, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
}

extension Duration {
    var milliseconds: Double { Double(components.seconds) * 1_000 + Double(components.attoseconds) / 1e15 }
}

/// Something that a test needs did not come as it should.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
