internal import CZeroMQ
internal import Reactor
internal import Synchronization

/// libzmq's I/O threads, and all sockets that use them.
///
/// `close()` ends it, and every socket in it, in bounded time. Sockets keep their context alive.
@safe package final class ZeroMQContext: @unchecked Sendable {
    // Why unchecked: libzmq's contexts may be used by any thread; the lock keeps them from being used after their end.

    private struct State {
        var isClosing = false
        var isTerminated = false
        /// Whether the ZAP endpoint is bound; it then stays so until the context is closed.
        var authenticator: Socket?
        var sockets: [ObjectIdentifier: WeakSocket] = [:]
        var nextMonitor = 0
    }

    private struct WeakSocket {
        weak var socket: Socket?
    }

    private let pointer: UnsafeMutableRawPointer
    private let state = Mutex(State())

    /// - Parameter threads: libzmq's own, which do the I/O; one serves a gigabyte a second.
    package init(threads: Int = 1) throws(ZeroMQError) {
        guard let pointer = unsafe zmq_ctx_new() else { throw .last(.context) }
        unsafe self.pointer = unsafe pointer
        unsafe zmq_ctx_set(pointer, ZMQ_IO_THREADS, CInt(threads))
    }

    deinit {
        if state.withLock({ $0.isClosing }) { return }
        // No socket is left, but messages may linger, and nobody should have to wait for them here.
        let address = unsafe UInt(bitPattern: pointer)
        let thread = Reactor(name: "zeromq-end")
        thread.post { Self.terminate(address) }
        thread.stop()
    }

    // MARK: Sockets

    func makeSocket(_ type: CInt) throws(ZeroMQError) -> UnsafeMutableRawPointer {
        let result = state.withLock { state -> Result<UInt, ZeroMQError> in
            if state.isClosing { return .failure(ZeroMQError(.socket, .closed)) }
            guard let socket = unsafe zmq_socket(pointer, type) else { return .failure(.last(.socket)) }
            return .success(UInt(bitPattern: socket))
        }
        return unsafe UnsafeMutableRawPointer(bitPattern: try result.get())!
    }

    func add(_ socket: Socket) {
        state.withLock { $0.sockets[ObjectIdentifier(socket)] = WeakSocket(socket: socket) }
    }

    func remove(_ id: ObjectIdentifier) {
        state.withLock { $0.sockets[id] = nil }
    }

    func nextMonitorName() -> String {
        state.withLock { state in
            state.nextMonitor += 1
            return "\(state.nextMonitor)"
        }
    }

    // MARK: Authentication

    var isAuthenticating: Bool { state.withLock { $0.authenticator != nil } }

    func keep(authenticator: Socket) {
        let previous = state.withLock { state in
            defer { state.authenticator = authenticator }
            return state.authenticator
        }
        // Let go of outside the lock: closing takes it.
        _ = previous
    }

    // MARK: The end

    /// Closes every socket (whoever waits in one gets `closed`), lets their messages linger as their options say, and
    /// frees the context.
    ///
    /// Returns false if that took longer than `limit`: then it goes on in the background.
    @discardableResult
    package func close(within limit: Duration = .seconds(5)) async -> Bool {
        let sockets = state.withLock { state -> [Socket]? in
            if state.isClosing { return nil }
            state.isClosing = true
            // Let go of outside the lock: a socket whose last owner that is closes at once, which takes the lock.
            let authenticator = state.authenticator.take()
            return state.sockets.values.compactMap(\.socket) + [authenticator].compactMap(\.self)
        }
        guard let sockets else { return state.withLock { $0.isTerminated } }
        unsafe zmq_ctx_shutdown(pointer)
        for socket in sockets {
            socket.reactor.post { socket.assumeIsolated { $0.close() } }
        }
        let (ends, continuation) = AsyncStream<Void>.makeStream()
        let thread = Reactor(name: "zeromq-end")
        thread.post { [self] in
            unsafe Self.terminate(UInt(bitPattern: pointer))
            state.withLock { $0.isTerminated = true }
            continuation.finish()
        }
        thread.stop()
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in ends {}
                return !Task.isCancelled
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let isTerminated = await group.next() ?? false
            group.cancelAll()
            return isTerminated
        }
    }

    /// Blocks until all sockets are closed and their messages sent or given up.
    private static func terminate(_ address: UInt) {
        guard let pointer = unsafe UnsafeMutableRawPointer(bitPattern: address) else { return }
        while unsafe zmq_ctx_term(pointer) != 0 && zmq_errno() == ZeroMQError.Code.interrupted.rawValue {}
    }
}
