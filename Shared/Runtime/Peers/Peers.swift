package import Logging
internal import ServiceLifecycle

/// The way of hints between our own processes.
package final class Peers: Service {
    private let onHint: @Sendable (Hint) -> Void

    package init(
        service: PeerService, publishes: Bool, subscribesTo services: [PeerService], topics: [String],
        store: StoreAccess, logger: Logger, onHint: @escaping @Sendable (Hint) -> Void = { _ in }
    ) {
        self.onHint = onHint
    }

    /// Tells whoever listens; never blocks, and is dropped where the queue is full.
    package func publish(_ topic: String, _ payload: String = "") {}

    package func run() async throws { try? await gracefulShutdown() }
}
