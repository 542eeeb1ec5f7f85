internal import DequeModule

/// Messages that libzmq has no room for yet: bounded, in order for each peer, without one peer holding up another.
struct Outbox {
    typealias Frames = [[UInt8]]

    private let limit: Int
    private let limitPerPeer: Int
    private let limitBytes: Int
    /// Whether the first frame names the peer; if not, all messages stand in one queue.
    private let isAddressed: Bool
    private var queues: [[UInt8]: Deque<Frames>] = [:]
    private(set) var count = 0
    private(set) var bytes = 0

    init(limit: Int, limitPerPeer: Int, limitBytes: Int = .max, isAddressed: Bool) {
        self.limit = limit
        self.limitBytes = limitBytes
        self.limitPerPeer = isAddressed ? limitPerPeer : limit
        self.isAddressed = isAddressed
    }

    var isEmpty: Bool { count == 0 }

    private func peer(of frames: Frames) -> [UInt8] { isAddressed ? frames[0] : [] }

    /// Whether messages stand before this one.
    func isWaiting(before frames: Frames) -> Bool { queues[peer(of: frames)] != nil }

    /// False if it is full.
    mutating func append(_ frames: Frames) -> Bool {
        let peer = peer(of: frames)
        let size = Self.size(frames)
        guard count < limit, queues[peer]?.count ?? 0 < limitPerPeer, size <= limitBytes - bytes else { return false }
        queues[peer, default: []].append(frames)
        count += 1
        bytes += size
        return true
    }

    private static func size(_ frames: Frames) -> Int { frames.reduce(0) { $0 + $1.count } }

    /// Sends what can be sent; drops the messages of a peer that is gone.
    mutating func flush(
        _ send: (Frames) throws(ZeroMQError) -> SocketHandle.Sending
    ) throws(ZeroMQError) -> (sent: Int, unreachable: Int) {
        var result = (sent: 0, unreachable: 0)
        for peer in Array(queues.keys) {
            // Taken out, since a queue that is shared would be copied, however long.
            guard var queue = queues.removeValue(forKey: peer) else { continue }
            let before = queue.count
            defer {
                count -= before - queue.count
                if !queue.isEmpty { queues[peer] = queue }
            }
            sending: while let frames = queue.first {
                switch try send(frames) {
                case .sent:
                    queue.removeFirst()
                    bytes -= Self.size(frames)
                    result.sent += 1
                case .wouldBlock: break sending
                case .unreachable:
                    result.unreachable += queue.count
                    bytes -= queue.reduce(0) { $0 + Self.size($1) }
                    queue.removeAll()
                }
            }
        }
        return result
    }

    /// Returns how many there were.
    mutating func removeAll() -> Int {
        defer {
            queues = [:]
            count = 0
            bytes = 0
        }
        return count
    }
}
