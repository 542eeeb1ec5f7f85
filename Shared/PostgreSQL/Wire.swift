internal import CPostgreSQL
internal import Glibc
internal import Reactor

/// A connection's handle and libpq's steps on it, none of which waits for anything.
///
/// Not thread-safe, as libpq's connections are not; `PostgresConnection` keeps it on one thread.
@safe final class Wire {
    enum Progress: Sendable {
        case done, readable, writable
    }

    enum Next {
        /// More must be read from the server first.
        case pending
        /// The end of a statement's results.
        case end
        case result(ResultHandle)
    }

    private let handle: OpaquePointer
    let notices: NoticeSink

    /// Begins to connect. Every host among the parameters is numeric, so that no name is resolved here.
    init(parameters: [(keyword: String, value: String)], notices: NoticeSink) throws(PostgresError) {
        self.notices = notices
        OpenSSL.outlivesExit
        let keywords = CStrings(parameters.map(\.keyword))
        let values = CStrings(parameters.map(\.value))
        guard let handle = unsafe PQconnectStartParams(keywords.pointer, values.pointer, 0) else {
            throw PostgresError(.connection, operation: "connect", message: "out of memory")
        }
        unsafe self.handle = unsafe handle
        unsafe PQsetNoticeReceiver(
            handle,
            { sink, result in
                guard let sink = unsafe sink, let result = unsafe result else { return }
                unsafe Unmanaged<NoticeSink>.fromOpaque(sink).takeUnretainedValue().receive(result)
            }, Unmanaged.passUnretained(notices).toOpaque())
        guard unsafe PQstatus(handle) != CONNECTION_BAD else { throw failure("connect") }
    }

    deinit {
        unsafe PQfinish(handle)
    }

    // MARK: Opening

    /// The next step of connecting.
    func pollConnect() throws(PostgresError) -> Progress {
        switch unsafe PQconnectPoll(handle) {
        case PGRES_POLLING_READING: return .readable
        case PGRES_POLLING_WRITING: return .writable
        case PGRES_POLLING_OK: break
        default: throw failure("connect")
        }
        guard unsafe PQsetnonblocking(handle, 1) == 0 else { throw failure("connect") }
        try enterPipeline()
        return .done
    }

    func enterPipeline() throws(PostgresError) {
        guard unsafe PQenterPipelineMode(handle) == 1 else { throw failure("pipeline") }
    }

    func exitPipeline() throws(PostgresError) {
        guard unsafe PQexitPipelineMode(handle) == 1 else { throw failure("pipeline") }
    }

    // MARK: State

    var socket: CInt { unsafe PQsocket(handle) }
    var isOpen: Bool { unsafe PQstatus(handle) == CONNECTION_OK }
    var backendPID: Int32 { unsafe PQbackendPID(handle) }
    var transactionStatus: PGTransactionStatusType { unsafe PQtransactionStatus(handle) }

    func parameter(_ name: String) -> String? {
        unsafe PQparameterStatus(handle, name).map { unsafe String(cString: $0) }
    }

    /// The error of libpq, or what the server said last before it hung up.
    func failure(_ operation: String) -> PostgresError {
        var error = PostgresError(
            .connection, operation: operation, message: unsafe trimmed(String(cString: PQerrorMessage(handle))))
        if let last = notices.lastFatal {
            error.sqlState = last.sqlState
            error.message = last.message
        }
        return error
    }

    /// What stops the running statement from another thread.
    func cancelToken() -> CancelToken? {
        unsafe PQgetCancel(handle).map { unsafe CancelToken(taking: $0) }
    }

    /// This end's numeric address as the server sees it; nil for a Unix socket.
    var localAddress: String? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard unsafe getsockname(socket, pointer, &length) == 0 else { return CInt(-1) }
                guard unsafe pointer.pointee.sa_family != AF_UNIX else { return CInt(-1) }
                return unsafe getnameinfo(
                    pointer, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            }
        }
        guard code == 0 else { return nil }
        return String(terminated: text)
    }

    // MARK: Sending

    func prepare(name: String, _ sql: SQL) throws(PostgresError) {
        let sent = unsafe withUnsafeTemporaryAllocation(of: Oid.self, capacity: sql.parameters.count + 1) { types in
            for (index, parameter) in sql.parameters.enumerated() { unsafe types[index] = parameter.type.rawValue }
            return unsafe PQsendPrepare(handle, name, sql.text, CInt(sql.parameters.count), types.baseAddress)
        }
        guard sent == 1 else { throw failure("prepare") }
    }

    func execute(name: String, _ sql: SQL) throws(PostgresError) {
        let sent = unsafe withParameters(of: sql) { count, _, values, lengths, formats in
            unsafe PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
        }
        guard sent == 1 else { throw failure("query") }
    }

    func executeUnnamed(_ sql: SQL) throws(PostgresError) {
        let sent = unsafe withParameters(of: sql) { count, types, values, lengths, formats in
            unsafe PQsendQueryParams(handle, sql.text, count, types, values, lengths, formats, 1)
        }
        guard sent == 1 else { throw failure("query") }
    }

    func deallocate(name: String) throws(PostgresError) {
        guard unsafe PQsendQueryParams(handle, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1) == 1 else {
            throw failure("deallocate")
        }
    }

    /// Sends text that may hold several statements. Not in pipeline mode.
    func sendScript(_ text: String) throws(PostgresError) {
        guard unsafe PQsendQuery(handle, text) == 1 else { throw failure("script") }
    }

    func sync() throws(PostgresError) {
        guard unsafe PQpipelineSync(handle) == 1 else { throw failure("sync") }
    }

    /// Sends what is queued; false when the socket takes no more for now.
    func flush() throws(PostgresError) -> Bool {
        switch unsafe PQflush(handle) {
        case 0: return true
        case 1: return false
        default: throw failure("send")
        }
    }

    private typealias Values = UnsafePointer<UnsafePointer<CChar>?>

    private func withParameters(
        of sql: SQL,
        _ send: (CInt, UnsafePointer<Oid>?, Values?, UnsafePointer<CInt>?, UnsafePointer<CInt>?) -> CInt
    ) -> CInt {
        let count = sql.parameters.count
        guard count > 0 else { return send(0, nil, nil, nil, nil) }
        return unsafe sql.bytes.withUnsafeBytes { bytes in
            unsafe withUnsafeTemporaryAllocation(of: Optional<UnsafePointer<CChar>>.self, capacity: count) { values in
                unsafe withUnsafeTemporaryAllocation(of: CInt.self, capacity: 3 * count) { numbers in
                    // An empty value still needs an address: none would be NULL.
                    let somewhere = UnsafeRawPointer(numbers.baseAddress!)
                    for (index, parameter) in sql.parameters.enumerated() {
                        let start = unsafe bytes.isEmpty ? somewhere : bytes.baseAddress! + parameter.offset
                        let value = unsafe parameter.length < 0 ? nil : start.assumingMemoryBound(to: CChar.self)
                        unsafe (values.baseAddress! + index).initialize(to: value)
                        unsafe numbers[index] = CInt(max(parameter.length, 0))
                        unsafe numbers[count + index] = 1
                        unsafe numbers[2 * count + index] = CInt(bitPattern: parameter.type.rawValue)
                    }
                    let lengths = unsafe UnsafePointer(numbers.baseAddress!)
                    let types = unsafe UnsafeRawPointer(lengths + 2 * count).assumingMemoryBound(to: Oid.self)
                    return unsafe send(CInt(count), types, values.baseAddress, lengths, lengths + count)
                }
            }
        }
    }

    // MARK: Receiving

    /// Reads what has arrived.
    func consumeInput() throws(PostgresError) {
        guard unsafe PQconsumeInput(handle) == 1 else { throw failure("receive") }
    }

    func next() -> Next {
        guard unsafe PQisBusy(handle) == 0 else { return .pending }
        guard let result = unsafe PQgetResult(handle) else { return .end }
        return .result(unsafe ResultHandle(taking: result))
    }

    // MARK: COPY

    /// Offers data of a running COPY; false when the socket takes no more for now.
    func putCopyData(_ bytes: ArraySlice<UInt8>) throws(PostgresError) -> Bool {
        let code = unsafe bytes.withUnsafeBytes { bytes in
            unsafe PQputCopyData(
                handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count))
        }
        guard code >= 0 else { throw failure("COPY") }
        return code == 1
    }

    /// Ends a running COPY; with a reason, the server discards its rows.
    func putCopyEnd(failing reason: String? = nil) throws(PostgresError) -> Bool {
        let code = unsafe PQputCopyEnd(handle, reason)
        guard code >= 0 else { throw failure("COPY") }
        return code == 1
    }
}

/// A null-terminated array of C strings.
@safe final class CStrings {
    let pointer: UnsafePointer<UnsafePointer<CChar>?>
    private let storage: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        unsafe storage = .allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { unsafe (storage + index).initialize(to: strdup(string)) }
        unsafe (storage + strings.count).initialize(to: nil)
        unsafe pointer = UnsafeRawPointer(storage).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    }

    deinit {
        for index in 0..<count { unsafe free(storage[index]) }
        unsafe storage.deallocate()
    }
}

extension String {
    /// The text before the first NUL of a C buffer.
    init(terminated buffer: [CChar]) {
        self.init(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

func trimmed(_ text: String) -> String {
    var text = text[...]
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
}
