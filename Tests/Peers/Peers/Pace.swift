import Glibc

/// Where reports are published, whichever broker it is. Used by one thread.
protocol Publisher {
    /// Whether as many reports wait for their acknowledgement as the order allows.
    var isFull: Bool { get }
    func publish(_ number: Int) throws(BrokerFailure)
    /// Waits, and meanwhile takes the acknowledgements that come, but no longer than `deadline` (monotonic clock).
    func wait(until deadline: Int64) throws(BrokerFailure)
}

/// Publishes as the order says, and waits until all has arrived.
struct Pace {
    let order: Order
    let ledger: Ledger

    func run(_ publisher: some Publisher) throws(BrokerFailure) -> Outcome {
        if let perSecond = order.perSecond {
            try keep(perSecond, publisher)
        } else {
            try saturate(publisher)
        }
        let limit = monotonicNanoseconds() + Int64(order.patienceSeconds) * 1_000_000_000
        while !ledger.isComplete(routed: order.isRouted), monotonicNanoseconds() < limit {
            try ledger.check()
            try publisher.wait(until: monotonicNanoseconds() + 2_000_000)
        }
        try ledger.check()
        return ledger.outcome(measuredFrom: order.perSecond.map { $0 * order.warmUpSeconds } ?? 0)
    }

    /// On a fixed schedule, whether or not acknowledgements keep up: a stall shows in the latency of every report that
    /// was due in it.
    private func keep(_ perSecond: Int, _ publisher: some Publisher) throws(BrokerFailure) {
        let interval = 1_000_000_000 / Int64(perSecond)
        let start = monotonicNanoseconds() + 10_000_000
        for index in 0..<perSecond * (order.warmUpSeconds + order.seconds) {
            let due = start + Int64(index) * interval
            while true {
                try ledger.check()
                let now = monotonicNanoseconds()
                if now >= due, !publisher.isFull { break }
                try publisher.wait(until: now < due ? due : now + 1_000_000)
            }
            try publisher.publish(ledger.enter(due: due))
        }
    }

    /// As many as are acknowledged.
    private func saturate(_ publisher: some Publisher) throws(BrokerFailure) {
        let end = monotonicNanoseconds() + Int64(order.warmUpSeconds + order.seconds) * 1_000_000_000
        while true {
            let now = monotonicNanoseconds()
            guard now < end else { return }
            try ledger.check()
            if publisher.isFull {
                try publisher.wait(until: now + 1_000_000)
            } else {
                try publisher.publish(ledger.enter(due: now))
            }
        }
    }
}

/// The monotonic clock, in nanoseconds.
func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Waits until `deadline` on the monotonic clock.
func pause(until deadline: Int64) {
    var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
    // pause: the schedule says when the next report is due
    unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
}
