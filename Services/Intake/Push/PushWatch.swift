internal import Domain
internal import Logging
internal import Runtime
internal import Storage
internal import Streams
internal import Telemetry

/// Looks through the streams for reports whose status changed, with a cursor of its own: what it is behind by keeps
/// nobody waiting, neither an agency nor routing.
struct PushWatch: Sendable {
    /// Events that one transaction looks through.
    static let batchLimit = 1000
    /// Nobody minds if a telephone rings two seconds later, so no hint is waited for.
    static let pause: Duration = .seconds(2)

    let registry: CityRegistry
    let store: PushStore
    /// Rung when there is something to tell.
    let bell: Wake
    let logger: Logger

    /// Works until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            var isBehind = false
            for city in registry.cities {
                do {
                    isBehind = try await look(in: city.city.code) || isBehind
                } catch {
                    logger.warning("News not looked for; trying again", metadata: [LogKey.error: "\(error)"])
                }
            }
            if !isBehind { try? await Task.sleep(for: Self.pause) }
        }
    }

    /// One look at each stream that has something new; says whether there may be more.
    func look(in jurisdiction: JurisdictionCode) async throws -> Bool {
        let positions = try await store.positions(in: jurisdiction)
        PushMetrics.show(positions, of: jurisdiction)
        var isBehind = false
        for position in positions where position.isBehind {
            let count = try await store.look(position, limit: Self.batchLimit, in: jurisdiction)
            if let count, count > 0 { bell.ring() }
            isBehind = isBehind || position.head - position.seen > Int64(Self.batchLimit)
        }
        return isBehind
    }
}
