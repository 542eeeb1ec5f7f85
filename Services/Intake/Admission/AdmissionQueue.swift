internal import CoreMetrics
internal import Domain
internal import Logging
internal import PostgreSQL
internal import Runtime
internal import Storage
internal import Streams
internal import Synchronization
internal import Telemetry

/// Why a report could not be admitted now.
enum AdmissionFailure: Error, Sendable {
    /// Too many requests wait already, or too many reports wait for routing.
    case full
    /// The store does not answer; whether the report was stored, a retry with the same key will tell.
    case storeAway
    /// Its tracking code is taken: give it another.
    case trackingCodeTaken
    /// The store refuses this report alone.
    case refused
    /// The key was used for another report.
    case keyReused
    /// A photo that it brings is unknown, used, or somebody else's.
    case unknownMedia
}

/// Group commit: while one batch is being committed the next one gathers; no timer delays a lone request.
///
/// Nobody is answered before the commit of their batch.
final class AdmissionQueue: Sendable {
    typealias Waiter = @Sendable (Result<Admission, AdmissionFailure>) -> Void

    static let batchLimit = 500
    /// Batches that are under way at once: one gathers its rows while the other waits for the disk.
    static let lanes = 2
    /// After this no further attempt at a batch begins. With the longest that one attempt takes (the store's time-out,
    /// 1.2 s) every waiter has its answer within two seconds.
    static let patience: Duration = .milliseconds(600)

    private let buffer: Mutex<AdmissionBuffer<Waiter>>
    /// Why nothing more is taken in for the time being.
    private let refusal = Mutex<AdmissionFailure?>(nil)
    private let bell = Wake()
    private let jurisdiction: JurisdictionCode
    private let store: AdmissionStore
    private let stored: @Sendable () -> Void
    private let logger: Logger
    private let reportLog: ReportLog
    private let metrics = AdmissionMetrics()

    /// - Parameter stored: called after each commit that queued reports for routing.
    init(
        jurisdiction: JurisdictionCode, store: AdmissionStore, maximumWaiting: Int, maximumBytes: Int, logger: Logger,
        reportLog: ReportLog, stored: @escaping @Sendable () -> Void
    ) {
        buffer = Mutex(AdmissionBuffer(maximumCount: maximumWaiting, maximumSize: maximumBytes))
        self.jurisdiction = jurisdiction
        self.store = store
        self.stored = stored
        self.logger = logger
        self.reportLog = reportLog
    }

    /// Stores the report, or finds the one that its key stored before.
    func admit(_ report: NewReport) async throws(AdmissionFailure) -> Admission {
        if let refusal = refusal.withLock({ $0 }) { throw refusal }
        let result = await withCheckedContinuation { continuation in
            let isTaken = buffer.withLock { buffer in
                (try? buffer.add(.init(report: report, waiter: { continuation.resume(returning: $0) }))) != nil
            }
            if isTaken { bell.ring() } else { continuation.resume(returning: .failure(.full)) }
        }
        return try result.get()
    }

    /// The same for several that come together: what became of each, in their order.
    func admit(_ reports: [NewReport]) async -> [Result<Admission, AdmissionFailure>] {
        if let refusal = refusal.withLock({ $0 }) { return reports.map { _ in .failure(refusal) } }
        guard !reports.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let gathering = Gathering(count: reports.count) { continuation.resume(returning: $0) }
            var refused = reports.indices
            buffer.withLock { buffer in
                while let index = refused.first {
                    let waiter: Waiter = { gathering.take($0, at: index) }
                    guard (try? buffer.add(.init(report: reports[index], waiter: waiter))) != nil else { break }
                    refused.removeFirst()
                }
            }
            bell.ring()
            for index in refused { gathering.take(.failure(.full), at: index) }
        }
    }

    /// Takes nothing more in, for this reason, until it is called again with nil.
    func refuse(_ reason: AdmissionFailure?) { refusal.withLock { $0 = reason } }

    /// Requests that wait for their batch.
    var waiting: Int { buffer.withLock { $0.entries.count } }

    /// Commits batches until the task is cancelled and what had been taken in is answered.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.lanes { group.addTask { await self.lane() } }
        }
    }

    private func lane() async {
        while true {
            let generation = bell.generation
            let batch = buffer.withLock { $0.take(Self.batchLimit) }
            if batch.isEmpty {
                if Task.isCancelled { return }
                await bell.wait(since: generation)
                continue
            }
            await commit(batch)
        }
    }

    private func commit(_ batch: [AdmissionBuffer<Waiter>.Entry]) async {
        let start = ContinuousClock.now
        let results = await results(of: batch.map(\.report), until: start + Self.patience)
        let isStored = results.contains { if case .success(.stored) = $0 { true } else { false } }
        // The hint first: routing can begin while the senders are answered.
        if isStored { stored() }
        for (entry, result) in zip(batch, results) { entry.waiter(result) }
        metrics.record(results, duration: ContinuousClock.now - start)
        log(batch, results)
        let isAway = results.contains { if case .failure(.storeAway) = $0 { true } else { false } }
        if isAway { failWaiting() }
    }

    private func log(_ batch: [AdmissionBuffer<Waiter>.Entry], _ results: [Result<Admission, AdmissionFailure>]) {
        let stored = zip(batch, results).compactMap { entry, result in
            if case .success(.stored) = result {
                (entry.report.id, entry.report.trace, entry.report.channel)
            } else {
                nil
            }
        }
        reportLog.note("Report stored", count: stored.count) {
            stored.map { ReportLog.Line($0, $1, [LogKey.channel: "\($2)"]) }
        }
    }

    /// Nobody behind a batch that the store did not answer has to find out for themselves.
    private func failWaiting() {
        let waiting = buffer.withLock { $0.take(.max) }
        for entry in waiting { entry.waiter(.failure(.storeAway)) }
    }

    private func results(
        of reports: [NewReport], until deadline: ContinuousClock.Instant
    ) async -> [Result<Admission, AdmissionFailure>] {
        var pause: Duration = .milliseconds(10)
        while true {
            do {
                return try await store.admit(reports, in: jurisdiction).map { .success($0) }
            } catch let error as PostgresError where error.sqlState?.isDataError == true {
                return await bisected(reports, error, until: deadline)
            } catch {
                let isWorthIt = (error as? PostgresError)?.isRetryable ?? false
                guard isWorthIt, ContinuousClock.now + pause < deadline else {
                    logger.warning(
                        "Reports not stored; their senders are told to try again",
                        metadata: [LogKey.error: "\(error)", LogKey.count: "\(reports.count)"])
                    return reports.map { _ in .failure(.storeAway) }
                }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(200))
            }
        }
    }

    /// One bad row fails alone: halves the batch until it stands by itself.
    private func bisected(
        _ reports: [NewReport], _ error: PostgresError, until deadline: ContinuousClock.Instant
    ) async -> [Result<Admission, AdmissionFailure>] {
        guard reports.count > 1 else {
            if error.constraint == AdmissionStore.trackingCodeConstraint { return [.failure(.trackingCodeTaken)] }
            if error.constraint == AdmissionStore.uploadConstraint { return [.failure(.unknownMedia)] }
            logger.error("The store refuses a report", metadata: [LogKey.error: "\(error)"])
            return [.failure(.refused)]
        }
        let half = reports.count / 2
        return await results(of: Array(reports[..<half]), until: deadline)
            + results(of: Array(reports[half...]), until: deadline)
    }
}

/// The results of several, until the last of them is there.
private final class Gathering: Sendable {
    private struct State {
        var results: [Result<Admission, AdmissionFailure>?]
        var left: Int
    }

    private let state: Mutex<State>
    private let whole: @Sendable ([Result<Admission, AdmissionFailure>]) -> Void

    init(count: Int, whole: @escaping @Sendable ([Result<Admission, AdmissionFailure>]) -> Void) {
        state = Mutex(State(results: Array(repeating: nil, count: count), left: count))
        self.whole = whole
    }

    func take(_ result: Result<Admission, AdmissionFailure>, at index: Int) {
        let results = state.withLock { state -> [Result<Admission, AdmissionFailure>]? in
            state.results[index] = result
            state.left -= 1
            return state.left == 0 ? state.results.compactMap { $0 } : nil
        }
        if let results { whole(results) }
    }
}
