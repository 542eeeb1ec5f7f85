internal import Synchronization

/// Looks again and again how much memory the services take.
final class MemoryWatch: Sendable {
    /// The most that one service's process may hold: half of what its container has.
    static let bound_bytes = 256 << 20

    private let most = Mutex<[String: Int]>([:])
    private let target: any Target

    init(_ target: any Target) { self.target = target }

    /// Watches until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            if let sizes = try? await target.residentBytes() {
                most.withLock { $0.merge(sizes) { max($0, $1) } }
            }
            // pause: between two looks
            try? await Task.sleep(for: .milliseconds(250))
        }
    }

    var verdict: Verdict {
        let most = most.withLock { $0 }
        guard let (service, bytes) = most.max(by: { $0.value < $1.value }) else { return .broken("nothing was seen") }
        let size = "\(bytes >> 20) MB"
        return bytes <= Self.bound_bytes ? .held(size) : .broken("\(service) held \(size)")
    }
}
