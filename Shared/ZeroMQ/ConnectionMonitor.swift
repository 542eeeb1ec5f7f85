internal import CZeroMQ
internal import Reactor

/// Something that happened to a socket's connections, as libzmq's monitor tells it.
package struct ConnectionEvent: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The handshake succeeded: messages flow.
        case connected
        case disconnected
        case handshakeFailed = "handshake_failed"
        /// A connection failed and is tried again.
        case retried
    }

    package var kind: Kind
    /// The address of the socket's own endpoint that it is about.
    package var endpoint: String
    /// For a failed handshake the ZAP status (300), a protocol error or an error number; for a connection that has
    /// ended the number that its messages came with.
    package var code: UInt32
}

/// How often each thing has happened to a socket's connections.
package struct ConnectionCounts: Sendable, Hashable {
    package var connected = 0
    package var disconnected = 0
    package var handshakeFailed = 0
    package var retried = 0

    mutating func add(_ kind: ConnectionEvent.Kind) {
        switch kind {
        case .connected: connected += 1
        case .disconnected: disconnected += 1
        case .handshakeFailed: handshakeFailed += 1
        case .retried: retried += 1
        }
    }
}

/// Reads a socket's monitor, on the reactor's thread.
final class ConnectionMonitor: EventSource {
    let descriptor: CInt
    private let handle: SocketHandle
    private let onEvent: (ConnectionEvent) -> Void
    private var registration: EventRegistration?

    /// Begins to monitor `socket`; called on the reactor's thread.
    init(
        of socket: SocketHandle, name: String, in context: ZeroMQContext, on reactor: Reactor,
        onEvent: @escaping (ConnectionEvent) -> Void
    ) throws(ZeroMQError) {
        let endpoint = "inproc://monitor-\(name)"
        let events =
            ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED
            | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        try unsafe socket.call(.monitor) { unsafe zmq_socket_monitor($0, endpoint, events) }
        handle = try SocketHandle(ZMQ_PAIR, in: context)
        try handle.set(ZMQ_LINGER, CInt(0))
        // Without a bound, or libzmq's own thread would wait for us; what is in it is read in each round.
        try handle.set(ZMQ_RCVHWM, CInt(0))
        try unsafe handle.call(.connect, detail: endpoint) { unsafe zmq_connect($0, endpoint) }
        descriptor = try handle.integer(ZMQ_FD)
        self.onEvent = onEvent
        registration = reactor.register(self)
    }

    /// Comes before the monitored socket is closed.
    func close(_ socket: SocketHandle) {
        registration?.cancel()
        handle.close()
        _ = try? unsafe socket.call(.monitor) { unsafe zmq_socket_monitor($0, nil, 0) }
    }

    func process() -> Bool {
        do {
            for _ in 0..<256 {
                guard case .message(let message)? = try handle.receive(maxFrames: 2, withSender: false) else { break }
                if let event = ConnectionEvent(message.frames) { onEvent(event) }
            }
            return try handle.events().canReceive
        } catch {
            return false  // the context was shut down
        }
    }
}

extension ConnectionEvent {
    /// From a monitor's two frames: the event (16 bits) with its value (32 bits), and the endpoint.
    init?(_ frames: [[UInt8]]) {
        guard frames.count == 2, frames[0].count == 6 else { return nil }
        let bytes = frames[0]
        let number = CInt(bytes[0]) | CInt(bytes[1]) << 8
        switch number {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: kind = .connected
        case ZMQ_EVENT_DISCONNECTED: kind = .disconnected
        case ZMQ_EVENT_CONNECT_RETRIED: kind = .retried
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL,
            ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            kind = .handshakeFailed
        default: return nil
        }
        code = bytes[2...].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        endpoint = String(decoding: frames[1], as: UTF8.self)
    }
}
