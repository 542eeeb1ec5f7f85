internal import Streams
internal import Synchronization

/// Gives every silent connection a sign of life at the same moment, by one timer for all.
final class Heartbeat: Sendable {
    private let beats = Atomic<Int>(0)
    private let interval: Duration

    init(interval: Duration = .seconds(15)) { self.interval = interval }

    /// The beats so far. A consumer that sees the number change owes its connection a heartbeat.
    var count: Int { beats.load(ordering: .relaxed) }

    /// Beats until the task is cancelled; `wake` rings at each beat.
    func run(waking wake: Wake) async {
        while true {
            do { try await Task.sleep(for: interval) } catch { return }
            beats.add(1, ordering: .relaxed)
            wake.ring()
        }
    }
}
