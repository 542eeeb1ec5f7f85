internal import FoundationEssentials
internal import Storage

/// To whom a subscriber is connected, and what must change when the store's rows do.
struct PeerLinks {
    typealias Peer = PeerStore.Peer

    enum Change: Hashable {
        case connect(Peer)
        case disconnect(Peer)
    }

    private let wanted: Set<String>
    private let own: UUID
    private var links: [UUID: Peer] = [:]

    /// - Parameters:
    ///   - services: Whose instances to follow.
    ///   - own: This instance, which never follows itself.
    init(following services: [PeerService], except own: UUID) {
        wanted = Set(services.map(\.rawValue))
        self.own = own
    }

    var count: Int { links.count }

    /// What to do so that the links are those of `standing`.
    ///
    /// Disconnects come first: a new instance may stand at the endpoint of one that is gone, with another key.
    mutating func follow(_ standing: [Peer]) -> [Change] {
        let peers = standing.filter { wanted.contains($0.service) && $0.instance != own && !$0.endpoint.isEmpty }
        let next = Dictionary(peers.map { ($0.instance, $0) }, uniquingKeysWith: { first, _ in first })
        let gone = links.values.filter { next[$0.instance] != $0 }
        let new = next.values.filter { links[$0.instance] != $0 }
        links = next
        return gone.sorted { $0.endpoint < $1.endpoint }.map(Change.disconnect)
            + new.sorted { $0.endpoint < $1.endpoint }.map(Change.connect)
    }
}
