internal import Domain
internal import Logging
internal import Metrics
internal import Storage
internal import Streams
internal import Synchronization

/// Folds every stream of a city into the rollups, exactly once, however many replicas run.
struct Folder: Sendable {
    /// Events that one transaction folds.
    static let batchLimit = 5000

    let jurisdiction: JurisdictionCode
    let offsetSeconds: Int
    let store: AnalyticsStore
    let hints: Wake
    let progress: FoldProgress
    let logger: Logger

    /// Folds until the task is cancelled: on every hint, and at least once a second.
    func run() async {
        while !Task.isCancelled {
            let generation = hints.generation
            do {
                let begun = ContinuousClock.now
                let folded = try await foldOnce()
                if folded == 0 { progress.caughtUp(asOf: begun) }
                if folded > 0 { continue }
            } catch {
                logger.warning("fold failed; trying again", metadata: ["error": "\(error)"])
            }
            await hints.wait(since: generation, atMost: .seconds(1))
        }
    }

    /// Folds what every stream has beyond its cursor, one batch a stream.
    ///
    /// - Returns: the number of events that were there to fold; 0 when all was folded already.
    func foldOnce() async throws -> Int {
        var folded = 0
        for position in try await store.positions(in: jurisdiction) where position.folded < position.head {
            folded += try await fold(position)
        }
        return folded
    }

    private func fold(_ position: FoldPosition) async throws -> Int {
        let facts = try await store.facts(
            of: position.stream, in: jurisdiction, after: position.folded, limit: Self.batchLimit)
        guard let last = facts.last else { return 0 }
        var fold = Fold(stream: position.stream, offsetSeconds: offsetSeconds)
        for event in facts { fold.add(event) }
        let isOurs = try await store.apply(
            fold.delta, of: position.stream, in: jurisdiction, epoch: position.epoch, from: position.folded,
            to: last.seq)
        if !isOurs { logger.debug("another replica folded", metadata: ["stream": "\(position.stream)"]) }
        return facts.count
    }
}

/// When the rollups were last known to hold everything.
final class FoldProgress: Sendable {
    private let state = Mutex<ContinuousClock.Instant?>(nil)

    func caughtUp(asOf instant: ContinuousClock.Instant) {
        state.withLock { $0 = max($0 ?? instant, instant) }
    }

    /// How old the rollups' newest complete picture is; nil before the first.
    var age: Duration? {
        state.withLock { $0.map { ContinuousClock.now - $0 } }
    }
}
