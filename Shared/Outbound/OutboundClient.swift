internal import Domain
package import Reactor

/// Calls addresses that others have named, over https: the one way out of our processes.
///
/// A name is looked up and the socket opened in one step, and the address is judged between the two (``AddressPolicy``),
/// so nothing can be swapped after a check. No redirect is followed, no proxy of the environment used; how long it takes
/// and how much comes back is bounded. Connections are kept for the next request to the same host.
///
/// It works on its reactor's thread, which should be one of its own: a slow secure handshake then holds up nobody else.
package actor OutboundClient {
    private nonisolated let reactor: Reactor
    private nonisolated let policy: OutboundPolicy
    private nonisolated let limits: OutboundLimits
    private let transfers: Transfers
    private var lastNumber: UInt64 = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe reactor.asUnownedSerialExecutor() }

    package init(policy: OutboundPolicy, limits: OutboundLimits = OutboundLimits(), reactor: Reactor) {
        self.policy = policy
        self.limits = limits
        self.reactor = reactor
        transfers = Transfers(reactor: reactor, limits: limits)
    }

    isolated deinit { transfers.close() }

    /// Sends a request and waits for the answer, whatever its status.
    package func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundAnswer {
        guard request.address.isPermitted(by: policy.addresses) else { throw OutboundError(.forbidden) }
        guard transfers.count < limits.requests else { throw OutboundError(.busy) }
        guard !Task.isCancelled else { throw OutboundError(.cancelled) }
        lastNumber += 1
        let number = lastNumber
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Transfers.Outcome, Never>) in
                // Cancelled on the way here, it would not be found by who cancels it.
                if Task.isCancelled { return continuation.resume(returning: .failure(OutboundError(.cancelled))) }
                transfers.start(request, number, policy) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            reactor.post { [transfers] in transfers.cancel(number) }
        }
        return try result.get()
    }
}
