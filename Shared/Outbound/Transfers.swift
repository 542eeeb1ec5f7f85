internal import CCurl
internal import Glibc
internal import Reactor

/// The requests under way, driven by the reactor: libcurl says which sockets to watch and when to call it again.
///
/// To be used on the reactor's thread only.
@safe final class Transfers: @unchecked Sendable {
    // Why unchecked: the reactor's thread alone touches what it holds; `post` and the actor both bring calls there.
    typealias Outcome = Result<OutboundAnswer, OutboundError>

    private struct Running {
        let transfer: Transfer
        let number: UInt64
        let finish: (Outcome) -> Void
    }

    private let reactor: Reactor
    private let limits: OutboundLimits
    private var multi: UnsafeMutableRawPointer?
    /// By the address of the transfer's handle.
    private var running: [UInt: Running] = [:]
    private var watches: [CInt: Watch] = [:]
    private var timer: ReactorTimer?

    /// Once in a process, before anything else of libcurl.
    private static let isReady: Bool = {
        OpenSSL.outlivesExit
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()

    init(reactor: Reactor, limits: OutboundLimits) {
        self.reactor = reactor
        self.limits = limits
    }

    /// Lets go of everything, also of the connections that were kept. Nothing is under way any more: whoever waits for an
    /// answer keeps the client.
    func close() {
        reactor.preconditionOnReactor()
        for watch in watches.values { watch.cancel() }
        watches = [:]
        timer?.cancel()
        timer = nil
        guard let ended = unsafe multi else { return }
        unsafe multi = nil
        unsafe _ = curl_multi_set_watcher(ended, nil)
        unsafe _ = curl_multi_set_alarm(ended, nil)
        unsafe _ = curl_multi_cleanup(ended)
    }

    var count: Int { running.count }

    /// Begins a request; `finish` is called once, later.
    func start(
        _ request: OutboundRequest, _ number: UInt64, _ policy: OutboundPolicy, finish: @escaping (Outcome) -> Void
    ) {
        reactor.preconditionOnReactor()
        guard let multi = unsafe opened(), let transfer = Transfer(request, policy) else {
            return finish(.failure(OutboundError(.unreachable, "libcurl cannot be set up")))
        }
        running[transfer.key] = Running(transfer: transfer, number: number, finish: finish)
        unsafe _ = curl_multi_add_handle(multi, transfer.handle)
    }

    func cancel(_ number: UInt64) {
        reactor.preconditionOnReactor()
        guard let key = running.first(where: { $0.value.number == number })?.key else { return }
        end(key) { _ in .failure(OutboundError(.cancelled)) }
    }

    private func end(_ key: UInt, _ outcome: (Transfer) -> Outcome) {
        guard let ended = running.removeValue(forKey: key) else { return }
        let result = outcome(ended.transfer)
        unsafe _ = curl_multi_remove_handle(multi, ended.transfer.handle)
        ended.finish(result)
    }

    // MARK: What libcurl asks for

    private func opened() -> UnsafeMutableRawPointer? {
        if let multi = unsafe multi { return unsafe multi }
        guard Self.isReady, let made = unsafe curl_multi_init() else { return nil }
        let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe _ = curl_multi_set_number(made, CURLMOPT_MAX_HOST_CONNECTIONS, limits.hostConnections)
        unsafe _ = curl_multi_set_number(made, CURLMOPT_MAXCONNECTS, limits.keptConnections)
        unsafe _ = curl_multi_set_pointer(made, CURLMOPT_SOCKETDATA, owner)
        unsafe _ = curl_multi_set_watcher(made) { _, socket, what, owner, _ in
            unsafe Unmanaged<Transfers>.fromOpaque(owner!).takeUnretainedValue().watch(socket, what)
            return 0
        }
        unsafe _ = curl_multi_set_pointer(made, CURLMOPT_TIMERDATA, owner)
        unsafe _ = curl_multi_set_alarm(made) { _, wait_ms, owner in
            unsafe Unmanaged<Transfers>.fromOpaque(owner!).takeUnretainedValue().setAlarm(wait_ms)
            return 0
        }
        unsafe multi = made
        return unsafe made
    }

    private func watch(_ socket: CInt, _ what: CInt) {
        var interest: Reactor.Readiness = []
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { interest.insert(.readable) }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { interest.insert(.writable) }
        if what == CURL_POLL_REMOVE {
            watches.removeValue(forKey: socket)?.cancel()
        } else if let known = watches[socket] {
            known.interest = interest
        } else {
            watches[socket] = reactor.watch(socket, interest) { [unowned self] readiness in
                var events: CInt = 0
                if readiness.contains(.readable) { events |= CURL_CSELECT_IN }
                if readiness.contains(.writable) { events |= CURL_CSELECT_OUT }
                if readiness.contains(.failed) { events |= CURL_CSELECT_ERR }
                act(socket, events)
            }
        }
    }

    private func setAlarm(_ wait_ms: Int) {
        let timer = timer ?? reactor.timer { [unowned self] in act(-1, 0) }
        self.timer = timer
        if wait_ms < 0 { timer.cancel() } else { timer.set(after: .milliseconds(wait_ms)) }
    }

    /// - Parameter socket: -1 for the alarm.
    private func act(_ socket: CInt, _ events: CInt) {
        var left: CInt = 0
        unsafe _ = curl_multi_socket_action(multi, socket, events, &left)
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE, let handle = unsafe message.pointee.easy_handle else {
                continue
            }
            let code = unsafe message.pointee.data.result
            end(UInt(bitPattern: handle)) { $0.outcome(code) }
        }
    }
}
