/// Something whose descriptor tells only of *changes*, such as a ZeroMQ socket.
///
/// Such a descriptor stays silent about what was ready before, and any call on the source can swallow the change. So
/// the reactor does not sleep before the source has said, after the last call on it, that nothing is ready.
package protocol EventSource: AnyObject {
    /// Polled for reading.
    var descriptor: CInt { get }

    /// Runs on the reactor's thread, whenever the descriptor is readable or `EventRegistration.touch()` was called.
    ///
    /// Works off a bounded part of what is ready, and asks for readiness *last*; returns true if some is left, and is
    /// then called again in the next round, before the reactor sleeps.
    func process() -> Bool
}

/// The registration of an event source with a reactor. To be used on the reactor's thread only.
package final class EventRegistration: @unchecked Sendable {
    // Why unchecked: every use is checked to be on the reactor's thread.
    private weak var source: (any EventSource)?
    private weak var reactor: Reactor?
    private var watch: Watch?
    private var isPending = false

    init(source: any EventSource, reactor: Reactor) {
        self.source = source
        self.reactor = reactor
        watch = reactor.watch(source.descriptor, .readable) { [weak self] _ in self?.touch() }
        touch()
    }

    /// Says that the source was used, or has something to do: it is processed before the reactor sleeps.
    package func touch() {
        guard let reactor, watch != nil else { return }
        reactor.preconditionOnReactor()
        if isPending { return }
        isPending = true
        reactor.pend(self)
    }

    /// Ends the registration; comes before the descriptor is closed. Doing so twice is harmless.
    package func cancel() {
        watch?.cancel()
        watch = nil
    }

    func process() {
        isPending = false
        guard watch != nil, let source else { return }
        if source.process() { touch() }
    }
}
