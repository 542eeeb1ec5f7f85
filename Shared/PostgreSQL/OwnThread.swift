internal import CPostgreSQL
internal import Glibc
internal import Synchronization

/// Calls that block (name resolution, `PQcancel`) run here, each on a thread of its own, at most a few at a time:
/// neither the reactor nor Swift's cooperative threads may wait for a dead host.
enum OwnThread {
    private static let running = Atomic<Int>(0)
    private static let limit = 16

    private final class Call: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a thread of its own; false when too many are running already.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard running.add(1, ordering: .relaxed).newValue <= limit else {
            running.subtract(1, ordering: .relaxed)
            return false
        }
        let call = Call {
            body()
            running.subtract(1, ordering: .relaxed)
        }
        let box = unsafe Unmanaged.passRetained(call).toOpaque()
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { box in
                unsafe Unmanaged<Call>.fromOpaque(box!).takeRetainedValue().run()
                return nil
            }, box)
        guard code == 0 else {
            unsafe Unmanaged<Call>.fromOpaque(box).release()
            running.subtract(1, ordering: .relaxed)
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// What `body` returns, or nil when too many calls are blocked already.
    static func call<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T? {
        await withCheckedContinuation { continuation in
            if !start({ continuation.resume(returning: body()) }) { continuation.resume(returning: nil) }
        }
    }
}

/// The right to ask a server to stop what a connection runs. Any thread may use it: libpq copies what it needs.
@safe final class CancelToken: @unchecked Sendable {
    private let pointer: OpaquePointer

    init(taking pointer: OpaquePointer) {
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe PQfreeCancel(pointer)
    }

    /// Opens a connection of its own and waits until the server has closed it; true when the request was delivered.
    func cancelBlocking() -> Bool {
        var text = [CChar](repeating: 0, count: 256)
        return unsafe PQcancel(pointer, &text, CInt(text.count)) == 1
    }
}

/// Numeric addresses of a host name, in the resolver's order.
func resolve(_ host: String) async throws(PostgresError) -> [String] {
    let found = await OwnThread.call { () -> Result<[String], PostgresError> in
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            let reason = unsafe String(cString: gai_strerror(code))
            return .failure(PostgresError(.connection, operation: "resolve", message: "\(host): \(reason)"))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [String] = []
        var next = unsafe list
        while let entry = unsafe next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let code = unsafe getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if code == 0 { addresses.append(String(terminated: text)) }
            unsafe next = entry.pointee.ai_next
        }
        return .success(addresses)
    }
    guard let found else {
        throw PostgresError(.connection, operation: "resolve", message: "\(host): too many look-ups are stuck")
    }
    return try found.get()
}

/// Whether `host` is an IPv4 or IPv6 address already.
func isNumericAddress(_ host: String) -> Bool {
    var address = in6_addr()
    return unsafe inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
}
