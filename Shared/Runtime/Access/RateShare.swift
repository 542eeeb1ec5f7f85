internal import Crypto
internal import FoundationEssentials
package import Logging
package import Storage
internal import Telemetry

/// Makes the replicas of a service keep one limit between them: once a second each tells the store what it let pass,
/// and learns what all did.
///
/// No request waits for it. Between two rounds every replica may let a bucket's rest pass; what was too much then is
/// waited for afterwards. While the store is away, each keeps the limit by itself.
package struct RateShare: Sendable {
    private static let interval: Duration = .seconds(1)
    /// Keys and addresses in one round; more wait for the next.
    private static let most = 2_000

    private let limiter: RateLimiter
    private let store: RateStore
    /// Addresses are told as HMACs under it; they stand nowhere as they are.
    private let secret: SymmetricKey?
    private let logger: Logger

    /// - Parameter secret: the same in all replicas; without it only keys' limits are shared, whose ids are no secret.
    package init(_ limiter: RateLimiter, store: RateStore, secret: [UInt8]? = nil, logger: Logger) {
        self.limiter = limiter
        self.store = store
        self.secret = secret.map { SymmetricKey(data: $0) }
        self.logger = logger
    }

    /// Works until the task is cancelled.
    package func run() async {
        var isAway = false
        while !Task.isCancelled {
            do {
                try await exchange()
                isAway = false
            } catch {
                if !isAway { logger.warning("limits are not shared", metadata: [LogKey.error: "\(error)"]) }
                isAway = true
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// One round.
    package func exchange() async throws {
        let uses = limiter.takeUntold(atMost: Self.most)
        let named = uses.compactMap { use in name(of: use.key).map { (name: $0, use: use) } }
        if named.isEmpty { return }
        do {
            let ahead = try await store.share(
                Dictionary(named.map { ($0.name, $0.use.seconds) }, uniquingKeysWith: +))
            for (name, use) in named {
                if let seconds = ahead[name] { limiter.learn(use, fullIn: seconds) }
            }
        } catch {
            limiter.giveBack(uses)
            throw error
        }
    }

    /// 32 bytes that stand for a key, an address or a device; nil for what may not be told.
    private func name(of subject: RateLimiter.Subject) -> [UInt8]? {
        if case .key(let id) = subject { return Array(SHA256.hash(data: Array(id.utf8))) }
        return secret.map { Array(HMAC<SHA256>.authenticationCode(for: Array(subject.text.utf8), using: $0)) }
    }
}

extension RateLimiter.Subject {
    /// Tells every two subjects apart.
    fileprivate var text: String {
        switch self {
        case .key(let id): "key \(id)"
        case .client(let address): "client \(address)"
        case .device(let id): "device \(id)"
        case .acts(let address): "acts \(address)"
        case .flags(let address): "flags \(address)"
        case .flagsOfDevice(let id): "flags-of-device \(id)"
        }
    }
}
