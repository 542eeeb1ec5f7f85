internal import CCurl
internal import Domain
internal import Glibc
internal import Telemetry

/// One request as libcurl carries it out, and what has come of it so far.
@safe final class Transfer {
    let handle: UnsafeMutableRawPointer
    private let policy: AddressPolicy
    private let isSecure: Bool
    private let answerLimit: Int
    private let keepsAnswer: Bool
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    private var received = 0
    private var isTooLarge = false
    private var isForbidden = false

    private static let connectTimeout_ms = 5_000

    /// Nil where libcurl has no memory left.
    init?(_ request: OutboundRequest, _ policy: OutboundPolicy) {
        guard let handle = unsafe curl_easy_init() else { return nil }
        unsafe self.handle = unsafe handle
        self.policy = policy.addresses
        isSecure = request.address.isSecure
        answerLimit = request.answerLimit_bytes
        keepsAnswer = request.keepsAnswer
        setAddress(request, policy)
        setBody(request)
        setReceivers()
    }

    var key: UInt { unsafe UInt(bitPattern: handle) }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe curl_slist_free_all(headers)
    }

    private func set(_ option: CURLoption, _ number: Int) { unsafe _ = curl_set_number(handle, option, number) }
    private func set(_ option: CURLoption, _ text: String) { unsafe _ = curl_set_text(handle, option, text) }

    private func setAddress(_ request: OutboundRequest, _ policy: OutboundPolicy) {
        set(CURLOPT_URL, request.address.text)
        // By itself libcurl says nothing, and Meta's host of photos turns such callers away.
        set(CURLOPT_USERAGENT, "Sasando/\(ProductVersion.current)")
        set(CURLOPT_PROTOCOLS_STR, isSecure ? "https" : "http")
        set(CURLOPT_FOLLOWLOCATION, 0)
        // Empty, else one that the environment names would be used.
        set(CURLOPT_PROXY, "")
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, Self.connectTimeout_ms)
        // Where the other side is gone without a word, an answer that may take hours is not waited for so long.
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TIMEOUT_MS, max(1, Int(request.timeout / .milliseconds(1))))
        // A look-up that hangs is left to itself when its request ends.
        set(CURLOPT_QUICK_EXIT, 1)
        if let authorities = policy.authorities { set(CURLOPT_CAINFO, authorities) }
    }

    private func setBody(_ request: OutboundRequest) {
        for (name, value) in request.headers { unsafe headers = curl_slist_append(headers, "\(name): \(value)") }
        unsafe _ = curl_set_list(handle, CURLOPT_HTTPHEADER, headers)
        guard request.method == .post else { return }
        set(CURLOPT_POST, 1)
        set(CURLOPT_POSTFIELDSIZE, request.body.count)
        unsafe request.body.withUnsafeBytes { bytes in
            // libcurl makes a copy of it.
            unsafe _ = curl_set_pointer(
                handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        }
    }

    private func setReceivers() {
        let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe _ = curl_set_pointer(handle, CURLOPT_WRITEDATA, owner)
        unsafe _ = curl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, owner in
            let transfer = unsafe Unmanaged<Transfer>.fromOpaque(owner!).takeUnretainedValue()
            let received = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
            return unsafe transfer.receive(received) ? size * count : 0
        }
        unsafe _ = curl_set_pointer(handle, CURLOPT_OPENSOCKETDATA, owner)
        unsafe _ = curl_set_socket_maker(handle) { owner, _, address in
            let transfer = unsafe Unmanaged<Transfer>.fromOpaque(owner!).takeUnretainedValue()
            return unsafe transfer.openSocket(to: address!)
        }
    }

    /// False for more than there may be: then libcurl gives up.
    private func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        received += bytes.count
        guard received <= answerLimit else {
            isTooLarge = true
            return false
        }
        if keepsAnswer { unsafe body.append(contentsOf: bytes) }
        return true
    }

    /// A socket for an address that may be called; else -1, and libcurl tries the name's next address.
    private func openSocket(to address: UnsafeMutablePointer<curl_sockaddr>) -> CInt {
        let family = unsafe address.pointee.family
        let start = unsafe UnsafeRawPointer(address) + MemoryLayout<curl_sockaddr>.offset(of: \.addr)!
        // Behind the family: of IPv4 a port and the address; of IPv6 a flow label between the two.
        let place = family == AF_INET ? 4..<8 : family == AF_INET6 ? 8..<24 : 0..<0
        let bytes = place.map { unsafe start.load(fromByteOffset: $0, as: UInt8.self) }
        guard let found = NetworkAddress(bytes: bytes), policy.permits(found, isSecure: isSecure) else {
            isForbidden = true
            return -1
        }
        let kind = unsafe address.pointee.socktype | CInt(SOCK_CLOEXEC.rawValue)
        return unsafe socket(family, kind, address.pointee.protocol)
    }

    /// What it came to, by libcurl's word.
    func outcome(_ code: CURLcode) -> Transfers.Outcome {
        // Whoever wants the status alone has it before the body.
        guard code == CURLE_OK || (isTooLarge && !keepsAnswer) else {
            let reason = unsafe String(cString: curl_easy_strerror(code))
            return .failure(OutboundError(kind(of: code), reason))
        }
        var status = 0
        unsafe _ = curl_read_status(handle, &status)
        return .success(OutboundAnswer(status: status, retryAfter: header("retry-after"), body: body))
    }

    private func kind(of code: CURLcode) -> OutboundError.Kind {
        if isTooLarge { return .answerTooLarge }
        if code == CURLE_OPERATION_TIMEDOUT { return .timedOut }
        return isForbidden ? .forbidden : .unreachable
    }

    private func header(_ name: String) -> String? {
        var found: UnsafeMutablePointer<curl_header>?
        let code = unsafe curl_easy_header(handle, name, 0, CUnsignedInt(CURLH_HEADER), -1, &found)
        guard code == CURLHE_OK, let value = unsafe found?.pointee.value else { return nil }
        return unsafe String(cString: value)
    }
}
