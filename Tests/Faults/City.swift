internal import Domain
internal import Foundation
internal import Synchronization
internal import TestSupport

/// A city at work: integrators send, officers give commands, and consumers follow every agency's stream and the channel's
/// own, from the first row to the last.
final class City: Sendable {
    private struct State {
        var begun: [String: (agency: String, at: ContinuousClock.Instant)] = [:]
        var arrived: [String: ContinuousClock.Instant] = [:]
        var acknowledged: [(key: String, id: UUID)] = []
        var faults: [String] = []
        var shifts = 0
    }

    private final class Ledger: Sendable {
        let state = Mutex(State())
    }

    let followers: [StreamFollower]
    private let doors: any Doors
    private let seed: UInt64
    private let ledger: Ledger
    private let officersAt = ["dlhk", "dishub", "kominfo"]

    init(_ doors: any Doors, seed: UInt64) {
        let ledger = Ledger()
        self.doors = doors
        self.seed = seed
        self.ledger = ledger
        followers = (Part.agencies + [Part.channel]).map { stream in
            let dice = Dice(seed: seed, name: "follower of \(stream)")
            let isChannel = stream == Part.channel
            return StreamFollower(
                stream, isChannel ? doors.integrator : doors.agency(stream), keeping: .digests,
                // Now and then a consumer has lost its last notes, and resumes from further back.
                forgets: { dice.number(0...3) == 0 ? Int64(dice.number(0...50)) : 0 },
                arrival: { _, event in
                    let now = ContinuousClock.now
                    // A report is where it belongs when its agency has it.
                    guard !isChannel, let id = StreamFollower.assignedReport(in: event) else { return }
                    ledger.state.withLock { $0.arrived[id] = $0.arrived[id] ?? now }
                })
        }
    }

    /// Runs the consumers until the task is cancelled.
    func follow() async {
        await withTaskGroup(of: Void.self) { group in
            for follower in followers { group.addTask { await follower.run() } }
        }
    }

    /// Sends and commands while `body` runs, then lets what is under way come to its end.
    ///
    /// - Returns: what was sent.
    func work(at pace: Pace, while body: @Sendable () async throws -> Void) async throws -> Shift {
        let number = ledger.state.withLock { state in
            state.shifts += 1
            return state.shifts
        }
        let prefix = "faults-\(seed)-\(number)"
        let sender = ReportSender(doors.integrator, total: .max, prefix: prefix) { n, id, begun in
            let agency = Sample.report(number: n).agency
            self.ledger.state.withLock { $0.begun[id.text] = (agency, begun) }
        }
        let officers = Officers(doors, agencies: officersAt, seed: seed &+ UInt64(number), holdsBriefly: true)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await withTaskGroup(of: Void.self) { working in
                    working.addTask { await officers.run(each: 1, pause: .milliseconds(150)) }
                    await sender.run(clients: Pace.clients, each: pace.interval)
                    working.cancelAll()
                }
            }
            do { try await body() } catch {
                sender.stop()
                group.cancelAll()
                throw error
            }
            sender.stop()
            try await Self.bounded(by: Pace.drain, "the last reports to be answered") { try await group.next() }
        }
        return close(sender, officers, prefix)
    }

    private static func bounded(
        by bound: Duration, _ what: String, _ body: () async throws -> Void
    ) async throws {
        let begun = ContinuousClock.now
        try await body()
        if ContinuousClock.now - begun > bound { throw Unexpected("waited \(ContinuousClock.now - begun) for \(what)") }
    }

    private func close(_ sender: ReportSender, _ officers: Officers, _ prefix: String) -> Shift {
        let sent = sender.sent
        let keyed = sent.acknowledged.sorted { $0.key < $1.key }
            .map { (key: "k:" + ReportSender.key(prefix, $0.key), id: $0.value) }
        ledger.state.withLock { $0.acknowledged += keyed }
        return Shift(
            acknowledged: keyed, begun: sender.begun, prefix: prefix, refused: sent.refused, broken: sent.broken,
            commands: officers.done.commands.values.reduce(0, +), faults: sent.faults + officers.done.faults)
    }

    /// Everything that was acknowledged in all shifts.
    var acknowledged: [(key: String, id: UUID)] { ledger.state.withLock(\.acknowledged) }

    /// Milliseconds from the first sending of each report that was sent in the period to its event at its agency's
    /// consumer, of all agencies but one where one is named; what has not come yet counts as late as now.
    func delays(
        from start: ContinuousClock.Instant, to end: ContinuousClock.Instant, except agency: String?
    ) -> [Double] {
        let now = ContinuousClock.now
        return ledger.state.withLock { state in
            state.begun.compactMap { id, report in
                guard report.agency != agency, start <= report.at, report.at < end else { return nil }
                return ((state.arrived[id] ?? now) - report.at).milliseconds
            }
        }
    }

    /// Forgets what was measured; what was acknowledged is kept.
    func forgetDelays() {
        ledger.state.withLock { state in
            state.begun = [:]
            state.arrived = [:]
        }
    }

    /// What one row's senders and officers did.
    struct Shift: Sendable {
        var acknowledged: [(key: String, id: UUID)]
        /// Reports that were begun, acknowledged or not.
        var begun: Int
        var prefix: String
        var refused: Int
        var broken: Int
        var commands: Int
        var faults: [String]
    }
}
