internal import Domain
internal import FoundationEssentials
internal import Synchronization

/// What is passed over for a while, so that the rest goes on: streams whose counter somebody holds, and reports that
/// the store refuses.
final class SetAside: Sendable {
    struct Names: Sendable {
        var streams: Set<AgencyCode> = []
        var reports: Set<UUID> = []

        var isEmpty: Bool { streams.isEmpty && reports.isEmpty }
    }

    /// A held counter is soon free; what the store refuses waits for a person, who is told each time.
    static let streamPause: Duration = .seconds(1)
    static let reportPause: Duration = .seconds(60)
    /// Reports that are remembered; a further one is tried again with the next batch.
    static let reportLimit = 1000

    private struct State {
        var streams: [AgencyCode: ContinuousClock.Instant] = [:]
        var reports: [UUID: ContinuousClock.Instant] = [:]
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    func add(_ stream: AgencyCode) {
        let end = now() + Self.streamPause
        state.withLock { $0.streams[stream] = end }
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
            state.streams = state.streams.filter { now < $0.value }
            state.reports = state.reports.filter { now < $0.value }
            return Names(streams: Set(state.streams.keys), reports: Set(state.reports.keys))
        }
    }
}
