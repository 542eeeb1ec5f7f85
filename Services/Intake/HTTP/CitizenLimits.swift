internal import Domain
internal import FoundationEssentials
internal import Runtime

/// Who sends without a key: an address that many phones may share, and, where its browser keeps it, the phone itself.
struct Sender: Sendable {
    var address: ClientAddress
    /// A random number in a cookie; nil for a browser that keeps none, and for programs.
    var device: UUID?
}

/// How much comes from one phone and from one address before somebody has to show that no program sends it.
///
/// What is urgent always passes, and takes nothing from the rest. Nobody is kept from reporting a fire because of what
/// others report over the same line; what the inbox can hold is the only bound (503).
struct CitizenLimits: Sendable {
    enum Finding: Hashable, Sendable {
        case passed
        /// The form asks for a second step; the JSON door says when to come back.
        case crowded(retryAfter_s: Int)
    }

    /// Flags of one device, and of one address.
    static let flagsOfDevice = TokenBucket.Rate(perSecond: 10.0 / 3600, burst: 10)
    static let flagsOfAddress = TokenBucket.Rate(perSecond: 60.0 / 3600, burst: 60)

    private let limiter: RateLimiter
    private let address: TokenBucket.Rate
    private let device: TokenBucket.Rate

    /// - Parameters:
    ///   - address: reports that are not urgent from one address.
    ///   - device: the same from one phone, which is asked first: what it sends too much costs the others nothing.
    init(limiter: RateLimiter, address: TokenBucket.Rate, device: TokenBucket.Rate) {
        self.limiter = limiter
        self.address = address
        self.device = device
    }

    /// Counts a report, and says whether it is one too many.
    func take(_ sender: Sender, isUrgent: Bool) -> Finding {
        if isUrgent { return .passed }
        if let phone = sender.device, let wait = limiter.take(.device(phone), device) {
            return .crowded(retryAfter_s: wait)
        }
        if let wait = limiter.take(.client(sender.address), address) { return .crowded(retryAfter_s: wait) }
        return .passed
    }

    /// The JSON door's answer to one too many.
    ///
    /// - Throws: `ProblemDetails` 429 with Retry-After.
    func check(_ sender: Sender, isUrgent: Bool) throws(ProblemDetails) {
        if case .crowded(let wait) = take(sender, isUrgent: isUrgent) { throw .tooManyRequests(retryAfter_s: wait) }
    }

    /// What reporters and readers do with reports that are stored; it takes nothing from who wants to report.
    ///
    /// - Throws: `ProblemDetails` 429 with Retry-After.
    func checkAct(from client: ClientAddress) throws(ProblemDetails) { try limiter.check(.acts(client), address) }

    /// - Throws: `ProblemDetails` 429 with Retry-After.
    func checkFlag(_ sender: Sender) throws(ProblemDetails) {
        if let phone = sender.device { try limiter.check(.flagsOfDevice(phone), Self.flagsOfDevice) }
        try limiter.check(.flags(sender.address), Self.flagsOfAddress)
    }

    func check(_ principal: Principal) throws(ProblemDetails) { try limiter.check(principal) }

    /// The seconds that a program has to wait before its next report; nil where it may come.
    func pause(before principal: Principal) -> Int? { limiter.pause(before: principal) }
}
