internal import CoreMetrics
internal import Domain
internal import FoundationEssentials
internal import Logging
internal import PostgreSQL
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
    let reportLog: ReportLog
    let setAside = SetAside()

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

    /// - Returns: how many timers fired; what was set aside does not count.
    private func fire() async throws -> Int {
        guard let city = cities.city(jurisdiction) else { return 0 }
        let effects = TimerEffects(city)
        let aside = setAside.names
        let due = try await deadlines.due(in: jurisdiction, exceptOf: aside.passedOver, except: aside.reports)
        do {
            return try await fire(due.map(\.id), effects)
        } catch let error as PostgresError where error.isLock || !error.isRetryable {
            // One of them cannot be done now: the others need not wait for it.
            return try await fireOneByOne(due, effects)
        }
    }

    private func fire(_ reports: [UUID], _ effects: TimerEffects) async throws -> Int {
        let firing = try await deadlines.fire(reports, in: jurisdiction) { work, kind, now in
            effects.effect(of: kind, on: work, at: now)
        }
        if !firing.heads.isEmpty { announce(firing.heads) }
        RoutingMetrics.count(firing.timers)
        reportLog.note("Timer fired", count: firing.timers.count) {
            firing.timers.map {
                ReportLog.Line(
                    $0.report, $0.trace,
                    [
                        LogKey.agency: "\($0.agency)", LogKey.type: "\($0.kind.rawValue)",
                        LogKey.status: $0.hadEffect ? "missed" : "kept",
                    ])
            }
        }
        return firing.timers.count
    }

    private func fireOneByOne(_ due: [DueReport], _ effects: TimerEffects) async throws -> Int {
        var fired = 0
        for report in due where !setAside.names.passedOver.contains(report.agency) {
            do {
                fired += try await fire([report.id], effects)
            } catch let error as PostgresError where error.isLock {
                logger.warning(
                    "stream locked by someone; its timers wait", metadata: [LogKey.stream: "\(report.agency)"])
                setAside.add(report.agency)
            } catch let error as PostgresError where !error.isRetryable {
                logger.error(
                    "The store refuses a timer's effect; the timer waits",
                    metadata: [LogKey.report: "\(report.id.text)", LogKey.error: "\(error)"])
                setAside.add(report.id)
            }
        }
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
        let request = CommandRequest(CommandRequest.Action(timer: kind))
        guard
            let outcome = try? StatusMachine.decide(
                state: work.state, command: request, by: .clock, at: now, city: city)
        else { return nil }
        return events.file(outcome, before: work.state, report: work.report)
    }
}
