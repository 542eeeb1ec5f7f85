internal import CReactor
internal import Glibc

/// The descriptors that a reactor watches, kept in the form that `ppoll(2)` reads, so that a round rebuilds nothing.
///
/// Slot 0 is the doorbell. A watch without interest stands as a negative descriptor, which `poll` passes over.
final class PollSet {
    private var entries: [pollfd]
    /// `watches[i]` stands in slot `i + 1`.
    private var watches: [Watch] = []
    private var ready: [(watch: Watch, readiness: Reactor.Readiness)] = []
    private let doorbell: CInt

    init(doorbell: CInt) {
        self.doorbell = doorbell
        entries = [pollfd(fd: doorbell, events: Int16(POLLIN), revents: 0)]
    }

    var count: Int { watches.count }

    func add(_ watch: Watch) {
        watches.append(watch)
        entries.append(pollfd())
        watch.slot = watches.count
        update(watch)
    }

    func update(_ watch: Watch) {
        entries[watch.slot].fd = watch.interest.isEmpty ? -1 : watch.descriptor
        entries[watch.slot].events = watch.interest.events
    }

    func remove(_ watch: Watch) {
        let slot = watch.slot
        precondition(watches[slot - 1] === watch)
        entries.swapAt(slot, entries.count - 1)
        watches.swapAt(slot - 1, watches.count - 1)
        watches[slot - 1].slot = slot
        entries.removeLast()
        watches.removeLast()
    }

    /// Sleeps until a descriptor is ready or `timeout` has passed (nil: for ever), then runs the ready ones' handlers.
    func wait(timeout: Duration?) {
        var count: CInt
        if let timeout {
            let (seconds, attoseconds) = max(timeout, .zero).components
            var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
            count = unsafe ppoll(&entries, nfds_t(entries.count), &time, nil)
        } else {
            count = unsafe ppoll(&entries, nfds_t(entries.count), nil, nil)
        }
        if count < 0 { precondition(errno == EINTR, "ppoll: errno \(errno)") }
        guard count > 0 else { return }
        if entries[0].revents != 0 {
            var rings: UInt64 = 0
            unsafe _ = read(doorbell, &rings, 8)
            count -= 1
        }
        if count > 0 { dispatch(atMost: Int(count)) }
    }

    /// Handlers may add, change and cancel watches, so what is ready is noted before the first one runs.
    private func dispatch(atMost count: Int) {
        for slot in 1..<entries.count where entries[slot].revents != 0 {
            let watch = watches[slot - 1]
            ready.append((watch, Reactor.Readiness(returned: entries[slot].revents)))
            if entries[slot].revents & Int16(POLLNVAL) != 0 {
                watch.interest = []  // closed without `cancel()`: said once, never in a loop
                ready[ready.count - 1].readiness = .failed
            }
            if ready.count == count { break }
        }
        for (watch, readiness) in ready where watch.isActive {
            let wanted = readiness.intersection(watch.interest.union(.failed))
            if !wanted.isEmpty { watch.handler(wanted) }
        }
        ready.removeAll(keepingCapacity: true)
    }
}
