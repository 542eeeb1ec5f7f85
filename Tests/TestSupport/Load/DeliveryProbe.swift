internal import Domain
internal import Foundation
internal import Synchronization

/// Measures how long it takes from the sending of a report to its event at a live consumer of the agency, at a steady
/// pace that does not wait for answers.
package final class DeliveryProbe: Sendable {
    private struct State {
        var begun: [String: ContinuousClock.Instant] = [:]
        var arrived: [String: ContinuousClock.Instant] = [:]
        var faults: [String] = []
    }

    private let doors: any Doors
    private let categories: [String]
    private let followers: [StreamFollower]
    private let state: Arrivals

    /// What followers tell, shared with them.
    private final class Arrivals: Sendable {
        let value = Mutex(State())

        func arrived(_ event: [UInt8]) {
            let now = ContinuousClock.now
            guard let id = StreamFollower.assignedReport(in: event) else { return }
            value.withLock { $0.arrived[id] = $0.arrived[id] ?? now }
        }
    }

    /// - Parameter ways: categories with the agencies that they go to.
    package init(_ doors: any Doors, _ ways: [(category: String, agency: String)]) {
        let arrivals = Arrivals()
        self.doors = doors
        state = arrivals
        categories = ways.map(\.category)
        followers = Set(ways.map(\.agency)).map { agency in
            StreamFollower(
                agency, doors.agency(agency), keeping: .nothing, arrival: { _, event in arrivals.arrived(event) })
        }
    }

    package var faults: [String] { state.value.withLock(\.faults) + followers.flatMap(\.seen.faults) }
    package var isConnected: Bool { followers.allSatisfy(\.isConnected) }

    /// Follows and sends until the task is cancelled.
    ///
    /// - Parameter interval: between two reports of one category.
    package func run(every interval: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            for follower in followers { group.addTask { await follower.run() } }
            for category in categories {
                group.addTask {
                    await withDiscardingTaskGroup { sending in
                        var next = ContinuousClock.now
                        while !Task.isCancelled {
                            sending.addTask { await self.send(category) }
                            next += interval
                            // pause: the pace of the load
                            try? await Task.sleep(until: next, clock: .continuous)
                        }
                    }
                }
            }
        }
    }

    /// Sends one report; nil where it was not taken.
    @discardableResult
    package func send(_ category: String) async -> String? {
        let begun = ContinuousClock.now
        let answer = try? await doors.integrator.post("/v1/reports", json: Sample.report(category))
        if Task.isCancelled { return nil }
        guard let answer, answer.status == 201, let id = answer["id"]?.text else {
            state.value.withLock { $0.faults.append(answer.map { "\($0)" } ?? "no answer to a report") }
            return nil
        }
        state.value.withLock { $0.begun[id] = begun }
        return id
    }

    package func hasArrived(_ id: String) -> Bool { state.value.withLock { $0.arrived[id] != nil } }

    /// Milliseconds that each report sent in the period took, and how many have not come yet.
    package func delays(
        from start: ContinuousClock.Instant, to end: ContinuousClock.Instant
    ) -> (milliseconds: [Double], missing: Int) {
        state.value.withLock { state in
            var delays: [Double] = []
            var missing = 0
            for (id, begun) in state.begun where start <= begun && begun < end {
                if let arrived = state.arrived[id] {
                    delays.append((arrived - begun).milliseconds)
                } else {
                    missing += 1
                }
            }
            return (delays, missing)
        }
    }
}
