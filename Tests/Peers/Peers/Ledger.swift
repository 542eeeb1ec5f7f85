import Synchronization

/// What became of each report, by number. Publisher, hop and consumer write to it from threads of their own.
final class Ledger: Sendable {
    private struct Entry {
        /// When it was to be published, was acknowledged and was delivered, on the monotonic clock in nanoseconds;
        /// 0 for what has not happened.
        var due: Int64
        var acknowledged: Int64 = 0
        var delivered: Int64 = 0
    }

    private struct State {
        var entries: [Entry] = []
        var accepted = 0
        var delivered = 0
        var repeated = 0
        var last: Int64 = 0
        var failure: BrokerFailure?
    }

    private let state = Mutex(State())

    /// Enters the next report and gives it its number, from 0.
    func enter(due: Int64) -> Int {
        state.withLock { state in
            state.entries.append(Entry(due: due))
            return state.entries.count - 1
        }
    }

    func acknowledge(_ number: Int) {
        let now = monotonicNanoseconds()
        state.withLock { state in
            guard state.entries.indices.contains(number), state.entries[number].acknowledged == 0 else { return }
            state.entries[number].acknowledged = now
            state.accepted += 1
            state.last = max(state.last, now)
        }
    }

    func deliver(_ number: Int) {
        let now = monotonicNanoseconds()
        state.withLock { state in
            guard state.entries.indices.contains(number) else { return }
            guard state.entries[number].delivered == 0 else {
                state.repeated += 1
                return
            }
            state.entries[number].delivered = now
            state.delivered += 1
            state.last = max(state.last, now)
        }
    }

    /// Keeps the first failure of any thread for `check`.
    func fail(_ failure: BrokerFailure) {
        state.withLock { state in state.failure = state.failure ?? failure }
    }

    /// - Throws: what a thread failed with.
    func check() throws(BrokerFailure) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Whether every report has gone as far as the order wants it to go.
    func isComplete(routed: Bool) -> Bool {
        state.withLock { state in
            state.accepted == state.entries.count && (!routed || state.delivered == state.entries.count)
        }
    }

    /// - Parameter measuredFrom: the number of the first report after the warm-up.
    func outcome(measuredFrom: Int) -> Outcome {
        let state = state.withLock { $0 }
        let measured = state.entries.dropFirst(measuredFrom)
        return Outcome(
            accepted: state.accepted, delivered: state.delivered, repeated: state.repeated,
            elapsedSeconds: Double(state.last - (state.entries.first?.due ?? state.last)) / 1e9,
            acknowledgement: Self.latency(measured.filter { $0.acknowledged > 0 }.map { $0.acknowledged - $0.due }),
            delivery: Self.latency(measured.filter { $0.delivered > 0 }.map { $0.delivered - $0.due }))
    }

    private static func latency(_ nanoseconds: [Int64]) -> Outcome.Latency {
        let sorted = nanoseconds.sorted()
        func milliseconds(at share: Double) -> Double {
            let rank = Int((Double(sorted.count) * share).rounded(.up))
            return sorted.isEmpty ? 0 : Double(sorted[max(rank, 1) - 1]) / 1e6
        }
        return Outcome.Latency(p50: milliseconds(at: 0.5), p99: milliseconds(at: 0.99))
    }
}
