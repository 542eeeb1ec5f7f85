package import Domain
internal import Glibc
package import Logging
internal import ServiceLifecycle
internal import Subprocess
internal import SystemPackage
internal import Telemetry

/// Makes photos small in processes of their own, a few at a time: what a stranger's photo does to a decoder, it does to
/// a process that has nothing to lose. Where no photo comes, no process runs.
package struct MediaWorkers: Service {
    /// Why a photo was not made small.
    package enum Refusal: Error, Hashable, Sendable {
        case photo(ImageFault)
        /// Too many wait already, no process could be started, or the service is ending.
        case busy
    }

    /// Photos that one process takes before another begins anew: what a decoder leaks ends with it.
    private static let photosEach = 200
    /// Longer than any phone's photo takes on a busy machine, and shorter than the front door waits for an answer.
    private static let patience: Duration = .seconds(6)
    /// A process without work is let go.
    private static let idle: Duration = .seconds(20)

    private let executable: String
    private let count: Int
    private let queue: PhotoQueue
    private let logger: Logger

    /// - Parameters:
    ///   - executable: the path of `sasando-media`.
    ///   - count: processes at once.
    ///   - most: photos that may wait or be worked on; one more is refused.
    package init(executable: String, count: Int = 2, most: Int = 16, logger: Logger) {
        self.executable = executable
        self.count = count
        self.logger = logger
        queue = PhotoQueue(most: most)
    }

    package func run() async throws {
        // A photo for a process that has just ended is an error of that photo, and not the end of this process.
        signal(SIGPIPE, SIG_IGN)
        await withDiscardingTaskGroup { group in
            for _ in 0..<count {
                group.addTask { while let job = await self.queue.take() { await self.work(from: job) } }
            }
            try? await gracefulShutdown()
            queue.close()
        }
    }

    /// The photo in both its sizes.
    package func shrink(_ photo: [UInt8]) async throws(Refusal) -> WorkerFrame.Photo {
        switch await queue.ask(photo) {
        case .success(let photo)?: return photo
        case .failure(let fault)?: throw .photo(fault)
        case nil: throw .busy
        }
    }

    /// One process's life: it begins with a photo, and ends when it has had many, when one was too much for it, or when
    /// none comes any more.
    private func work(from first: PhotoQueue.Job) async {
        var job: PhotoQueue.Job? = first
        do {
            _ = try await Subprocess.run(
                .path(FilePath(executable)), environment: .custom([:]), input: .inputWriter, output: .sequence,
                error: .discarded
            ) { execution in
                var answers = execution.standardOutput.makeAsyncIterator()
                var photos = 0
                while let current = job {
                    let begun = ContinuousClock.now
                    let answer = await answer(to: current.photo, by: execution, &answers)
                    let fault: ImageFault = begun.duration(to: .now) < Self.patience ? .damaged : .tooSlow
                    queue.settle(current, answer ?? .failure(fault))
                    job = nil
                    photos += 1
                    if answer == nil || photos == Self.photosEach { break }
                    job = await queue.take(within: Self.idle)
                }
                try? execution.send(signal: .kill)
            }
        } catch {
            logger.error("No process for photos", metadata: [LogKey.error: "\(error)"])
            if let job { queue.settle(job, nil) }
        }
    }

    /// - Returns: nil where the process ended, or had to be ended since it took too long.
    private func answer(
        to photo: [UInt8], by execution: Execution<CustomWriteInput, SequenceOutput, DiscardedOutput>,
        _ answers: inout SubprocessOutputSequence.Iterator
    ) async -> WorkerFrame.Answer? {
        async let _: Void = Self.end(execution, after: Self.patience)
        var answer: WorkerFrame.Answer?
        do {
            _ = try await execution.standardInputWriter.write(WorkerFrame.request(photo))
            var received: [UInt8] = []
            while answer == nil, let part = try await answers.next() {
                received.append(contentsOf: part.withUnsafeBytes { Array($0) })
                answer = WorkerFrame.answer(in: &received)
            }
        } catch {
            logger.warning("A process for photos ended", metadata: [LogKey.error: "\(error)"])
        }
        return answer
    }

    private static func end(
        _ execution: Execution<CustomWriteInput, SequenceOutput, DiscardedOutput>, after patience: Duration
    ) async {
        guard (try? await Task.sleep(for: patience)) != nil else { return }
        try? execution.send(signal: .kill)
    }
}
