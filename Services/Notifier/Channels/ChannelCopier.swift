internal import CoreMetrics
internal import Domain
internal import Logging
internal import Storage
internal import Streams
internal import Synchronization
internal import Telemetry

/// Copies what becomes of a channel's reports from the agencies' streams into the channel's.
///
/// How far it has come stands in the store and moves with the copies in one transaction, so nothing is left out or told
/// twice, whoever is killed when. No agency and no routing waits for it, and what it is behind by it makes up for.
final class ChannelCopier: Sendable {
    /// Without a hint it looks all the same: a lost one costs latency, never data.
    private static let interval: Duration = .seconds(1)
    private static let pause: Duration = .milliseconds(5)

    private let jurisdiction: JurisdictionCode
    private let store: ChannelStreamStore
    private let logger: Logger
    /// Called when a channel's stream has grown, with the number of its newest event.
    private let onGrowth: @Sendable (ChannelCode, Int64) -> Void
    /// Rings when an agency's stream may have grown, or a channel's stream was made.
    let hints = Wake()
    /// Rings after each look.
    private let looked = Wake()
    private let progress = Mutex<[ChannelCode: Progress]>([:])

    /// What is known of a channel's copies.
    private struct Progress {
        let lag: Meter
        /// When its place was noted last.
        var notedAt: ContinuousClock.Instant?
        /// Whether its stream had everything when it was last looked at.
        var isComplete = false
    }

    init(
        jurisdiction: JurisdictionCode, store: ChannelStreamStore, logger: Logger,
        onGrowth: @escaping @Sendable (ChannelCode, Int64) -> Void
    ) {
        self.jurisdiction = jurisdiction
        self.store = store
        self.logger = logger
        self.onGrowth = onGrowth
    }

    /// Copies until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.hints.ring(every: Self.interval) }
            group.addTask { await self.copyAll() }
        }
    }

    /// Waits until the channel's stream has had everything once, but no longer than `limit`.
    func waitForPast(of channel: ChannelCode, atMost limit: Duration) async {
        let end = ContinuousClock.now + limit
        while !Task.isCancelled, case let left = end - ContinuousClock.now, left > .zero {
            let generation = looked.generation
            if progress.withLock({ $0[channel]?.isComplete == true }) { return }
            await looked.wait(since: generation, atMost: left)
        }
    }

    private func copyAll() async {
        while !Task.isCancelled {
            let generation = hints.generation
            let (channels, hasMore) = await look()
            looked.ring()
            // In a burst the next look gathers what came meanwhile; the more there is to look for, the more it gathers.
            try? await Task.sleep(for: min(Self.pause * max(1, channels), Self.interval))
            if !hasMore { await hints.wait(since: generation) }
        }
    }

    /// A batch for each channel. One that fails keeps no other waiting.
    private func look() async -> (channels: Int, hasMore: Bool) {
        var (count, hasMore) = (0, false)
        do {
            for channel in try await store.channels() where !Task.isCancelled {
                count += 1
                do { hasMore = try await copy(channel) || hasMore } catch {
                    warn(error, [LogKey.channel: "\(channel)"])
                }
            }
        } catch { warn(error) }
        return (count, hasMore)
    }

    private func warn(_ error: any Error, _ more: Logger.Metadata = [:]) {
        if Task.isCancelled { return }
        logger.warning(
            "Channels' streams not copied; trying again",
            metadata: more.merging([LogKey.error: "\(error)"]) { $1 })
    }

    /// One batch; true where there is more.
    func copy(_ channel: ChannelCode) async throws -> Bool {
        let batch = try await store.batch(for: channel)
        let plan = CopyPlan(
            batch.events,
            reach: Dictionary(batch.sources.map { ($0.agency, $0.read) }, uniquingKeysWith: { a, _ in a }))
        let texts = Dictionary(zip(batch.events, batch.texts), uniquingKeysWith: { a, _ in a })
        let copies = plan.events.compactMap { event -> (event: CopiedEvent, body: EventBody)? in
            body(of: event, texts[event] ?? "", for: channel).map { (event, $0) }
        }
        let left = batch.left(after: plan.reach)
        let isNoted = !copies.isEmpty || left > 0 || isDue(channel)
        if isNoted {
            if let head = try await store.copy(copies, reach: plan.reach, of: batch, to: channel), !copies.isEmpty {
                onGrowth(channel, head)
            }
        }
        progress.withLock { all in
            var known = all[channel] ?? Progress(lag: lag(of: channel))
            known.lag.set(left)
            known.isComplete = left == 0
            if isNoted { known.notedAt = .now }
            all[channel] = known
        }
        return left > 0
    }

    private func lag(of channel: ChannelCode) -> Meter {
        Meter(
            .streamLag, [("jurisdiction", jurisdiction.rawValue), ("channel", channel.rawValue), ("consumer", "copy")])
    }

    /// Whether it is time to note how far the agencies' streams were looked through, though nothing in them was the
    /// channel's: not at each look, since it costs a commit.
    private func isDue(_ channel: ChannelCode) -> Bool {
        progress.withLock { $0[channel]?.notedAt.map { .now - $0 >= Self.interval } ?? true }
    }

    private func body(of event: CopiedEvent, _ text: String, for channel: ChannelCode) -> EventBody? {
        switch ChannelEvent(copying: text, to: .channel(channel), of: jurisdiction) {
        case .told(let body): return body
        case .untold: return nil
        case .unreadable:
            logger.error(
                "An event that cannot be read is not told to its channel",
                metadata: [LogKey.report: "\(event.report)", LogKey.stream: "\(event.source)"])
            return nil
        }
    }
}
