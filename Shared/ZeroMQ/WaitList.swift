internal import DequeModule
internal import Reactor

/// The tasks that are suspended in a socket: first come, first served.
struct WaitList {
    typealias Continuation = CheckedContinuation<Result<Void, ZeroMQError>, Never>

    private struct Entry {
        var id: Int
        var continuation: Continuation
        var timer: ReactorTimer?
    }

    private var entries: Deque<Entry> = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func append(_ id: Int, _ continuation: Continuation, timer: ReactorTimer?) {
        entries.append(Entry(id: id, continuation: continuation, timer: timer))
    }

    mutating func resumeFirst(with result: Result<Void, ZeroMQError>) {
        guard let entry = entries.popFirst() else { return }
        entry.timer?.cancel()
        entry.continuation.resume(returning: result)
    }

    /// Does nothing if the wait is over already.
    mutating func resume(_ id: Int, with result: Result<Void, ZeroMQError>) {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return }
        let entry = entries.remove(at: index)
        entry.timer?.cancel()
        entry.continuation.resume(returning: result)
    }

    mutating func resumeAll(with result: Result<Void, ZeroMQError>) {
        while !entries.isEmpty { resumeFirst(with: result) }
    }
}
