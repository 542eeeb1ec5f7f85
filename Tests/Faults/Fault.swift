internal import PostgreSQL
internal import Synchronization
internal import TestSupport

/// What a Sasando can be run as.
enum TargetKind: String, Sendable, CaseIterable {
    case bare, compose
}

/// One row of the table: something that breaks, and whom it may touch.
struct Fault: Sendable {
    /// Whom a fault may make wait. Whoever is not touched must not notice.
    enum Reach: Sendable, Equatable {
        case everyone
        /// Consumers and officers of this agency alone.
        case agency(String)
        case nobody
    }

    let name: String
    /// What is done, in a few words.
    let what: String
    var targets: Set<TargetKind> = [.bare, .compose]
    var reach = Reach.everyone
    /// Whose processes may end; any other that ends has broken down by itself.
    var kills: Set<String> = []
    /// The least that one blow must last to show anything, such as longer than any lease.
    var least = Duration.seconds(1)
    /// A stack that is set up to be broken: its store behind a proxy, on a small disk, under a clock of ours.
    var needsStage = false
    /// Deals one blow that lasts about as long as the scene says, mends what it broke, and tells how many acts it was.
    let strike: @Sendable (Scene) async throws -> Int

    /// Whether `--short` makes it: one of each kind, in five minutes.
    var isInShort: Bool { Self.short.contains(name) }

    private static let short: Set<String> = [
        "kill-any", "kill-notifier", "stop-routing", "stop-notifier", "stop-store", "kill-postmaster", "disk-full",
        "clock-forward", "cut-store-routing", "lose-store-routing", "reset-store", "cut-door-intake", "cut-hints",
        "never-reading", "crowd-front", "hold-inbox", "rubbish-bytes", "rubbish-valid-key",
    ]

    var line: String {
        let places = TargetKind.allCases.filter(targets.contains).map(\.rawValue).joined(separator: ", ")
        return "\(name.padded(24))\(places.padded(15))\(what)"
    }
}

/// Thrown by a fault that cannot be made here, for want of a privilege or a program.
struct Impossible: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What a blow gets.
struct Scene: Sendable {
    let target: any Target
    /// The store as its owner.
    let pool: PostgresPool
    let dice: Dice
    let length: Duration

    /// Waits for a while that belongs to the fault.
    func hold(_ time: Duration) async throws {
        // pause: how long something stays broken
        try await Task.sleep(for: time)
    }

    /// Does something, and undoes it whatever happens meanwhile.
    func undoing<T: Sendable>(
        _ body: () async throws -> T, by undo: @escaping @Sendable () async throws -> Void
    ) async throws -> T {
        do {
            let value = try await body()
            try await undo()
            return value
        } catch {
            // Also when this task has been cancelled: nothing may stay broken.
            try? await Task { try await undo() }.value
            throw error
        }
    }
}

/// The choices of a row: the same seed and the same name make the same ones.
final class Dice: Sendable {
    private let generator: Mutex<SeededGenerator>

    init(seed: UInt64, name: String) {
        // FNV-1a: a string's own hash differs from process to process.
        let hash = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        generator = Mutex(SeededGenerator(seed: seed ^ hash))
    }

    func number(_ range: ClosedRange<Int>) -> Int { generator.withLock { Int.random(in: range, using: &$0) } }

    func milliseconds(_ range: ClosedRange<Int>) -> Duration { .milliseconds(number(range)) }

    func pick<T>(_ values: [T]) -> T { values[number(0...(values.count - 1))] }

    func bytes(_ count: Int) -> [UInt8] {
        generator.withLock { generator in (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) } }
    }
}

extension String {
    func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
