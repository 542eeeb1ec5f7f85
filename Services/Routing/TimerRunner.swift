internal import CoreMetrics
internal import Domain
internal import Logging
internal import Runtime
internal import Storage
internal import Streams
internal import Telemetry

/// Runs one city's durable timers: an agency whose own process is dead is escalated all the same.
struct TimerRunner: Sendable {
    /// The longest sleep: a timer that was set meanwhile may be due earlier than the ones known.
    static let longestSleep: Duration = .seconds(1)

    let jurisdiction: JurisdictionCode
    let cities: CityRegistry
    let deadlines: DeadlineStore
    let announce: @Sendable ([StreamHead]) -> Void
    let logger: Logger

    func run() async {
        while !Task.isCancelled {
            do {
                if try await fire() > 0 { continue }
            } catch {
                logger.warning("timers not run; trying again", metadata: [LogKey.error: "\(error)"])
            }
            try? await Task.sleep(for: Self.longestSleep)
        }
    }

    private func fire() async throws -> Int {
        guard let city = cities.city(jurisdiction) else { return 0 }
        let effects = TimerEffects(city)
        let (fired, heads) = try await deadlines.fire(in: jurisdiction) { work, kind, now in
            effects.effect(of: kind, on: work, at: now)
        }
        if !heads.isEmpty { announce(heads) }
        RoutingMetrics.timersFired.increment(by: fired)
        return fired
    }
}

/// What a timer does to a report: pure.
struct TimerEffects: Sendable {
    private let city: City
    private let events: EventMaker

    init(_ loaded: LoadedCity) {
        city = loaded.city
        events = EventMaker(loaded)
    }

    /// - Returns: nil where the promise was kept meanwhile, or the report is closed.
    func effect(of kind: DeadlineKind, on work: WorkRecord, at now: Timestamp) -> FiledOutcome? {
        let request = CommandRequest(kind == .resume ? .resume : .escalate(kind))
        guard
            let outcome = try? StatusMachine.decide(
                state: work.state, command: request, by: .clock, at: now, city: city)
        else { return nil }
        return events.file(outcome, before: work.state, report: work.report)
    }
}
