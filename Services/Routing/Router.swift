internal import CoreMetrics
internal import Domain
internal import Logging
internal import PostgreSQL
internal import Runtime
internal import Storage
internal import Streams
internal import Telemetry

/// Drains one city's inbox: claims, decides, files, and claims again until nothing is found.
struct Router: Sendable {
    /// How long a stream that could not be appended to is left alone.
    static let blockedPause: Duration = .seconds(1)

    let jurisdiction: JurisdictionCode
    let cities: CityRegistry
    let inbox: InboxStore
    let hints: Wake
    let announce: @Sendable ([StreamHead]) -> Void
    let logger: Logger

    /// Drains on every hint, and at least once a second, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let generation = hints.generation
            do {
                if try await drain() { continue }
            } catch {
                logger.warning("inbox not drained; trying again", metadata: [LogKey.error: "\(error)"])
            }
            await hints.wait(since: generation, atMost: .seconds(1))
        }
    }

    /// Goes through the inbox once.
    ///
    /// - Returns: whether anything was filed, so that it is worth looking again at once.
    private func drain() async throws -> Bool {
        guard let city = cities.city(jurisdiction) else { return false }
        let desk = RoutingDesk(city)
        var position = InboxPosition.start
        var blocked: Set<AgencyCode> = []
        var isProductive = false
        while !Task.isCancelled {
            let claim: Claim
            do {
                claim = try await file(desk, after: position, except: blocked)
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable && blocked.isEmpty {
                // Someone holds a stream's counter. Find out whose, one stream at a time, and pass the rest.
                blocked = try await blockedStreams(desk, after: position)
                continue
            }
            isProductive = isProductive || claim.filed > 0
            // What was left out for its blocked stream stays, and is passed over.
            if claim.filed < claim.read, let last = claim.last { position = last }
            if claim.read < InboxStore.claimLimit { break }
        }
        return isProductive && blocked.isEmpty
    }

    private func file(
        _ desk: RoutingDesk, after position: InboxPosition, except blocked: Set<AgencyCode>,
        only stream: AgencyCode? = nil
    ) async throws -> Claim {
        let claim = try await inbox.claim(in: jurisdiction, after: position) { items, now in
            desk.decide(items, at: now).filter { decided in
                let agency = decided.filed.outcome.state.agency
                return !blocked.contains(agency) && (stream == nil || stream == agency)
            }
        }
        if claim.filed > 0 {
            announce(claim.heads)
            RoutingMetrics.routed.increment(by: claim.filed)
        }
        return claim
    }

    /// Files stream by stream, and gives those that are locked.
    private func blockedStreams(_ desk: RoutingDesk, after position: InboxPosition) async throws -> Set<AgencyCode> {
        var blocked: Set<AgencyCode> = []
        for stream in desk.streams {
            do {
                _ = try await file(desk, after: position, except: [], only: stream)
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
                logger.warning(
                    "stream locked by someone; its reports wait", metadata: [LogKey.stream: "\(stream)"])
                blocked.insert(stream)
            }
        }
        return blocked
    }
}

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
            let routable = RoutableReport(
                id: report.id, category: report.category, subtype: report.subtype, area: report.area,
                areaIsApproximate: report.isAreaApproximate, channel: report.channel,
                receivedAt: report.receivedAt,
                hasPlace: report.locationSource != .none)
            let outcome = StatusMachine.assign(routable, table.decide(routable, at: now), at: now)
            return (item, events.file(outcome, before: nil, report: report))
        }
    }
}
