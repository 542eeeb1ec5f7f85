internal import CZeroMQ
internal import Metrics
package import Reactor
internal import Telemetry

/// A ZeroMQ socket, confined to a reactor's thread.
///
/// Messages are lists of frames, and are sent and received whole. Nothing here blocks, and everything is bounded:
/// libzmq's queues by the high-water marks, what it has no room for by the outbox. Closed by `close()`, by the end of
/// its context, or with its last reference.
package actor Socket: EventSource {
    /// What became of a message that was to be sent.
    package enum SendOutcome: Sendable, Hashable {
        /// libzmq has it.
        case sent
        /// It waits in the outbox.
        case queued
        /// There is no room: it was not taken.
        case full
        /// No such peer is connected (ROUTER only): it was not taken.
        case unreachable
    }

    package nonisolated let kind: SocketKind
    /// The name under which metrics count it.
    package nonisolated let label: String
    package nonisolated let descriptor: CInt
    nonisolated let reactor: Reactor
    nonisolated let context: ZeroMQContext
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe reactor.asUnownedSerialExecutor() }

    let options: SocketOptions
    let security: SocketSecurity
    private let onConnection: (@Sendable (ConnectionEvent) -> Void)?
    /// Nil once it is closed.
    private var handle: SocketHandle?
    private var registration: EventRegistration?
    private var monitor: ConnectionMonitor?

    var outbox: Outbox
    var receivers = WaitList()
    var isReceivingEnded = false
    var senders = WaitList()
    var retry: ReactorTimer?
    var lastWait = 0

    /// What has happened to its TCP connections.
    package private(set) var connections = ConnectionCounts()
    let sentCounter: Counter
    let receivedCounter: Counter
    let droppedCounter: Counter
    private let connectionCounters: [ConnectionEvent.Kind: Counter]

    /// - Parameter onConnection: runs on the reactor's thread and must not block.
    package init(
        _ kind: SocketKind, in context: ZeroMQContext, on reactor: Reactor, security: SocketSecurity = .unencrypted,
        options: SocketOptions = SocketOptions(), label: String? = nil,
        onConnection: (@Sendable (ConnectionEvent) -> Void)? = nil
    ) throws(ZeroMQError) {
        self.kind = kind
        self.context = context
        self.reactor = reactor
        self.security = security
        self.options = options
        self.label = label ?? kind.rawValue
        self.onConnection = onConnection
        let dimensions = [("socket", self.label)]
        sentCounter = Counter(.zeroMQSent, dimensions)
        receivedCounter = Counter(.zeroMQReceived, dimensions)
        droppedCounter = Counter(.zeroMQDropped, dimensions)
        connectionCounters = Dictionary(
            uniqueKeysWithValues: ConnectionEvent.Kind.allCases.map { kind in
                (kind, Counter(.zeroMQConnections, dimensions + [("event", kind.rawValue)]))
            })
        outbox = Outbox(
            limit: options.outboxLimit, limitPerPeer: options.outboxLimitPerPeer, limitBytes: options.outboxBytes,
            isAddressed: kind == .router)
        let handle = try SocketHandle(kind.rawType, in: context)
        try handle.apply(options, for: kind)
        try handle.apply(security)
        descriptor = try handle.integer(ZMQ_FD)
        self.handle = handle
        context.add(self)
    }

    isolated deinit { close() }

    // MARK: Endpoints

    /// Listens, and returns the endpoint with the port that was chosen for `tcp://127.0.0.1:*` or port 0.
    @discardableResult
    package func bind(_ endpoint: String) throws(ZeroMQError) -> String {
        if case .curveServer = security, !context.isAuthenticating {
            throw ZeroMQError(.bind, .noAuthentication, detail: endpoint)
        }
        let handle = try opened(.bind)
        try begin(endpoint)
        try unsafe handle.call(.bind, detail: endpoint) { unsafe zmq_bind($0, endpoint) }
        registration?.touch()
        return try handle.lastEndpoint()
    }

    package func unbind(_ endpoint: String) throws(ZeroMQError) {
        let handle = try opened(.unbind)
        try unsafe handle.call(.unbind, detail: endpoint) { unsafe zmq_unbind($0, endpoint) }
        registration?.touch()
    }

    /// Connects, and goes on trying until `disconnect`.
    ///
    /// - Parameter serverKey: whom a CURVE client expects there.
    package func connect(_ endpoint: String, serverKey: CurvePublicKey? = nil) throws(ZeroMQError) {
        let handle = try opened(.connect)
        if case .curveClient = security {
            guard let serverKey else { throw ZeroMQError(.connect, .noAuthentication, detail: endpoint) }
            try handle.set(ZMQ_CURVE_SERVERKEY, serverKey.bytes)
        }
        try begin(endpoint)
        try unsafe handle.call(.connect, detail: endpoint) { unsafe zmq_connect($0, endpoint) }
        registration?.touch()
    }

    /// Ends a connection; what had come over it and was not received yet is gone.
    package func disconnect(_ endpoint: String) throws(ZeroMQError) {
        let handle = try opened(.disconnect)
        try unsafe handle.call(.disconnect, detail: endpoint) { unsafe zmq_disconnect($0, endpoint) }
        registration?.touch()
    }

    /// Takes messages whose first frame begins with `topic` (SUB only).
    package func subscribe(_ topic: String) throws(ZeroMQError) {
        try opened(.subscribe).set(ZMQ_SUBSCRIBE, Array(topic.utf8))
        registration?.touch()
    }

    package func unsubscribe(_ topic: String) throws(ZeroMQError) {
        try opened(.subscribe).set(ZMQ_UNSUBSCRIBE, Array(topic.utf8))
        registration?.touch()
    }

    /// Ends it at once: whoever waits in it gets `closed`; what libzmq has queued lingers as the options say, and what
    /// is in the outbox is dropped. Doing so twice is harmless.
    package func close() {
        guard let handle else { return }
        self.handle = nil
        registration?.cancel()
        monitor?.close(handle)
        retry?.cancel()
        handle.close()
        context.remove(ObjectIdentifier(self))
        droppedCounter.increment(by: outbox.removeAll())
        receivers.resumeAll(with: .failure(ZeroMQError(.receive, .closed)))
        senders.resumeAll(with: .failure(ZeroMQError(.send, .closed)))
    }

    package var isClosed: Bool { handle == nil }

    // MARK: The loop

    package nonisolated func process() -> Bool { assumeIsolated { $0.step() } }

    /// Moves what can be moved, and looks at the socket's events last.
    private func step() -> Bool {
        guard let handle else { return false }
        do throws(ZeroMQError) {
            try flush(handle)
            let events = try handle.events()
            if events.canReceive { receivers.resumeFirst(with: .success(())) }
            return events.canSend && !outbox.isEmpty && kind != .router
        } catch {
            close()  // the context was shut down
            return false
        }
    }

    func opened(_ operation: ZeroMQError.Operation) throws(ZeroMQError) -> SocketHandle {
        guard let handle else { throw ZeroMQError(operation, .closed) }
        return handle
    }

    /// To be called after every use of the handle: the use may have swallowed the descriptor's edge.
    func touch() { registration?.touch() }

    private func begin(_ endpoint: String) throws(ZeroMQError) {
        if registration == nil { registration = reactor.register(self) }
        guard monitor == nil, endpoint.hasPrefix("tcp://") || endpoint.hasPrefix("ipc://") else { return }
        monitor = try ConnectionMonitor(
            of: opened(.monitor), name: context.nextMonitorName(), in: context, on: reactor
        ) { [weak self] event in self?.assumeIsolated { $0.note(event) } }
    }

    private func note(_ event: ConnectionEvent) {
        connections.add(event.kind)
        connectionCounters[event.kind]?.increment()
        onConnection?(event)
    }
}
