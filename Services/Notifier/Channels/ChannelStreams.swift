internal import Domain
internal import Logging
internal import Runtime
internal import ServiceLifecycle
internal import Storage
internal import Streams
internal import Synchronization
internal import Telemetry

/// The channels' streams that this process serves: of every channel that has ever asked for its own.
final class ChannelStreams: Service {
    /// Between two looks for streams that another process has made.
    private static let interval: Duration = .seconds(1)
    /// How long the first who asks for a stream waits for what is kept of the past.
    private static let patience: Duration = .seconds(5)

    /// What works for a stream beside its doors.
    struct Part: Sendable {
        let stream: ServedStream
        let runner: WebhookRunner?
    }

    private let store: ChannelStreamStore
    private let copier: ChannelCopier
    private let logger: Logger
    private let make: @Sendable (ChannelCode) -> Part
    /// The bell of all the streams' tails.
    let growth: Wake
    private let known = Mutex<[ChannelCode: ServedStream]>([:])
    /// Those that are made for somebody who does not wait.
    private let opening = Mutex<Set<ChannelCode>>([])
    private let changes = Wake()
    private let closed = Atomic<Bool>(false)
    /// The streams that are pushed.
    private let pushing = Atomic<Int>(0)
    private let ended = Wake()

    /// - Parameters:
    ///   - growth: the bell of the tails that `make` makes.
    ///   - make: called once for each channel.
    init(
        store: ChannelStreamStore, copier: ChannelCopier, growth: Wake, logger: Logger,
        make: @escaping @Sendable (ChannelCode) -> Part
    ) {
        self.store = store
        self.copier = copier
        self.growth = growth
        self.logger = logger
        self.make = make
    }

    // MARK: Asking

    /// A stream that is served already; nil for another.
    subscript(channel: ChannelCode) -> ServedStream? { known.withLock { $0[channel] } }

    /// The channel's stream, which is made for the first who asks. Throws 503 where there can be none now.
    func stream(of channel: ChannelCode) async throws -> ServedStream {
        if let stream = self[channel] { return stream }
        guard try await store.open(channel) else { throw Self.full }
        changes.ring()
        copier.hints.ring()
        await copier.waitForPast(of: channel, atMost: Self.patience)
        for _ in 0..<50 {
            if let stream = self[channel], stream.live.hasBegun { return stream }
            let generation = growth.generation
            await growth.wait(since: generation, atMost: .milliseconds(100))
        }
        throw Self.beginning
    }

    /// The same for who cannot wait: the stream is made meanwhile.
    func streamAtOnce(of channel: ChannelCode) throws -> ServedStream {
        if let stream = self[channel], stream.live.hasBegun { return stream }
        if opening.withLock({ $0.insert(channel).inserted }) {
            Task {
                _ = try? await stream(of: channel)
                opening.withLock { _ = $0.remove(channel) }
            }
        }
        throw Self.beginning
    }

    var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// A hint: the channel's stream has grown.
    func ring(_ channel: ChannelCode) { self[channel]?.live.hints.ring() }

    private static let beginning = ProblemDetails.unavailable(
        "This channel's stream is being made; ask again.", retryAfter_s: 1)
    private static let full = ProblemDetails.unavailable(
        "There are \(ChannelStreamStore.limit) channels' streams, and no further one can be.")

    // MARK: Working

    /// Serves every stream that there is until the service stops: then what is pushed is given back first.
    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.work() }
            try? await gracefulShutdown()
            let end = ContinuousClock.now + WebhookRunner.farewell * 2
            while pushing.load(ordering: .acquiring) > 0, case let left = end - ContinuousClock.now, left > .zero {
                let generation = ended.generation
                if pushing.load(ordering: .acquiring) > 0 { await ended.wait(since: generation, atMost: left) }
            }
            group.cancelAll()
        }
    }

    /// Serves every stream that there is until the task is cancelled.
    func work() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let generation = changes.generation
                for channel in await unknown() {
                    let part = make(channel)
                    group.addTask { await part.stream.live.run() }
                    if let runner = part.runner {
                        pushing.add(1, ordering: .acquiringAndReleasing)
                        group.addTask {
                            try? await runner.run()
                            self.pushing.subtract(1, ordering: .acquiringAndReleasing)
                            self.ended.ring()
                        }
                    }
                    known.withLock { $0[channel] = part.stream }
                }
                await changes.wait(since: generation, atMost: Self.interval)
            }
        }
    }

    private func unknown() async -> [ChannelCode] {
        do {
            let all = try await store.channels()
            return known.withLock { known in all.filter { known[$0] == nil } }
        } catch {
            logger.warning("Channels' streams not looked for; trying again", metadata: [LogKey.error: "\(error)"])
            return []
        }
    }

    /// Lets every consumer go: the service is stopping.
    func close() {
        closed.store(true, ordering: .releasing)
        for stream in known.withLock({ Array($0.values) }) { stream.live.tail.close() }
        growth.ring()
    }
}
