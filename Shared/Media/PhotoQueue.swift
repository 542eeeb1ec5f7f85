internal import DequeModule
internal import Domain
internal import Synchronization

/// Photos that wait for a process, in the order in which they came.
final class PhotoQueue: Sendable {
    struct Job: Sendable {
        var photo: [UInt8]
        var answer: CheckedContinuation<WorkerFrame.Answer?, Never>
    }

    private struct Taker: Sendable {
        var number: Int
        var continuation: CheckedContinuation<Job?, Never>
    }

    private struct State: Sendable {
        var jobs: Deque<Job> = []
        /// Processes without work.
        var takers: Deque<Taker> = []
        var takerNumber = 0
        /// Waiting or being worked on.
        var pending = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let most: Int

    /// - Parameter most: photos that may wait or be worked on.
    init(most: Int) { self.most = most }

    /// The answer to one photo; nil where too many wait, or nobody works any more.
    func ask(_ photo: [UInt8]) async -> WorkerFrame.Answer? {
        await withCheckedContinuation { continuation in
            let isTaken = state.withLock { state in
                guard !state.isClosed, state.pending < most else { return false }
                state.pending += 1
                let job = Job(photo: photo, answer: continuation)
                if let taker = state.takers.popFirst() {
                    taker.continuation.resume(returning: job)
                } else {
                    state.jobs.append(job)
                }
                return true
            }
            if !isTaken { continuation.resume(returning: nil) }
        }
    }

    /// The next photo; nil once nobody asks any more, and when the task is cancelled.
    func take() async -> Job? {
        let number = state.withLock { state in
            state.takerNumber += 1
            return state.takerNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    if Task.isCancelled {
                        continuation.resume(returning: nil)
                    } else if let job = state.jobs.popFirst() {
                        continuation.resume(returning: job)
                    } else if state.isClosed {
                        continuation.resume(returning: nil)
                    } else {
                        state.takers.append(Taker(number: number, continuation: continuation))
                    }
                }
            }
        } onCancel: {
            let taker = state.withLock { state -> Taker? in
                guard let place = state.takers.firstIndex(where: { $0.number == number }) else { return nil }
                return state.takers.remove(at: place)
            }
            taker?.continuation.resume(returning: nil)
        }
    }

    /// The next photo; nil as well when none comes for a while.
    func take(within patience: Duration) async -> Job? {
        await withTaskGroup(of: Job?.self) { group in
            group.addTask { await self.take() }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            // A photo may come in the moment in which the patience ends.
            return await group.next() ?? nil
        }
    }

    func settle(_ job: Job, _ answer: WorkerFrame.Answer?) {
        state.withLock { $0.pending -= 1 }
        job.answer.resume(returning: answer)
    }

    /// Lets everyone go who waits; what is being worked on is settled by whoever works on it.
    func close() {
        let (jobs, takers) = state.withLock { state in
            state.isClosed = true
            defer { (state.jobs, state.takers) = ([], []) }
            return (state.jobs, state.takers)
        }
        for job in jobs { settle(job, nil) }
        for taker in takers { taker.continuation.resume(returning: nil) }
    }
}
