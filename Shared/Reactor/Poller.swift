internal import CReactor
internal import Glibc

/// The set that `poll(2)` watches: the doorbell first, then the waits, then the sources.
struct Poller {
    enum Sleep {
        case none, forever
        case until(ContinuousClock.Instant)
    }

    private var set: [pollfd]
    /// The waits' ids, in the order of `set` after the doorbell.
    private var ids: [UInt64] = []

    init(doorbell: CInt) { set = [pollfd(fd: doorbell, events: Int16(POLLIN), revents: 0)] }

    mutating func reset() {
        set.removeSubrange(1...)
        ids.removeAll(keepingCapacity: true)
    }

    mutating func add(_ descriptor: CInt, _ readiness: Reactor.Readiness, for id: UInt64) {
        let events =
            switch readiness {
            case .readable: POLLIN
            case .writable: POLLOUT
            case .either: POLLIN | POLLOUT
            }
        set.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
        ids.append(id)
    }

    /// Watches a source's descriptor for reading.
    mutating func add(_ descriptor: CInt) {
        set.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }

    mutating func poll(_ sleep: Sleep) {
        var timeout = timespec()
        switch sleep {
        case .none: unsafe _ = ppoll(&set, nfds_t(set.count), &timeout, nil)
        case .forever: unsafe _ = ppoll(&set, nfds_t(set.count), nil, nil)
        case .until(let deadline):
            let (seconds, attoseconds) = max(.zero, deadline - .now).components
            timeout = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
            unsafe _ = ppoll(&set, nfds_t(set.count), &timeout, nil)
        }
        if set[0].revents != 0 {
            var rings: UInt64 = 0
            unsafe _ = Glibc.read(set[0].fd, &rings, 8)
        }
    }

    /// The waits whose descriptor is ready, or is closed or broken, which whoever waits will find out.
    var ready: [UInt64] {
        ids.indices.compactMap { set[$0 + 1].revents != 0 ? ids[$0] : nil }
    }
}
