/// A standing registration of a descriptor with a reactor, level-triggered.
///
/// While the descriptor is ready for what `interest` names, or has failed, the handler runs once each round, on the
/// reactor's thread. Changing the interest costs nothing but a store. The reactor keeps the watch and its handler
/// until `cancel()`, which comes before the descriptor is closed. To be used on the reactor's thread only.
package final class Watch: @unchecked Sendable {
    // Why unchecked: every use is checked to be on the reactor's thread.
    package let descriptor: CInt
    /// What to wait for; empty disarms the watch, so that not even a failure is reported.
    package var interest: Reactor.Readiness {
        didSet { reactor?.update(self) }
    }

    let handler: (Reactor.Readiness) -> Void
    /// Where it stands in the poll set.
    var slot = 0
    private weak var reactor: Reactor?

    init(
        descriptor: CInt, interest: Reactor.Readiness, reactor: Reactor,
        handler: @escaping (Reactor.Readiness) -> Void
    ) {
        self.descriptor = descriptor
        self.interest = interest
        self.reactor = reactor
        self.handler = handler
    }

    /// Takes the descriptor out; the handler does not run again. Doing so twice is harmless.
    package func cancel() {
        reactor?.remove(self)
        reactor = nil
    }

    var isActive: Bool { reactor != nil }
}
