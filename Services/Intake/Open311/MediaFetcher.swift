internal import Domain
internal import Outbound
internal import Reactor
internal import Runtime
internal import Streams
internal import Synchronization

/// Fetches photos that a request names by their addresses: by the one way out of our processes, from where webhooks may
/// be sent to, within bounds of time, size and number.
final class MediaFetcher: Sendable {
    /// For one photo, until it is here whole. Its sender waits for the receipt meanwhile, and the front door for ours.
    static let timeout: Duration = .seconds(4)
    /// Photos on their way at once; each takes memory up to its bound. Others wait for one to arrive.
    static let atOnce = 6

    private let client: OutboundClient
    private let underWay = Mutex(0)
    private let arrivals = Wake()

    init(client: OutboundClient) { self.client = client }

    /// With a thread of its own.
    convenience init(_ policy: OutboundPolicy) {
        self.init(client: OutboundClient(policy: policy, reactor: Reactor(name: "sasando-fetch")))
    }

    /// The bytes at `address`, or nil for whatever reason there are none: the report that names it is stored all the
    /// same, and its sender is told.
    func fetch(_ address: String) async -> [UInt8]? {
        let end = ContinuousClock.now + Self.timeout
        guard let address = WebhookAddress.read(address), await begin(until: end) else { return nil }
        defer {
            underWay.withLock { $0 -= 1 }
            arrivals.ring()
        }
        let request = OutboundRequest(
            .get, address, headers: [("Accept", "image/*")], timeout: end - .now, answerLimit_bytes: Photos.mostBytes)
        guard let answer = try? await client.send(request), answer.status == 200, !answer.body.isEmpty else {
            return nil
        }
        return answer.body
    }

    /// False where too many are on their way until the end, or with less than a second left.
    private func begin(until end: ContinuousClock.Instant) async -> Bool {
        while !Task.isCancelled, case let left = end - .now - .seconds(1), left > .zero {
            let generation = arrivals.generation
            let isIn = underWay.withLock { count in
                guard count < Self.atOnce else { return false }
                count += 1
                return true
            }
            if isIn { return true }
            await arrivals.wait(since: generation, atMost: left)
        }
        return false
    }
}
