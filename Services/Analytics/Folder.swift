internal import Domain
internal import Logging
internal import Metrics
internal import Storage
internal import Streams
internal import Synchronization
internal import Telemetry

/// Folds every stream of a city into the rollups, exactly once, however many replicas run.
struct Folder: Sendable {
    /// Events that one transaction folds.
    static let batchLimit = 5000
    static let streamsAtOnce = 2
    static let pause: Duration = .milliseconds(50)

    let jurisdiction: JurisdictionCode
    let offsetSeconds: Int
    let store: AnalyticsStore
    let hints: Wake
    let progress: FoldProgress
    let logger: Logger

    /// Folds until the task is cancelled: on every hint, and at least once a second.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await hints.ring(every: .seconds(1)) }
            group.addTask { await foldWhileNew() }
        }
    }

    private func foldWhileNew() async {
        var isUntold = false
        while !Task.isCancelled {
            let count = hints.count
            do {
                let begun = ContinuousClock.now
                let pass = try await foldOnce()
                if isUntold, pass.folded > 0 { FoldMetrics.hintGaps.increment() }
                isUntold = false
                if pass.isCaughtUp { progress.caughtUp(asOf: begun) }
                if pass.folded >= Self.batchLimit { continue }
                if pass.folded > 0 {
                    // A trickle is gathered: fewer, larger transactions.
                    try? await Task.sleep(for: Self.pause)
                    continue
                }
            } catch {
                logger.warning("fold failed; trying again", metadata: ["error": "\(error)"])
            }
            await hints.wait(since: count.generation)
            isUntold = hints.onlyTicked(since: count)
        }
    }

    /// Folds what every stream has beyond its cursor, one batch a stream; streams share no row of the rollups, so two
    /// are folded at a time.
    func foldOnce() async throws -> Pass {
        let positions = try await store.positions(in: jurisdiction)
        FoldMetrics.show(positions, of: jurisdiction)
        let behind = positions.filter { $0.folded < $0.head }
        return try await withThrowingTaskGroup(of: Pass.self) { group in
            var pass = Pass()
            for (index, position) in behind.enumerated() {
                if index >= Self.streamsAtOnce, let part = try await group.next() { pass.add(part) }
                group.addTask { try await fold(position) }
            }
            return try await group.reduce(into: pass) { $0.add($1) }
        }
    }

    private func fold(_ position: FoldPosition) async throws -> Pass {
        let facts = try await store.facts(
            of: position.stream, in: jurisdiction, after: position.folded, limit: Self.batchLimit)
        guard let last = facts.last else { return try await pass(over: position) }
        if let first = facts.first, first.seq > position.folded + 1 { lost(position, before: first.seq) }
        var fold = Fold(stream: position.stream, offsetSeconds: offsetSeconds)
        for event in facts { fold.add(event) }
        let isOurs = try await store.apply(
            fold.delta, of: position.stream, in: jurisdiction, epoch: position.epoch, from: position.folded,
            to: last.seq)
        if isOurs { FoldMetrics.count(facts.count, of: position.stream) }
        if !isOurs { logger.debug("another replica folded", metadata: ["stream": "\(position.stream)"]) }
        return Pass(folded: facts.count, isCaughtUp: isOurs && last.seq >= position.head)
    }
}

/// What came between is gone from the store: trimming leaves what is not counted, so a person did this by hand.
extension Folder {
    private func lost(_ position: FoldPosition, before seq: Int64) {
        logger.error(
            "Events were deleted before they were counted; the figures lack them",
            metadata: [
                LogKey.stream: "\(position.stream)", "from": "\(position.folded + 1)", "to": "\(seq - 1)",
            ])
    }

    /// Moves the cursor over what is gone, so that what comes next is counted again.
    private func pass(over position: FoldPosition) async throws -> Pass {
        guard position.firstKept > position.folded + 1 else { return Pass(isCaughtUp: false) }
        lost(position, before: position.firstKept)
        _ = try await store.apply(
            RollupDelta(), of: position.stream, in: jurisdiction, epoch: position.epoch, from: position.folded,
            to: position.firstKept - 1)
        return Pass(isCaughtUp: position.firstKept > position.head)
    }
}

/// What one pass over the streams came to.
struct Pass: Equatable {
    /// Events that were there to fold; 0 when all was folded already.
    var folded = 0
    /// Whether every stream was folded as far as it reached when the pass began.
    var isCaughtUp = true

    mutating func add(_ other: Pass) {
        folded += other.folded
        isCaughtUp = isCaughtUp && other.isCaughtUp
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
