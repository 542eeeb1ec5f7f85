package import Logging
package import Reactor
internal import ServiceLifecycle
internal import Synchronization
internal import Telemetry
package import ZeroMQ

/// A ROUTER behind CURVE, on a thread of its own, for programs that are known by their keys alone.
package final class CurveDoor: Sendable {
    /// Connections that wait to be admitted at once; more try again.
    private static let maximumQuestions = 256
    /// How long what is under way may go on after the stop, and how long libzmq may then take to send it.
    private static let drain: Duration = .seconds(4)
    private static let linger: Duration = .milliseconds(1500)

    private let name: String
    private let settings: CurveDoorSettings
    private let options: SocketOptions
    private let keys: CurveKeyWatch
    private let logger: Logger
    package let reactor: Reactor
    private let bound = Mutex<String?>(nil)

    /// - Parameters:
    ///   - name: of the thread, the socket's metrics and the ZAP domain.
    ///   - options: of the socket; how names are taken over and how long messages linger is the door's own.
    package init(
        _ name: String, settings: CurveDoorSettings, options: SocketOptions, keys: CurveKeyWatch, logger: Logger
    ) {
        self.name = name
        self.settings = settings
        self.keys = keys
        self.logger = logger
        var options = options
        // Strangers to each other: nobody may take over another's name, and with it what is meant for it.
        options.isHandedOver = false
        options.linger = Self.linger
        self.options = options
        reactor = Reactor(name: "sasando-\(name)")
    }

    /// Where it listens, once it does.
    package var endpoint: String? { bound.withLock { $0 } }

    /// Listens, and runs `serve` on the socket's thread until it ends or is cancelled, soon after the service's stop.
    ///
    /// - Parameter onConnection: runs on the door's thread and must not block.
    package func run(
        onConnection: (@Sendable (ConnectionEvent) -> Void)? = nil,
        _ serve: @escaping @Sendable (Socket) async -> Void
    ) async throws {
        // The socket is on the reactor: a message is received and answered without a change of threads.
        try await withTaskExecutorPreference(reactor) {
            let context = try ZeroMQContext()
            do {
                try await open(in: context, onConnection, serve)
            } catch {
                await close(context)
                throw error
            }
            await close(context)
        }
    }

    private func close(_ context: ZeroMQContext) async {
        bound.withLock { $0 = nil }
        await context.close(within: Self.linger * 2)
        reactor.stop()
    }

    private func open(
        in context: ZeroMQContext, _ onConnection: (@Sendable (ConnectionEvent) -> Void)?,
        _ serve: @escaping @Sendable (Socket) async -> Void
    ) async throws {
        let keys = keys
        let gate = try await ZAPHandler(context: context, reactor: reactor, limit: Self.maximumQuestions) { key, _ in
            await keys.admits(key)
        }
        let socket = try Socket(
            .router, in: context, on: reactor, security: .curveServer(settings.key, domain: name), options: options,
            label: name, onConnection: onConnection)
        let endpoint: String
        do { endpoint = try await socket.bind(settings.endpoint) } catch {
            throw StartFailure(
                "\(settings.bindName): \(error)", advice: "Name a free port of an address of this machine.")
        }
        bound.withLock { $0 = endpoint }
        logger.info("Listening", metadata: [LogKey.endpoint: "\(endpoint)"])
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await gate.run()
                return false
            }
            group.addTask {
                await keys.run()
                return false
            }
            group.addTask {
                await serve(socket)
                return true
            }
            group.addTask {
                try? await gracefulShutdown()
                try? await Task.sleep(for: Self.drain)
                return true
            }
            // All is answered, or the time for it is over.
            while let isEnd = await group.next(), !isEnd {}
            group.cancelAll()
        }
        await flush(socket)
    }

    /// Lets libzmq take what waits for slow peers, for a moment.
    private func flush(_ socket: Socket) async {
        let deadline = ContinuousClock.now + Self.linger
        while await socket.queued > 0, ContinuousClock.now < deadline {
            try? await reactor.sleep(for: .milliseconds(10))
            if Task.isCancelled { return }
        }
    }
}
