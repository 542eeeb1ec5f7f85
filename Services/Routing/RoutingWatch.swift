internal import CoreMetrics
internal import Domain
internal import Storage
internal import Telemetry

/// Looks each second at what an operator must know of a city even while nothing moves: timers that do not fire, and
/// agencies whom nobody serves.
struct RoutingWatch: Sendable {
    static let interval: Duration = .seconds(1)

    let jurisdiction: JurisdictionCode
    let deadlines: DeadlineStore
    let peers: PeerStore

    func run() async {
        let city = [("jurisdiction", jurisdiction.rawValue)]
        let due = Meter(.deadlinesDue, city)
        let age = Meter(.deadlinesDueAge, city)
        while !Task.isCancelled {
            // A store that is away has metrics of its own.
            if let backlog = try? await deadlines.backlog(in: jurisdiction) {
                due.set(backlog.count)
                age.set(backlog.oldestSeconds)
            }
            if let notifiers = try? await peers.notifiers(in: jurisdiction) {
                for (agency, count) in notifiers {
                    Meter(.notifiers, city + [("agency", agency.rawValue)]).set(count)
                }
            }
            try? await Task.sleep(for: Self.interval)
        }
    }
}
