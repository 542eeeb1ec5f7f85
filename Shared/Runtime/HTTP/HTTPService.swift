internal import CoreMetrics
internal import HTTPTypes
package import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization
internal import Telemetry

/// A service's HTTP door: accepts, bounds, answers, and drains when it is told to stop.
package final class HTTPService: Service {
    private let settings: HTTPSettings
    private let responder: WebResponder
    private let logger: Logger
    private let drain: Duration
    private let listening: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - router: From ``makeRouter()``, with all routes added.
    ///   - page: Makes pages of problems for people.
    ///   - drain: How long answers under way may go on after the stop.
    ///   - listening: Called with the port once connections are accepted.
    package init(
        router: Router<WebContext>, settings: HTTPSettings, page: ProblemPage? = nil,
        security: SecurityHeaders = SecurityHeaders(), drain: Duration = .seconds(5), logger: Logger,
        listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.settings = settings
        self.logger = logger
        self.drain = drain
        self.listening = listening
        responder = WebResponder(router: router, page: page, security: security, logger: logger)
    }

    /// An empty router; all routes go here, so that every error becomes a problem.
    package static func makeRouter() -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: ProblemMiddleware())
        return router
    }

    package func run() async throws {
        let server = try makeServer()
        let drain = drain
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Each connection's task comes from this one and prefers the same.
                try await withTaskExecutorPreference(LoopExecutors.shared.any) { try await server.run() }
            }
            group.addTask {
                try? await gracefulShutdown()
                try? await Task.sleep(for: drain)
            }
            // The server's end, or the end of the time it has to drain.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func makeServer() throws -> any Service {
        let responder = responder
        let idle = TimeAmount.nanoseconds(settings.idleTimeout.nanoseconds)
        let builder = HTTPServerBuilder.http1(
            configuration: .init(
                idleTimeout: idle,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: HTTPLimits.headerField, maxHeaderListSize: HTTPLimits.headerList,
                    maxHeaderFieldCount: HTTPLimits.headerCount)))
        return try builder.buildServer(
            configuration: .init(
                address: .hostname(settings.host, port: settings.port), backlog: HTTPLimits.backlog,
                availableConnectionsDelegate: ConnectionCount(limit: settings.maxConnections)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger.quieter(),
            responder: { request, writer, channel in
                let response = await withTaskExecutorPreference(LoopExecutors.shared[channel.eventLoop]) {
                    await responder.respond(to: request, on: channel)
                }
                let isLast = response.headers[.connection] == "close"
                let closes = Self.leavesBodyUnread(request, response)
                try await writer.write(response: response.head, body: response.body)
                if closes || isLast {
                    // Who was told that it is the last answer closes, once it has read it.
                    channel.eventLoop.scheduleTask(in: closes ? .seconds(HTTPLimits.lingerSeconds) : idle) {
                        channel.close(promise: nil)
                    }
                }
            },
            onServerRunning: { [logger, listening] channel in
                let port = channel.localAddress?.port ?? 0
                logger.info("Listening", metadata: [LogKey.port: .stringConvertible(port)])
                listening(port)
            })
    }

    /// Whether the client may go on sending a body that nobody reads: then the connection must end.
    private static func leavesBodyUnread(_ request: Request, _ response: Response) -> Bool {
        guard response.status.code >= 400 else { return false }
        if response.status == .contentTooLarge { return true }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }) { return length > HTTPLimits.body }
        return request.headers.contains(.transferEncoding)
    }
}

/// Counts open connections, and stops accepting at the limit.
private struct ConnectionCount: AvailableConnectionsDelegate {
    let limit: Int
    private var open = 0
    private let gauge = Meter(.httpConnections)

    init(limit: Int) { self.limit = limit }

    mutating func connectionOpened() {
        open += 1
        gauge.set(open)
    }

    mutating func connectionClosed() {
        open -= 1
        gauge.set(open)
    }

    func isAcceptingNewConnections() -> Bool { open < limit }
}

extension Logger {
    /// For libraries whose notices repeat ours.
    fileprivate func quieter() -> Logger {
        var logger = self
        if logger.logLevel > .debug { logger.logLevel = max(logger.logLevel, .warning) }
        return logger
    }
}
