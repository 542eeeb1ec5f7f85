internal import Domain
package import Logging
package import Storage
internal import Streams
internal import Telemetry
internal import ZeroMQ

/// The open keys of kind `zeromq` that a door is for, read from the store each second: for a door where every message
/// must be judged without asking anybody, and where strangers with ever new keys must not make the store work.
///
/// A key that was revoked is good for little more than a second. While the store is away nothing can be revoked, and
/// what stood still stands.
package final class CurveKeyWatch: Sendable {
    private static let interval: Duration = .seconds(1)
    /// A key that is not known is looked for again, but no oftener than this.
    private static let gap: Duration = .milliseconds(200)

    private let read: @Sendable () async throws -> [CurveKeyHolder]
    private let logger: Logger
    private let bell: Wake
    private let keys: StandingKeys<Principal>

    /// - Parameter read: the keys that are open now.
    package init(logger: Logger, read: @escaping @Sendable () async throws -> [CurveKeyHolder]) {
        self.read = read
        self.logger = logger
        let bell = Wake()
        self.bell = bell
        keys = StandingKeys(ring: { bell.ring() })
    }

    /// Who holds the key, in Z85; nil for one that is not open.
    package func principal(of publicKey: String) -> Principal? { keys.holder(of: publicKey) }

    /// Whether a connection that shows this key, in Z85, may be made. Waits for a reading where it is not known.
    package func admits(_ publicKey: String) async -> Bool { await keys.admits(publicKey) }

    /// Reads until the task is cancelled; from then on nobody is known.
    package func run() async {
        var isAway = false
        while !Task.isCancelled {
            let generation = bell.generation
            let reading = keys.reading()
            do {
                keys.finish(reading, found: Self.principals(try await read()))
                isAway = false
            } catch {
                keys.finish(reading, found: nil)
                if !isAway && !Task.isCancelled {
                    logger.warning("Keys not read; trying again", metadata: [LogKey.error: "\(error)"])
                }
                isAway = true
            }
            try? await Task.sleep(for: Self.gap)
            await bell.wait(since: generation, atMost: Self.interval)
        }
        keys.close()
    }

    private static func principals(_ holders: [CurveKeyHolder]) -> [String: Principal] {
        var principals: [String: Principal] = [:]
        for key in holders {
            guard let text = CurvePublicKey(bytes: key.publicKey)?.z85 else { continue }
            principals[text] = Principal(key.holder, in: key.jurisdiction)
        }
        return principals
    }
}
