internal import HummingbirdCore
internal import NIOCore

/// A request that may take as long as it likes while something moves: we bound its silences, and not the server.
///
/// The server takes a request whose body is read slowly for an idle one, also where it is we who keep the sender waiting.
/// Its answer has to say `Connection: close`.
package struct LongRequest: Sendable {
    private let channel: any Channel
    private let idle: TimeAmount

    /// - Parameter idle: how long the other side may neither send nor take anything while we wait for it; then the
    ///   connection is closed.
    package init(_ context: WebContext, idle: Duration) async throws {
        channel = context.channel
        self.idle = .nanoseconds(idle.nanoseconds)
        let channel = channel
        try await channel.eventLoop.flatSubmit {
            let pipeline = channel.pipeline.syncOperations
            guard let watch = try? pipeline.context(handlerType: HTTPConnectionStateHandler.self) else {
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            return pipeline.removeHandler(context: watch)
        }.get()
    }

    /// Begins a silence: unless it is ended in time the connection is closed, and what is read or written then fails.
    package func silence() -> Silence {
        Silence(end: channel.eventLoop.scheduleTask(in: idle) { [channel] in channel.close(promise: nil) })
    }

    package struct Silence: Sendable {
        fileprivate let end: Scheduled<Void>

        /// The other side has sent or taken something.
        package func broken() { end.cancel() }
    }
}
