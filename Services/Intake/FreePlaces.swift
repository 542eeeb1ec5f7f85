internal import Synchronization

/// How many further things one loop may have under way.
final class FreePlaces: Sendable {
    private let free: Mutex<Int>

    init(_ count: Int) { free = Mutex(count) }

    var count: Int { free.withLock { $0 } }

    func take() { free.withLock { $0 -= 1 } }

    func giveBack() { free.withLock { $0 += 1 } }
}
