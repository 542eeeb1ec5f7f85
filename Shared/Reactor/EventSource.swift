/// Something with an edge-triggered descriptor, which the reactor serves in every round.
///
/// A ZeroMQ socket is one: its descriptor only says that its state may have changed, and a
/// send or a receive can swallow that. So `process` is called in each round, after the queued
/// jobs, and looks at the socket's events last.
package protocol EventSource: AnyObject, Sendable {
    /// Watched for reading.
    var descriptor: CInt { get }

    /// Does what can be done without blocking, in bounded work; on the reactor's thread.
    ///
    /// - Returns: whether more can be done at once, so that the reactor must not sleep.
    func process() -> Bool
}
