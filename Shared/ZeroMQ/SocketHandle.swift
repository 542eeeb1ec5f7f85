internal import CZeroMQ

/// The owner of one `void *` of libzmq, which it closes. To be used by one thread at a time.
@safe final class SocketHandle {
    /// Nil once it is closed.
    private var socket: UnsafeMutableRawPointer?
    /// The frame that is being received. It stands on the heap, since short contents lie inside it.
    private let frame: UnsafeMutablePointer<zmq_msg_t>

    enum Sending { case sent, wouldBlock, unreachable }

    enum Receiving {
        case message(Message)
        /// It had too many frames.
        case dropped
    }

    init(_ type: CInt, in context: ZeroMQContext) throws(ZeroMQError) {
        unsafe socket = try context.makeSocket(type)
        unsafe frame = .allocate(capacity: 1)
        unsafe zmq_msg_init(frame)
    }

    deinit {
        close()
        unsafe zmq_msg_close(frame)
        unsafe frame.deallocate()
    }

    func close() {
        guard let socket = unsafe socket else { return }
        unsafe self.socket = nil
        unsafe zmq_close(socket)
    }

    /// Makes one call on the socket that answers -1 when it fails, and repeats it when a signal cut it short.
    @discardableResult
    func call(
        _ operation: ZeroMQError.Operation, detail: @autoclosure () -> String? = nil,
        _ body: (UnsafeMutableRawPointer) -> CInt
    ) throws(ZeroMQError) -> CInt {
        guard let socket = unsafe socket else { throw ZeroMQError(operation, .closed) }
        while true {
            let result = unsafe body(socket)
            if result >= 0 { return result }
            let error = ZeroMQError.last(operation, detail: detail())
            if error.code != .interrupted { throw error }
        }
    }

    // MARK: Options

    func set(_ option: CInt, _ value: CInt) throws(ZeroMQError) {
        var value = value
        try unsafe call(.option, detail: "\(option)") { socket in
            unsafe zmq_setsockopt(socket, option, &value, MemoryLayout<CInt>.size)
        }
    }

    func set(_ option: CInt, _ value: Int64) throws(ZeroMQError) {
        var value = value
        try unsafe call(.option, detail: "\(option)") { socket in
            unsafe zmq_setsockopt(socket, option, &value, MemoryLayout<Int64>.size)
        }
    }

    func set(_ option: CInt, _ bytes: [UInt8]) throws(ZeroMQError) {
        try unsafe call(.option, detail: "\(option)") { socket in
            unsafe zmq_setsockopt(socket, option, bytes, bytes.count)
        }
    }

    func integer(_ option: CInt) throws(ZeroMQError) -> CInt {
        var value: CInt = 0
        var size = MemoryLayout<CInt>.size
        try unsafe call(.option, detail: "\(option)") { socket in
            unsafe zmq_getsockopt(socket, option, &value, &size)
        }
        return value
    }

    /// What it was last bound to, with the port that the system chose.
    func lastEndpoint() throws(ZeroMQError) -> String {
        var text = [UInt8](repeating: 0, count: 512)
        var size = text.count
        try unsafe call(.option) { socket in
            unsafe zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, &text, &size)
        }
        return String(decoding: text.prefix(max(size - 1, 0)), as: UTF8.self)
    }

    // MARK: Messages

    /// Sends a whole message, or nothing of it.
    func send(_ frames: [[UInt8]]) throws(ZeroMQError) -> Sending {
        precondition(!frames.isEmpty, "a message has at least one frame")
        var outcome = Sending.sent
        for (index, bytes) in frames.enumerated() {
            let part = Part(index: index, isLast: index == frames.count - 1)
            let sent = try unsafe send(bytes, bytes.count, part)
            guard sent != .sent else { continue }
            outcome = sent
            if index == 0 { return sent }
        }
        return outcome
    }

    /// Where a frame stands in its message.
    struct Part {
        var index: Int
        var isLast: Bool
    }

    /// Sends one frame. Where the first of a message could not be sent, the others must not follow it; later on they
    /// must, whatever became of those before.
    func send(_ bytes: UnsafeRawPointer?, _ count: Int, _ part: Part) throws(ZeroMQError) -> Sending {
        let flags = part.isLast ? ZMQ_DONTWAIT : ZMQ_DONTWAIT | ZMQ_SNDMORE
        do throws(ZeroMQError) {
            try unsafe call(.send) { socket in unsafe zmq_send(socket, bytes, count, flags) }
        } catch {
            switch error.code {
            case .unreachable where part.index == 0: return .unreachable
            // Or the connection ended within the message: libzmq took back what it had of it, and swallows the rest.
            case .wouldBlock: return .wouldBlock
            default: throw error
            }
        }
        return .sent
    }

    /// Takes a whole message, or nil if there is none.
    ///
    /// - Parameter cutting: Whether of a message with too many frames the first `maxFrames` are given back, instead of
    ///   `dropped`.
    func receive(
        maxFrames: Int, withSender: Bool, cutting: Bool = false
    ) throws(ZeroMQError) -> Receiving? {
        var message = Message(frames: [])
        // Enough for any of Sasando's own: grown frame by frame, the list would be copied again and again.
        message.frames.reserveCapacity(min(maxFrames, 6))
        var count = 0
        while true {
            do throws(ZeroMQError) {
                try unsafe call(.receive) { socket in unsafe zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) }
            } catch  where error.code == .wouldBlock && count == 0 {
                return nil
            }
            count += 1
            if count <= maxFrames { message.frames.append(bytes) } else if !cutting { message.frames = [] }
            // The frame that a ROUTER puts first has it only sometimes.
            if withSender && count <= 2 && message.sender == nil {
                message.sender = property("User-Id")
                message.connection = unsafe zmq_msg_get(frame, ZMQ_SRCFD)
            }
            if unsafe zmq_msg_more(frame) == 0 {
                message.isCut = count > maxFrames
                return message.isCut && !cutting ? .dropped : .message(message)
            }
        }
    }

    private var bytes: [UInt8] {
        unsafe Array(UnsafeRawBufferPointer(start: zmq_msg_data(frame), count: zmq_msg_size(frame)))
    }

    private func property(_ name: String) -> String? {
        guard let text = unsafe zmq_msg_gets(frame, name) else { return nil }
        return unsafe String(cString: text)
    }

    /// What the socket can do now. Asking this last, after every other call, is what keeps it from stalling.
    func events() throws(ZeroMQError) -> (canReceive: Bool, canSend: Bool) {
        let events = try integer(ZMQ_EVENTS)
        return (events & CInt(ZMQ_POLLIN) != 0, events & CInt(ZMQ_POLLOUT) != 0)
    }
}

/// A received message.
package struct Message: Sendable, Hashable {
    package var frames: [[UInt8]]
    /// The public key, in Z85, of the client that sent it; only a CURVE server knows it.
    package var sender: String?
    /// The number of the connection that it came by, as `ConnectionEvent` has it; a number is used again once its
    /// connection has ended. Only a CURVE server knows it; -1: not known.
    package var connection: Int32 = -1
    /// Whether it had more frames than the socket's bound, and these are the first of them.
    package var isCut: Bool

    package init(frames: [[UInt8]], sender: String? = nil, isCut: Bool = false) {
        self.frames = frames
        self.sender = sender
        self.isCut = isCut
    }
}
