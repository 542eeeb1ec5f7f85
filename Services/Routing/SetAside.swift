internal import Domain
internal import FoundationEssentials
internal import Synchronization

/// What is passed over for a while, so that the rest goes on: streams whose counter somebody holds, and reports that
/// the store refuses.
final class SetAside: Sendable {
    struct Names: Sendable {
        var streams: Set<AgencyCode> = []
        /// Of the streams, those whose time is over: one careful look tells whether they are free again.
        var due: Set<AgencyCode> = []
        var reports: Set<UUID> = []

        /// The streams that nobody looks at now.
        var passedOver: Set<AgencyCode> { streams.subtracting(due) }
        var isEmpty: Bool { streams.isEmpty && reports.isEmpty }
    }

    /// A held counter is soon free, so it is looked at again soon, and then each time after twice as long; what the
    /// store refuses waits for a person, who is told each time.
    static let firstStreamPause: Duration = .milliseconds(100)
    static let streamPause: Duration = .seconds(1)
    static let reportPause: Duration = .seconds(60)
    /// Reports that are remembered; a further one is tried again with the next batch.
    static let reportLimit = 1000

    private struct State {
        var streams: [AgencyCode: (end: ContinuousClock.Instant, pause: Duration)] = [:]
        var reports: [UUID: ContinuousClock.Instant] = [:]
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    func add(_ stream: AgencyCode) {
        let now = now()
        state.withLock { state in
            let pause = state.streams[stream].map { min($0.pause * 2, Self.streamPause) } ?? Self.firstStreamPause
            state.streams[stream] = (now + pause, pause)
        }
    }

    /// A stream's counter is free again.
    func remove(_ stream: AgencyCode) {
        state.withLock { $0.streams[stream] = nil }
    }

    func add(_ report: UUID) {
        let end = now() + Self.reportPause
        state.withLock { state in
            guard state.reports.count < Self.reportLimit else { return }
            state.reports[report] = end
        }
    }

    /// What is to be passed over now.
    var names: Names {
        let now = now()
        return state.withLock { state in
            state.reports = state.reports.filter { now < $0.value }
            return Names(
                streams: Set(state.streams.keys), due: Set(state.streams.filter { $0.value.end <= now }.keys),
                reports: Set(state.reports.keys))
        }
    }
}
