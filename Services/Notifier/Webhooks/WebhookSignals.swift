internal import Domain
internal import FoundationEssentials
internal import Streams
internal import Synchronization

/// What the tasks of the endpoints wait for and are seen by: the stream's growth, changes, and the stop.
final class WebhookSignals: Sendable {
    /// Rings when an endpoint was changed here, and when the service stops.
    let changes = Wake()
    /// Rings when an endpoint's task has ended.
    let ended = Wake()
    private let tail: Tail<SSEBlock>
    /// How far each endpoint that this process has is settled.
    private let positions = Mutex<[UUID: Int64]>([:])
    private let closed = Atomic<Bool>(false)

    init(tail: Tail<SSEBlock>) { self.tail = tail }

    // MARK: Rings

    /// An endpoint was changed: whoever has it reads it anew.
    func ringChange() {
        changes.ring()
        // Who has sent all that there is waits for the stream.
        tail.wake.ring()
    }

    /// Lets every endpoint go: the service is stopping.
    func close() {
        closed.store(true, ordering: .releasing)
        ringChange()
    }

    var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// To be read before a look at the stream, for ``waitForEvents(since:after:atMost:)``.
    var generation: UInt64 { tail.wake.generation }

    /// Waits until the stream has grown beyond a position, something was changed, or the time is over.
    func waitForEvents(
        since generation: UInt64, after position: Int64, changes known: UInt64, atMost limit: Duration
    ) async {
        let end = ContinuousClock.now + limit
        var generation = generation
        while !Task.isCancelled, !isClosed, changes.generation == known, (tail.reach?.stream ?? 0) <= position,
            case let left = end - ContinuousClock.now, left > .zero
        {
            await tail.wake.wait(since: generation, atMost: left)
            generation = tail.wake.generation
        }
    }

    // MARK: Positions

    func reached(_ position: Int64, _ webhook: UUID) { positions.withLock { $0[webhook] = position } }

    func left(_ webhook: UUID) {
        positions.withLock { $0[webhook] = nil }
        ended.ring()
    }

    /// The endpoints that this process has now.
    var count: Int { positions.withLock(\.count) }

    /// How many events the endpoint that is furthest behind lacks; 0 for none, nil before the stream was read.
    var worstLag: Int64? {
        guard let head = tail.reach?.stream else { return nil }
        return positions.withLock { $0.values.reduce(0) { max($0, head - min(head, $1)) } }
    }
}
