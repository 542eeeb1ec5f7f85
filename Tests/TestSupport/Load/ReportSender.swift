internal import Domain
package import FoundationEssentials
internal import Synchronization

/// Sends reports as an integrator does: each under one key, again and again until there is an answer.
package final class ReportSender: Sendable {
    package struct Sent: Sendable {
        /// Report ids by the number that their key was made of.
        package var acknowledged: [Int: UUID] = [:]
        /// Answers that were refusals for now, and lines that broke.
        package var refused = 0
        package var broken = 0
        /// Repeats of what had been acknowledged, and how many found their report again.
        package var repeated = 0
        package var faults: [String] = []
    }

    private let door: Door
    private let prefix: String
    private let total: Int
    private let next = Atomic(0)
    private let isStopped = Atomic(false)
    private let onTaken: @Sendable (_ n: Int, _ id: UUID, _ begun: ContinuousClock.Instant) -> Void
    private let state = Mutex(Sent())
    /// Every how many reports one is sent once more after its answer.
    private static let repeatEvery = 20

    /// - Parameters:
    ///   - prefix: what the keys of this run begin with.
    ///   - onTaken: called for each report when it is acknowledged, with the moment of its first sending.
    package init(
        _ door: Door, total: Int, prefix: String,
        onTaken: @escaping @Sendable (_ n: Int, _ id: UUID, _ begun: ContinuousClock.Instant) -> Void = { _, _, _ in }
    ) {
        self.door = door
        self.total = total
        self.prefix = prefix
        self.onTaken = onTaken
    }

    package var sent: Sent { state.withLock { $0 } }
    package var count: Int { state.withLock { $0.acknowledged.count } }

    /// How many reports have been begun.
    package var begun: Int { min(next.load(ordering: .relaxed), total) }

    /// Begins no further report; `run` ends when those under way have their answers.
    package func stop() { isStopped.store(true, ordering: .relaxed) }

    package static func key(_ prefix: String, _ n: Int) -> String { "\(prefix)-\(n)" }

    /// Sends all of them from so many clients at once.
    ///
    /// - Parameter interval: the least time from one report of a client to its next; nil: without a pause.
    package func run(clients: Int, each interval: Duration? = nil) async {
        await withTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask {
                    var due = ContinuousClock.now
                    if let interval { due += interval * Double(client) / Double(clients) }
                    while !Task.isCancelled, !self.isStopped.load(ordering: .relaxed) {
                        let n = self.next.add(1, ordering: .relaxed).oldValue
                        guard n < self.total else { return }
                        if let interval {
                            // pause: the pace of the load
                            try? await Task.sleep(until: due, clock: .continuous)
                            // Time lost is not made up for: a load that was held up does not come back as a burst.
                            due = max(due + interval, .now)
                        }
                        await self.send(n)
                    }
                }
            }
        }
    }

    private func send(_ n: Int) async {
        let begun = ContinuousClock.now
        guard let id = await acknowledgement(of: n) else { return }
        onTaken(n, id, begun)
        state.withLock { $0.acknowledged[n] = id }
        guard n % Self.repeatEvery == 0, let again = await acknowledgement(of: n) else { return }
        state.withLock { sent in
            sent.repeated += 1
            if again != id { sent.faults.append("report \(n) was \(id) and is \(again) when sent again") }
        }
    }

    /// The id that the report got; nil for an answer that there should not be.
    private func acknowledgement(of n: Int) async -> UUID? {
        let (body, _) = Sample.report(number: n)
        let door = door.with("Idempotency-Key", Self.key(prefix, n))
        while !Task.isCancelled {
            guard let answer = try? await door.post("/v1/reports", json: body, patience: .seconds(10)) else {
                state.withLock { $0.broken += 1 }
                // pause: before the same report is sent again over a new line
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            if [200, 201].contains(answer.status), let id = answer["id"]?.text.flatMap({ UUID(text: $0) }) {
                if (answer.status == 200) != (answer.header("Idempotency-Replayed") == "true") {
                    note("\(answer.status) and Idempotency-Replayed do not agree")
                }
                return id
            }
            guard answer.status == 503, answer.header("Retry-After") != nil else {
                note("report \(n): \(answer)")
                return nil
            }
            state.withLock { $0.refused += 1 }
            // pause: the sender was told to come back later
            try? await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }

    private func note(_ fault: String) {
        state.withLock { if $0.faults.count < 20 { $0.faults.append(fault) } }
    }
}
