internal import CRabbitMQ
import Glibc

/// A connection to RabbitMQ with one channel, on which the broker confirms what is published. Used by one thread.
@safe final class AMQPChannel {
    enum Event {
        case delivery(tag: UInt64, body: [UInt8])
        /// The publication of this number (from 1), or every one up to it, is in the queue and on the disk.
        case confirmed(UInt64, andAllBefore: Bool)
    }

    private static let channel: amqp_channel_t = 1
    private let connection: amqp_connection_state_t
    /// A delivery whose body has not come whole.
    private var incoming: (tag: UInt64, missing: Int, body: [UInt8])?
    /// The names of queues as librabbitmq wants them; they live as long as the channel.
    private var names: [String: amqp_bytes_t] = unsafe [:]
    private var properties = unsafe amqp_basic_properties_t()

    init(port: Int) throws(BrokerFailure) {
        guard let connection = unsafe amqp_new_connection() else { throw BrokerFailure("no memory for a connection") }
        unsafe self.connection = connection
        unsafe properties._flags = amqp_flags_t(AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG)
        unsafe properties.content_type = name("application/json")
        // 2: persistent
        unsafe properties.delivery_mode = 2
        let socket = unsafe amqp_tcp_socket_new(connection)
        try check(unsafe amqp_socket_open(socket, "127.0.0.1", CInt(port)), "connect")
        try unsafe check(sasando_login(connection, "guest", "guest"), "log in")
        _ = unsafe amqp_channel_open(connection, Self.channel)
        try checkReply("open a channel")
        _ = unsafe amqp_confirm_select(connection, Self.channel)
        try checkReply("ask for confirmations")
    }

    deinit {
        unsafe amqp_connection_close(connection, AMQP_REPLY_SUCCESS)
        unsafe amqp_destroy_connection(connection)
        unsafe names.values.forEach { unsafe amqp_bytes_free($0) }
    }

    private func name(_ text: String) -> amqp_bytes_t {
        if let known = unsafe names[text] { return unsafe known }
        let made = unsafe text.withCString { unsafe amqp_bytes_malloc_dup(amqp_cstring_bytes($0)) }
        unsafe names[text] = made
        return unsafe made
    }

    /// Makes a durable quorum queue anew, with nothing in it.
    func makeQuorumQueue(_ queue: String) throws(BrokerFailure) {
        try deleteQueue(queue)
        var kind = unsafe amqp_table_entry_t()
        unsafe kind.key = name("x-queue-type")
        unsafe kind.value.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
        unsafe kind.value.value.bytes = name("quorum")
        unsafe withUnsafeMutablePointer(to: &kind) { kind in
            let arguments = unsafe amqp_table_t(num_entries: 1, entries: kind)
            _ = unsafe amqp_queue_declare(connection, Self.channel, name(queue), 0, 1, 0, 0, arguments)
        }
        try checkReply("declare \(queue)")
    }

    func deleteQueue(_ queue: String) throws(BrokerFailure) {
        _ = unsafe amqp_queue_delete(connection, Self.channel, name(queue), 0, 0)
        try checkReply("delete \(queue)")
    }

    /// - Parameter limit: the most deliveries that wait for their acknowledgement.
    func consume(_ queue: String, limit: Int) throws(BrokerFailure) {
        _ = unsafe amqp_basic_qos(connection, Self.channel, 0, UInt16(limit), 0)
        try checkReply("limit what is delivered")
        _ = unsafe amqp_basic_consume(
            connection, Self.channel, name(queue), name("sasando"), 0, 0, 0, amqp_table_t(num_entries: 0, entries: nil))
        try checkReply("consume \(queue)")
    }

    func publish(_ body: [UInt8], to queue: String) throws(BrokerFailure) {
        let status = unsafe body.withUnsafeBytes { bytes in
            let content = unsafe amqp_bytes_t(
                len: bytes.count, bytes: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return unsafe amqp_basic_publish(
                connection, Self.channel, amqp_bytes_t(len: 0, bytes: nil), name(queue), 0, 0, &properties, content)
        }
        try check(status, "publish")
    }

    /// Acknowledges every delivery up to this one.
    func acknowledge(upTo tag: UInt64) throws(BrokerFailure) {
        try check(unsafe amqp_basic_ack(connection, Self.channel, tag, 1), "acknowledge")
    }

    /// Waits until something has come, but no longer than `deadline` (monotonic clock), and hands over all that has.
    func read(until deadline: Int64, _ handle: (Event) throws(BrokerFailure) -> Void) throws(BrokerFailure) {
        if unsafe amqp_frames_enqueued(connection) == 0, unsafe amqp_data_in_buffer(connection) == 0 {
            guard isReadable(within: deadline - monotonicNanoseconds()) else { return }
        }
        while let event = try next() {
            if let event = event.content { try handle(event) }
        }
        unsafe amqp_maybe_release_buffers_on_channel(connection, Self.channel)
    }

    private func isReadable(within nanoseconds: Int64) -> Bool {
        let left_us = max(nanoseconds, 0) / 1_000
        var entry = pollfd(fd: unsafe amqp_get_sockfd(connection), events: Int16(POLLIN), revents: 0)
        if unsafe poll(&entry, 1, CInt(left_us / 1_000)) > 0 { return true }
        guard left_us % 1_000 > 0 else { return false }
        // pause: poll(2) counts whole milliseconds, the schedule does not
        usleep(UInt32(min(left_us % 1_000, 50)))
        return unsafe poll(&entry, 1, 0) > 0
    }

    /// The next frame that has come, and what it completes; nil when there is none.
    private func next() throws(BrokerFailure) -> (content: Event?, Void)? {
        var frame = unsafe amqp_frame_t()
        var none = timeval(tv_sec: 0, tv_usec: 0)
        let status = unsafe amqp_simple_wait_frame_noblock(connection, &frame, &none)
        if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
        try check(status, "read")
        switch unsafe frame.frame_type {
        case UInt8(AMQP_FRAME_METHOD): return (try unsafe read(frame.payload.method), ())
        case UInt8(AMQP_FRAME_HEADER):
            unsafe incoming?.missing = Int(frame.payload.properties.body_size)
            return (nil, ())
        default:
            let fragment = unsafe frame.payload.body_fragment
            unsafe incoming?.body += UnsafeRawBufferPointer(start: fragment.bytes, count: fragment.len)
            unsafe incoming?.missing -= fragment.len
            guard let whole = incoming, whole.missing <= 0 else { return (nil, ()) }
            incoming = nil
            return (.delivery(tag: whole.tag, body: whole.body), ())
        }
    }

    private func read(_ method: amqp_method_t) throws(BrokerFailure) -> Event? {
        switch unsafe method.id {
        case sasando_basic_deliver:
            let delivery = unsafe method.decoded.load(as: amqp_basic_deliver_t.self)
            incoming = unsafe (delivery.delivery_tag, .max, [])
            return nil
        case sasando_basic_ack:
            let confirmation = unsafe method.decoded.load(as: amqp_basic_ack_t.self)
            return unsafe .confirmed(confirmation.delivery_tag, andAllBefore: confirmation.multiple != 0)
        default:
            // A refused publication (basic.nack), or the end of the channel or the connection.
            let name = unsafe amqp_method_name(method.id).map { unsafe String(cString: $0) } ?? "?"
            throw BrokerFailure("RabbitMQ sent \(name)")
        }
    }

    // MARK: Failures

    private func check(_ status: CInt, _ doing: String) throws(BrokerFailure) {
        guard status < 0 else { return }
        throw BrokerFailure("RabbitMQ, \(doing): \(unsafe String(cString: amqp_error_string2(status)))")
    }

    private func checkReply(_ doing: String) throws(BrokerFailure) {
        try unsafe check(amqp_get_rpc_reply(connection), doing)
    }

    private func check(_ reply: amqp_rpc_reply_t, _ doing: String) throws(BrokerFailure) {
        switch unsafe reply.reply_type {
        case AMQP_RESPONSE_NORMAL: return
        case AMQP_RESPONSE_LIBRARY_EXCEPTION: try check(unsafe reply.library_error, doing)
        default: break
        }
        let method = unsafe amqp_method_name(reply.reply.id).map { unsafe String(cString: $0) } ?? "no reply"
        throw BrokerFailure("RabbitMQ, \(doing): \(method)")
    }
}
