internal import DequeModule

/// The pool's decisions: who gets which connection, who waits, and when a connection is opened.
///
/// Pure: it knows connections and waiters by number, and takes the time as a parameter.
struct PoolMachine {
    typealias ConnectionID = Int
    typealias WaiterID = Int
    typealias Instant = ContinuousClock.Instant

    struct Limits {
        var size: Int
        var maximumWaiters: Int
        var leaseTimeout: Duration
        /// How long those who wait are left to the connections that are there, before another is opened.
        var patience: Duration
        var initialDelay: Duration
        var maximumDelay: Duration
    }

    enum Answer: Equatable {
        case granted(ConnectionID)
        case queued
        /// Too many wait already.
        case refused
        case closed
    }

    enum Action: Equatable {
        case grant(ConnectionID, to: WaiterID)
        /// Open a connection after a wait, if `stillOpens()` then.
        case open(after: Duration)
        /// Drop a connection that is not leased.
        case drop(ConnectionID)
    }

    private struct Waiter {
        var id: WaiterID
        var deadline: Instant
    }

    private let limits: Limits
    private var idle: [ConnectionID] = []
    private var leased: Set<ConnectionID> = []
    private var queue: Deque<Waiter> = []
    /// Those of `queue` who still wait; the others gave up and are skipped.
    private var waiting: Set<WaiterID> = []
    private(set) var opening = 0
    private(set) var failures = 0
    private(set) var isClosed = false

    init(limits: Limits) {
        self.limits = limits
    }

    var inUse: Int { leased.count }
    var idleCount: Int { idle.count }
    var waiterCount: Int { waiting.count }

    /// The first connection is opened before anyone asks.
    mutating func start() -> [Action] { openWhatIsWanted() }

    var hasConnections: Bool { !idle.isEmpty || !leased.isEmpty }

    // MARK: Callers

    mutating func lease(_ waiter: WaiterID, now: Instant) -> (Answer, [Action]) {
        guard !isClosed else { return (.closed, []) }
        // The connection that was used last has the warmest caches. Nobody overtakes the queue.
        if waiting.isEmpty, let connection = idle.popLast() {
            leased.insert(connection)
            return (.granted(connection), [])
        }
        guard waiting.count < limits.maximumWaiters else { return (.refused, []) }
        waiting.insert(waiter)
        queue.append(Waiter(id: waiter, deadline: now + limits.leaseTimeout))
        return (.queued, openWhatIsWanted())
    }

    /// A caller that waits no longer; false when it was served or told already.
    mutating func abandon(_ waiter: WaiterID) -> Bool {
        waiting.remove(waiter) != nil
    }

    mutating func release(_ connection: ConnectionID, isUsable: Bool) -> [Action] {
        guard leased.remove(connection) != nil else { return [] }
        guard isUsable, !isClosed else { return [.drop(connection)] + openWhatIsWanted() }
        return hand(connection)
    }

    // MARK: Time

    /// When the first of those who wait must be told that it was too long.
    mutating func nextDeadline() -> Instant? {
        skipGone()
        return queue.first?.deadline
    }

    /// Takes out those whose time is over.
    mutating func expire(now: Instant) -> [WaiterID] {
        var expired: [WaiterID] = []
        while let first = queue.first {
            if waiting.contains(first.id) {
                guard first.deadline <= now else { break }
                waiting.remove(first.id)
                expired.append(first.id)
            }
            queue.removeFirst()
        }
        return expired
    }

    // MARK: Connections

    /// Whether an opening, once its wait is over, is still wanted; it counts as ended where it is not.
    mutating func stillOpens() -> Bool {
        if wantsAnother { return true }
        opening -= 1
        return false
    }

    mutating func opened(_ connection: ConnectionID) -> [Action] {
        opening -= 1
        failures = 0
        guard !isClosed else { return [.drop(connection)] }
        return hand(connection) + openWhatIsWanted()
    }

    mutating func openFailed() -> [Action] {
        opening -= 1
        failures += 1
        return openWhatIsWanted()
    }

    /// Nobody is served any more. Those who wait are given back to be told.
    mutating func close() -> ([WaiterID], [Action]) {
        isClosed = true
        let told = queue.map(\.id).filter(waiting.contains)
        let drops = idle.map(Action.drop)
        queue = []
        waiting = []
        idle = []
        return (told, drops)
    }

    private mutating func hand(_ connection: ConnectionID) -> [Action] {
        skipGone()
        guard let first = queue.popFirst() else {
            idle.append(connection)
            return []
        }
        waiting.remove(first.id)
        leased.insert(connection)
        return [.grant(connection, to: first.id)]
    }

    private mutating func skipGone() {
        while let first = queue.first, !waiting.contains(first.id) { queue.removeFirst() }
    }

    /// One at a time: when a service starts, everyone asks at once, and is served by the first connection before a
    /// second could be opened, which costs both sides more than most of what is asked. And while the store is away, more
    /// attempts do not bring it back.
    private mutating func openWhatIsWanted() -> [Action] {
        guard opening == 0, wantsAnother else { return [] }
        opening = 1
        return [.open(after: delay)]
    }

    /// One at least, so that the store's return is noticed before anyone asks.
    private var wantsAnother: Bool {
        !isClosed && present < limits.size && (present == 0 || !waiting.isEmpty)
    }

    private var present: Int { idle.count + leased.count }

    private var delay: Duration {
        guard failures > 0 else { return present == 0 ? .zero : limits.patience }
        return min(limits.initialDelay * (1 << min(failures - 1, 16)), limits.maximumDelay)
    }
}
