internal import CoreMetrics
internal import Domain
internal import Logging
internal import Reactor
internal import Runtime
internal import ServiceLifecycle
internal import Storage
internal import Synchronization
internal import Telemetry

/// A queue for each city, and the watch over the inbox.
final class AdmissionQueues: Service {
    private let queues: Mutex<[JurisdictionCode: AdmissionQueue]> = Mutex([:])
    private let started = AsyncStream.makeStream(of: AdmissionQueue.self, bufferingPolicy: .unbounded)
    private let store: AdmissionStore
    private let bounds: AdmissionBounds
    private let reactor: Reactor?
    private let logger: Logger
    private let reportLog: ReportLog
    private let stored: @Sendable () -> Void

    /// - Parameters:
    ///   - reactor: whose thread the lanes prefer: they mostly talk to the store.
    ///   - stored: called after each commit that queued reports for routing.
    init(
        store: AdmissionStore, bounds: AdmissionBounds, on reactor: Reactor? = nil, logger: Logger,
        reportLog: ReportLog, stored: @escaping @Sendable () -> Void
    ) {
        self.reactor = reactor
        self.store = store
        self.bounds = bounds
        self.logger = logger
        self.reportLog = reportLog
        self.stored = stored
    }

    /// The city's queue; made when its first report comes. There are as many as cities are loaded.
    func queue(for jurisdiction: JurisdictionCode) -> AdmissionQueue {
        queues.withLock { queues in
            if let queue = queues[jurisdiction] { return queue }
            let queue = AdmissionQueue(
                jurisdiction: jurisdiction, store: store, maximumWaiting: bounds.maximumWaiting,
                maximumBytes: bounds.maximumWaitingBytes, logger: logger, reportLog: reportLog, stored: stored)
            queues[jurisdiction] = queue
            started.continuation.yield(queue)
            return queue
        }
    }

    /// Requests that wait for their batch.
    var waiting: Int { queues.withLock { $0.values.reduce(0) { $0 + $1.waiting } } }

    /// Serves every queue until the service stops; what was taken in before is still answered.
    func run() async throws {
        await withTaskExecutorPreference(reactor) { await serve() }
    }

    private func serve() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.watchInbox() }
            group.addTask {
                await withTaskGroup(of: Void.self) { lanes in
                    for await queue in self.started.stream { lanes.addTask { await queue.run() } }
                    lanes.cancelAll()
                }
            }
            try? await gracefulShutdown()
            started.continuation.finish()
            group.cancelAll()
        }
    }

    /// Looks at the inbox's depth each second: beyond its bound callers get 503, not memory.
    private func watchInbox() async {
        let depth = Meter(.inboxDepth)
        let age = Meter(.inboxOldestAge)
        var watch = InboxWatch(maximum: bounds.maximumInbox)
        while !Task.isCancelled {
            let found = try? await store.inboxDepths(upTo: bounds.maximumInbox + 1)
            watch.looked(found)
            if let found { depth.set(found.values.reduce(0, +)) }
            if let oldest = try? await store.oldestInboxAge() { age.set(oldest) }
            for (jurisdiction, queue) in queues.withLock({ $0 }) {
                queue.refuse(watch.refusal(of: jurisdiction))
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }
}

/// What intake holds at most.
struct AdmissionBounds: Sendable {
    /// Requests that wait for their batch.
    var maximumWaiting: Int
    /// Their memory, in bytes.
    var maximumWaitingBytes: Int
    /// Reports of one city that wait for routing.
    var maximumInbox: Int
}
