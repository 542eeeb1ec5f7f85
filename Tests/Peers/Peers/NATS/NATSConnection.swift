internal import CNATS

/// A connection to NATS with its JetStream. The library has threads of its own: they call back what is given to it,
/// and any thread may use it.
///
/// Unchecked, since the pointers are the library's, which locks what is behind them.
@safe final class NATSConnection: @unchecked Sendable {
    /// A message of the library's; whoever holds it destroys it.
    @safe struct Message: @unchecked Sendable {
        fileprivate let pointer: OpaquePointer

        var body: [UInt8] {
            unsafe Array(
                UnsafeRawBufferPointer(start: natsMsg_GetData(pointer), count: Int(natsMsg_GetDataLength(pointer))))
        }
        func acknowledge() throws(BrokerFailure) {
            try check(unsafe natsMsg_Ack(pointer, nil), "acknowledge")
        }
        func destroy() { unsafe natsMsg_Destroy(pointer) }
    }

    /// Called on one of the library's threads; a failure ends the run.
    typealias Handler = @Sendable (Message) throws(BrokerFailure) -> Void

    /// What the library's callbacks are given. It is never freed: the process ends with the run.
    private final class Callback: Sendable {
        let ledger: Ledger
        let handler: Handler
        init(_ ledger: Ledger, _ handler: @escaping Handler) {
            self.ledger = ledger
            self.handler = handler
        }

        func call(_ message: Message) {
            do throws(BrokerFailure) { try handler(message) } catch { ledger.fail(error) }
        }

        var retained: UnsafeMutableRawPointer { unsafe Unmanaged.passRetained(self).toOpaque() }

        static func at(_ closure: UnsafeMutableRawPointer?) -> Callback? {
            unsafe closure.map { unsafe Unmanaged<Callback>.fromOpaque($0).takeUnretainedValue() }
        }
    }

    private let ledger: Ledger
    private let connection: OpaquePointer
    private let stream: OpaquePointer

    /// - Parameters:
    ///   - sendsAtOnce: whether each message is sent by itself, instead of waiting up to a millisecond for more.
    ///   - inFlight: the most publications that wait for their acknowledgement; beyond it `publish` waits.
    ///   - onAcknowledged: is given every published message when the broker has stored it.
    init(
        port: Int, sendsAtOnce: Bool, inFlight: Int, ledger: Ledger,
        onAcknowledged: @escaping Handler = { message in message.destroy() }
    ) throws(BrokerFailure) {
        self.ledger = ledger
        var options: OpaquePointer?
        try check(unsafe natsOptions_Create(&options), "options")
        defer { unsafe natsOptions_Destroy(options) }
        try check(unsafe natsOptions_SetURL(options, "nats://127.0.0.1:\(port)"), "address")
        try check(unsafe natsOptions_SetSendAsap(options, sendsAtOnce), "options")
        try check(unsafe natsOptions_SetAllowReconnect(options, false), "options")
        var connection: OpaquePointer?
        try check(unsafe natsConnection_Connect(&connection, options), "connect")
        var settings = unsafe jsOptions()
        try check(unsafe jsOptions_Init(&settings), "options")
        unsafe settings.PublishAsync.MaxPending = Int64(inFlight)
        unsafe settings.PublishAsync.StallWait = 30_000
        unsafe settings.PublishAsync.AckHandlerClosure = unsafe Callback(ledger, onAcknowledged).retained
        unsafe settings.PublishAsync.AckHandler = { _, message, _, failure, closure in
            guard let callback = unsafe Callback.at(closure), let message = unsafe message else { return }
            if let text = unsafe failure?.pointee.ErrText {
                callback.ledger.fail(BrokerFailure("NATS refused a report: \(unsafe String(cString: text))"))
            } else {
                callback.call(unsafe Message(pointer: message))
            }
        }
        var stream: OpaquePointer?
        try check(unsafe natsConnection_JetStream(&stream, connection, &settings), "JetStream")
        guard let connection = unsafe connection, let stream = unsafe stream else {
            throw BrokerFailure("NATS gave no connection")
        }
        unsafe self.connection = connection
        unsafe self.stream = stream
    }

    /// Makes a stream in files anew, with nothing in it.
    /// - Parameter isQueue: whether a message is removed when it is acknowledged.
    func makeStream(_ name: String, isQueue: Bool) throws(BrokerFailure) {
        try deleteStream(name)
        var configuration = unsafe jsStreamConfig()
        try check(unsafe jsStreamConfig_Init(&configuration), "stream")
        let status = unsafe name.withCString { name in
            var subject: UnsafePointer<CChar>? = unsafe name
            return unsafe withUnsafeMutablePointer(to: &subject) { subjects in
                unsafe configuration.Name = name
                unsafe configuration.Subjects = subjects
                unsafe configuration.SubjectsLen = 1
                unsafe configuration.Storage = js_FileStorage
                unsafe configuration.Retention = isQueue ? js_WorkQueuePolicy : js_LimitsPolicy
                unsafe configuration.Replicas = 1
                return unsafe js_AddStream(nil, stream, &configuration, nil, nil)
            }
        }
        try check(status, "make the stream \(name)")
    }

    /// A stream that is not there counts as deleted.
    func deleteStream(_ name: String) throws(BrokerFailure) {
        let status = unsafe js_DeleteStream(stream, name, nil, nil)
        if status != NATS_NOT_FOUND { try check(status, "delete the stream \(name)") }
    }

    /// Waits while as many are unacknowledged as `inFlight` allows.
    func publish(_ body: [UInt8], to subject: String) throws(BrokerFailure) {
        var message: OpaquePointer?
        let made = unsafe body.withUnsafeBytes { bytes in
            let text = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress
            return unsafe natsMsg_Create(&message, subject, nil, text, CInt(bytes.count))
        }
        try check(made, "make a message")
        try check(unsafe js_PublishMsgAsync(stream, &message, nil), "publish")
    }

    /// Consumes a stream by a durable consumer that acknowledges each message.
    /// - Parameter limit: the most messages that wait for their acknowledgement.
    func consume(_ name: String, as durable: String, limit: Int, _ handler: @escaping Handler) throws(BrokerFailure) {
        var options = unsafe jsSubOptions()
        try check(unsafe jsSubOptions_Init(&options), "consumer")
        unsafe options.ManualAck = true
        unsafe options.Config.AckPolicy = js_AckExplicit
        unsafe options.Config.MaxAckPending = Int64(limit)
        let callback = unsafe Callback(ledger, handler).retained
        let status = unsafe durable.withCString { durable in
            unsafe options.Config.Durable = durable
            var subscription: OpaquePointer?
            return unsafe js_Subscribe(
                &subscription, stream, name,
                { _, _, message, closure in
                    guard let callback = unsafe Callback.at(closure), let message = unsafe message else { return }
                    callback.call(unsafe Message(pointer: message))
                }, callback, nil, &options, nil)
        }
        try check(status, "consume \(name)")
    }
}

private func check(_ status: natsStatus, _ doing: String) throws(BrokerFailure) {
    guard status != NATS_OK else { return }
    throw BrokerFailure("NATS, \(doing): \(unsafe String(cString: natsStatus_GetText(status)))")
}
