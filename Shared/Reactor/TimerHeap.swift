/// A deadline at which a reactor runs a handler, once for each time that it is set.
///
/// To be used on the reactor's thread only. It can be set again any number of times without allocating.
package final class ReactorTimer: @unchecked Sendable {
    // Why unchecked: every use is checked to be on the reactor's thread.
    let handler: () -> Void
    private(set) var deadline = ContinuousClock.now
    /// Where it stands in the heap; nil while it is not set.
    fileprivate var index: Int?
    private weak var reactor: Reactor?

    init(reactor: Reactor, handler: @escaping () -> Void) {
        self.reactor = reactor
        self.handler = handler
    }

    package var isSet: Bool { index != nil }

    /// Sets the deadline, instead of an earlier one that has not passed yet.
    package func set(at deadline: ContinuousClock.Instant) {
        cancel()
        self.deadline = deadline
        reactor?.insert(self)
    }

    package func set(after duration: Duration) {
        set(at: ContinuousClock.now.advanced(by: duration))
    }

    package func cancel() {
        if let index { reactor?.removeTimer(at: index) }
    }
}

/// Timers in a binary heap, each of which knows its place: cancelling one leaves nothing behind.
final class TimerHeap {
    private var timers: [ReactorTimer] = []

    var earliest: ContinuousClock.Instant? { timers.first?.deadline }

    var count: Int { timers.count }

    /// Takes the first timer out if its deadline has come.
    func popDue(at now: ContinuousClock.Instant) -> ReactorTimer? {
        guard let first = timers.first, first.deadline <= now else { return nil }
        remove(at: 0)
        return first
    }

    func insert(_ timer: ReactorTimer) {
        timer.index = timers.count
        timers.append(timer)
        siftUp(from: timers.count - 1)
    }

    func remove(at index: Int) {
        let last = timers.count - 1
        exchange(index, last)
        timers.removeLast().index = nil
        guard index < last else { return }
        siftUp(from: index)
        siftDown(from: index)
    }

    private func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard timers[child].deadline < timers[parent].deadline else { return }
            exchange(child, parent)
            child = parent
        }
    }

    private func siftDown(from start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < timers.count {
                if timers[child].deadline < timers[least].deadline { least = child }
            }
            guard least != parent else { return }
            exchange(parent, least)
            parent = least
        }
    }

    private func exchange(_ one: Int, _ other: Int) {
        timers.swapAt(one, other)
        timers[one].index = one
        timers[other].index = other
    }
}
