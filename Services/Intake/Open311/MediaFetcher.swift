internal import Domain
internal import Outbound
internal import Reactor
internal import Runtime
internal import Synchronization

/// Fetches photos that a request names by their addresses: over https, from public addresses alone, by the one way out
/// of our processes, within bounds of time, size and number.
final class MediaFetcher: Sendable {
    /// For one photo, until it is here whole.
    static let timeout: Duration = .seconds(10)
    /// Photos on their way at once; each takes memory up to its bound.
    static let atOnce = 6

    private let client: OutboundClient
    private let underWay = Mutex(0)

    init(client: OutboundClient) { self.client = client }

    /// With a thread of its own.
    convenience init(_ policy: OutboundPolicy) {
        self.init(client: OutboundClient(policy: policy, reactor: Reactor(name: "sasando-fetch")))
    }

    /// The bytes at `address`, or nil for whatever reason there are none: the report that names it is stored all the
    /// same, and its sender is told.
    func fetch(_ address: String) async -> [UInt8]? {
        guard let address = WebAddress(address), begin() else { return nil }
        defer { underWay.withLock { $0 -= 1 } }
        let request = OutboundRequest(
            .get, address, headers: [("Accept", "image/*")], timeout: Self.timeout, answerLimit_bytes: Photos.mostBytes)
        guard let answer = try? await client.send(request), answer.status == 200, !answer.body.isEmpty else {
            return nil
        }
        return answer.body
    }

    private func begin() -> Bool {
        underWay.withLock { count in
            guard count < Self.atOnce else { return false }
            count += 1
            return true
        }
    }
}
