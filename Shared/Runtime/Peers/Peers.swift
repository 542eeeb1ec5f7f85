internal import FoundationEssentials
package import Logging
internal import Metrics
internal import ServiceLifecycle
internal import Storage
internal import Synchronization
internal import Telemetry

/// The way of hints between our own processes, over ZeroMQ and without a broker.
///
/// Each instance makes a CURVE key pair and an id when it starts, stands in the store's
/// table of peers as long as it renews its row, and admits whoever stands there too.
/// All of this may fail at any time: hints save waiting, and nothing depends on them.
package final class Peers: Service {
    /// The most topics whose hints wait to be sent.
    private static let queueLimit = 4096
    private static let pause: Duration = .seconds(1)

    private let plan: PeerSession.Plan
    private let onHint: @Sendable (Hint) -> Void
    private let outbox = HintQueue(limit: queueLimit)
    private let queued = Counter(.hintsPublished, [("outcome", "queued")])
    private let coalesced = Counter(.hintsPublished, [("outcome", "coalesced")])
    private let dropped = Counter(.hintsPublished, [("outcome", "dropped")])

    /// - Parameters:
    ///   - publishes: Whether this service tells of news itself.
    ///   - services: Whose news it wants.
    ///   - topics: What their topics begin with.
    ///   - onHint: Called for each hint, of several on one topic that came together for the last; it must not block.
    package init(
        service: PeerService, publishes: Bool, subscribesTo services: [PeerService], topics: [String],
        store: StoreAccess, logger: Logger, onHint: @escaping @Sendable (Hint) -> Void = { _ in }
    ) {
        plan = PeerSession.Plan(
            service: service, publishes: publishes, follows: services, topics: topics,
            pool: store.pool, reactor: store.reactor, logger: logger)
        self.onHint = onHint
    }

    /// Tells whoever listens; never blocks, and is dropped where the queue is full.
    package func publish(_ topic: String, _ payload: String = "") {
        guard plan.publishes else { return }
        switch outbox.put(Hint(topic: topic, payload: payload)) {
        case .queued: queued.increment()
        case .coalesced: coalesced.increment()
        case .dropped: dropped.increment()
        }
    }

    package func run() async throws {
        let last = Mutex<PeerSession?>(nil)
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                let session = PeerSession(plan, outbox: outbox, onHint: onHint)
                last.withLock { $0 = session }
                do {
                    // Its sockets are on the reactor: a hint is passed on without a change of threads.
                    try await withTaskExecutorPreference(plan.reactor) { try await session.run() }
                } catch {
                    if !Task.isCancelled {
                        plan.logger.warning("Hints are interrupted", metadata: [LogKey.error: "\(error)"])
                    }
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
        // No longer cancelled: others need not wait until the row runs out.
        await last.withLock { $0 }?.unregister()
    }
}
