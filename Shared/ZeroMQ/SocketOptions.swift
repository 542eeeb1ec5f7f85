internal import CZeroMQ

/// What kind of ends a socket talks to, and how it spreads messages over them.
package enum SocketKind: String, Sendable, CaseIterable {
    case pub, sub, push, pull, dealer, router

    var rawType: CInt {
        switch self {
        case .pub: ZMQ_PUB
        case .sub: ZMQ_SUB
        case .push: ZMQ_PUSH
        case .pull: ZMQ_PULL
        case .dealer: ZMQ_DEALER
        case .router: ZMQ_ROUTER
        }
    }
}

/// Who may talk to a socket.
package enum SocketSecurity: Sendable {
    /// For `inproc:` endpoints and tests.
    case unencrypted
    /// Clients prove who they are by their key, which the context's `ZAPHandler` admits for the domain, or refuses.
    case curveServer(CurveSecretKey, domain: String)
    /// Each `connect` names the key that the server must have.
    case curveClient(CurveKeyPair)
}

/// Bounds and intervals of one socket. All are set before it is bound or connected.
package struct SocketOptions: Sendable {
    package var heartbeatInterval = Duration.seconds(2)
    package var heartbeatTimeout = Duration.seconds(6)
    package var heartbeatTTL = Duration.seconds(6)
    package var reconnectInterval = Duration.milliseconds(100)
    /// Reconnecting backs off up to this.
    package var reconnectIntervalMax = Duration.seconds(5)
    package var handshakeInterval = Duration.seconds(1)
    /// How long a connection's other end may take nothing of what is sent, before the connection ends; nil: for as long
    /// as the system lets it. Heartbeats do not find that out: they wait behind what is not taken.
    package var stallTimeout: Duration?
    /// Of one frame that a peer sends, in bytes; a longer one ends its connection.
    package var maxFrameSize = 1 << 20
    /// Of one received message; one with more is dropped whole.
    package var maxFrames = 64
    /// Whether of such a message the first frames are received, so that its sender can be told, instead of nothing.
    package var cutsMessages = false
    /// Messages that libzmq queues for each peer.
    package var sendHighWaterMark = 1_000
    package var receiveHighWaterMark = 1_000
    /// How long messages that are queued in libzmq outlive `close()`.
    package var linger = Duration.zero
    /// Messages that wait here once libzmq's queue is full.
    package var outboxLimit = 1_000
    /// How many of them may be for the same peer (ROUTER only): so a slow one leaves room for the others.
    package var outboxLimitPerPeer = 100
    /// Their bytes, of all together.
    package var outboxBytes = 64 << 20
    /// Whether only completed connections take messages; nil: for DEALER and PUSH.
    package var isImmediate: Bool?
    /// Whether a new connection under a name that is taken gets it (ROUTER only). Where peers do not trust each other
    /// it must not: it would get the other's replies.
    package var isHandedOver = true
    /// The name by which a ROUTER knows this socket; nil: it makes one up for each connection.
    package var routingID: [UInt8]?

    package init() {}
}

extension Duration {
    /// For libzmq's options.
    var milliseconds: CInt {
        let (seconds, attoseconds) = components
        return CInt(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
    }
}

extension SocketHandle {
    func apply(_ options: SocketOptions, for kind: SocketKind) throws(ZeroMQError) {
        try set(ZMQ_LINGER, options.linger.milliseconds)
        try set(ZMQ_SNDHWM, CInt(clamping: options.sendHighWaterMark))
        try set(ZMQ_RCVHWM, CInt(clamping: options.receiveHighWaterMark))
        try set(ZMQ_MAXMSGSIZE, Int64(options.maxFrameSize))
        try set(ZMQ_HANDSHAKE_IVL, options.handshakeInterval.milliseconds)
        try set(ZMQ_HEARTBEAT_IVL, options.heartbeatInterval.milliseconds)
        try set(ZMQ_HEARTBEAT_TIMEOUT, options.heartbeatTimeout.milliseconds)
        try set(ZMQ_HEARTBEAT_TTL, options.heartbeatTTL.milliseconds)
        if let stall = options.stallTimeout { try set(ZMQ_TCP_MAXRT, stall.milliseconds) }
        try set(ZMQ_RECONNECT_IVL, options.reconnectInterval.milliseconds)
        try set(ZMQ_RECONNECT_IVL_MAX, options.reconnectIntervalMax.milliseconds)
        let isImmediate = options.isImmediate ?? (kind == .dealer || kind == .push)
        try set(ZMQ_IMMEDIATE, CInt(isImmediate ? 1 : 0))
        if kind == .router {
            try set(ZMQ_ROUTER_MANDATORY, CInt(1))
            try set(ZMQ_ROUTER_HANDOVER, CInt(options.isHandedOver ? 1 : 0))
        }
        if let routingID = options.routingID { try set(ZMQ_ROUTING_ID, routingID) }
    }

    func apply(_ security: SocketSecurity) throws(ZeroMQError) {
        switch security {
        case .unencrypted: break
        case .curveServer(let key, let domain):
            // Without a domain libzmq asks nobody.
            guard !domain.isEmpty else { throw ZeroMQError(.option, .invalid, detail: "an empty ZAP domain") }
            try set(ZMQ_CURVE_SERVER, CInt(1))
            try set(ZMQ_CURVE_SECRETKEY, key.bytes)
            try set(ZMQ_ZAP_DOMAIN, Array(domain.utf8))
        case .curveClient(let pair):
            try set(ZMQ_CURVE_PUBLICKEY, pair.publicKey.bytes)
            try set(ZMQ_CURVE_SECRETKEY, pair.secretKey.bytes)
        }
    }
}
