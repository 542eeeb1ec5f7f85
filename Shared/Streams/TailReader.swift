internal import Domain
package import Logging
internal import Metrics
internal import Telemetry

/// The one reader of a process that keeps a stream's tail: on every hint, and at least once a second.
package struct TailReader<Payload: Sendable>: Sendable {
    /// A second without a hint makes it look all the same: a lost hint costs latency, never data.
    package static var pollInterval: Duration { .seconds(1) }

    private let reader: StreamReader
    private let tail: Tail<Payload>
    private let hints: Wake
    private let pause: @Sendable () -> Duration
    private let logger: Logger
    private let encode: @Sendable ([StoredEvent]) -> (payload: Payload, size: Int)

    /// - Parameters:
    ///   - hints: rings when the stream may have grown.
    ///   - pause: the least time between two reads, so that a burst becomes a few large blocks.
    ///   - encode: makes a run of events into what consumers are sent, once for all of them.
    package init(
        reader: StreamReader, tail: Tail<Payload>, hints: Wake, pause: @escaping @Sendable () -> Duration,
        logger: Logger,
        encode: @escaping @Sendable ([StoredEvent]) -> (payload: Payload, size: Int)
    ) {
        self.reader = reader
        self.tail = tail
        self.hints = hints
        self.pause = pause
        self.logger = logger
        self.encode = encode
    }

    /// Reads until the task is cancelled. A store that does not answer is asked again each second.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await hints.ring(every: Self.pollInterval) }
            group.addTask { await read() }
        }
    }

    private func read() async {
        let clock = ContinuousClock()
        let gaps = Counter(.hintGaps, [("reader", "stream")])
        var position: Cursor?
        var isUntold = false
        while !Task.isCancelled {
            let count = hints.count
            let readAt = clock.now
            do {
                let before = position
                let more = try await step(&position)
                if isUntold, let before, let position, position.seq > before.seq { gaps.increment() }
                isUntold = false
                if more { continue }
            } catch {
                logger.warning("stream not read; trying again", metadata: ["error": "\(error)"])
            }
            await hints.wait(since: count.generation)
            isUntold = hints.onlyTicked(since: count)
            // A lone event is read at once; in a burst the next read gathers what came meanwhile.
            let next = readAt + pause()
            if clock.now < next { try? await clock.sleep(until: next) }
        }
    }

    /// Reads one page into the tail; true where a further page is there already.
    private func step(_ position: inout Cursor?) async throws -> Bool {
        guard let known = position else {
            guard let extent = try await reader.extent() else { return false }
            position = Cursor(epoch: extent.epochs.last!.epoch, seq: extent.head)
            tail.begin(head: extent.head)
            return false
        }
        guard let page = try await reader.page(after: known.seq, limit: 500) else { return false }
        let isContiguous = page.events.first.map { $0.cursor.seq == known.seq + 1 } ?? (page.firstKept <= known.seq + 1)
        guard page.epoch == known.epoch, page.head >= known.seq, isContiguous else {
            logger.notice(
                "stream restored under another epoch, or trimmed beyond its reader; starting anew",
                metadata: ["known": "\(known)", "epoch": "\(page.epoch)", "head": "\(page.head)"])
            position = Cursor(epoch: page.epoch, seq: page.head)
            tail.begin(head: page.head)
            return false
        }
        tail.saw(streamHead: page.head)
        guard let first = page.events.first, let last = page.events.last else { return false }
        let (payload, size) = encode(page.events)
        tail.append(
            TailBlock(
                first: first.cursor.seq, last: last.cursor.seq, size: size, payload: payload),
            // Whoever is behind reads what went before from the store, where a person's words are gone from it.
            forgetting: page.events.contains { $0.type == EventType.redacted.rawValue })
        position = last.cursor
        return last.cursor.seq < page.head
    }
}
