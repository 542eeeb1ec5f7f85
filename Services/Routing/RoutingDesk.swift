internal import Domain
internal import Storage

/// Decides reports by one version of a city: pure.
struct RoutingDesk: Sendable {
    private let city: LoadedCity
    private let table: RoutingTable
    private let events: EventMaker

    init(_ city: LoadedCity) {
        self.city = city
        table = RoutingTable(city: city.city)
        events = EventMaker(city)
    }

    /// The streams that a decision can lead to.
    var streams: [AgencyCode] { city.city.agencies.map(\.code).sorted() }

    func decide(_ items: [InboxItem], at now: Timestamp) -> [(item: InboxItem, filed: FiledOutcome)] {
        items.map { item in
            let report = item.report
            let routable = report.routable
            let outcome = StatusMachine.assign(routable, table.decide(routable, at: now), at: now)
            return (item, events.file(outcome, before: nil, report: report))
        }
    }
}
