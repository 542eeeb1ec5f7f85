internal import Domain
internal import Streams
internal import Synchronization

/// One consumer over ZeroMQ: who it is, how far it has come, and a bell for the task that sends to it.
final class StreamPeer: Sendable {
    /// By which the ROUTER finds it.
    let name: [UInt8]
    /// The number of its connection.
    let connection: Int32
    /// Its public key, in Z85.
    let key: String
    let seat: ConsumerSeats.Seat
    /// Rings when it has spoken, when its stream may have grown, and as time passes.
    let bell = Wake()

    private struct State {
        var session: StreamSession
        var isGone = false
    }

    private let state: Mutex<State>

    init(
        name: [UInt8], connection: Int32, key: String, seat: ConsumerSeats.Seat, hello position: StreamPosition,
        at now: ContinuousClock.Instant
    ) {
        self.name = name
        self.connection = connection
        self.key = key
        self.seat = seat
        state = Mutex(State(session: StreamSession(hello: position, at: now)))
    }

    /// What is to be done next; nil once it has gone.
    func next(at now: ContinuousClock.Instant) -> StreamSession.Step? {
        state.withLock { $0.isGone ? nil : $0.session.next(at: now) }
    }

    var isGone: Bool { state.withLock(\.isGone) }
    var reached: Int64? { state.withLock { $0.session.reached } }

    func take(_ command: StreamCommand, at now: ContinuousClock.Instant) throws(StreamFault) {
        let fault = state.withLock { state -> StreamFault? in
            do throws(StreamFault) {
                try state.session.take(command, at: now)
                return nil
            } catch { return error }
        }
        if let fault { throw fault }
        if case .acknowledge = command, let reached { return seat.reached(reached) }
        bell.ring()
    }

    /// Changes what is known of how far it has come.
    func note<Result: Sendable>(_ body: (inout StreamSession) -> Result) -> Result {
        state.withLock { body(&$0.session) }
    }

    /// Its connection has ended, or its name is another's now: nothing more is sent to it.
    func leave() {
        state.withLock { $0.isGone = true }
        bell.ring()
    }
}

/// The consumers that have said HELLO, by the name of their connection; no more than there are seats.
final class StreamPeers: Sendable {
    private let peers = Mutex<[[UInt8]: StreamPeer]>([:])

    subscript(name: [UInt8]) -> StreamPeer? { peers.withLock { $0[name] } }

    /// The peer of this name, if it is still the same connection; another's is let go.
    func peer(named name: [UInt8], connection: Int32) -> StreamPeer? {
        guard let peer = self[name] else { return nil }
        if peer.connection == connection, !peer.isGone { return peer }
        remove(peer)
        return nil
    }

    func add(_ peer: StreamPeer) { peers.withLock { $0[peer.name] = peer } }

    func remove(_ peer: StreamPeer) {
        peers.withLock { peers in
            if peers[peer.name] === peer { peers[peer.name] = nil }
        }
        peer.leave()
    }

    /// A connection has ended.
    func end(ofConnection number: Int32) {
        for peer in all where peer.connection == number { remove(peer) }
    }

    func ring() {
        for peer in all { peer.bell.ring() }
    }

    private var all: [StreamPeer] { peers.withLock { Array($0.values) } }
}
