internal import CoreMetrics
internal import Domain
internal import Hummingbird
internal import NIOCore
internal import Streams
internal import Telemetry

/// Sends one consumer every event after its position, at the consumer's own pace.
///
/// While it keeps up it is given the tail's blocks, encoded once for all. One that has fallen behind
/// reads pages from the store. Each waits for its own socket, so none makes the process grow.
struct LiveConsumer: Sendable {
    let tail: Tail<SSEBlock>
    let reader: StreamReader
    let seats: ConsumerSeats
    let replays: ReplayPages
    let heartbeat: Heartbeat
    let seat: ConsumerSeats.Seat

    /// Blocks are small where reports come one by one; who has fallen behind is sent so many bytes of them together. A
    /// consumer that stands still keeps them in memory, by itself.
    private static let mostAtOnce = 16_384
    private static let delivered = Counter(.deliveries, [("way", "sse")])
    private static let pagesRead = Counter(.streamTailMisses)

    /// Shows what it counts before the first consumer has come.
    static func expectAll() { _ = (delivered, pagesRead) }

    /// Sends until the consumer goes, the stream can no longer be continued, or the service stops.
    ///
    /// - Parameter incarnation: the tail's when `start` was found to be good.
    func send(after start: Int64, incarnation: Int, to writer: inout PacedWriter) async throws {
        var position = start
        seat.reached(start)
        var beats = heartbeat.count
        var isBehind = false
        defer { if isBehind { seats.setBehind(false) } }
        while !Task.isCancelled {
            let step = tail.step(after: position, incarnation: incarnation, most: Self.mostAtOnce)
            if case .behind = step { setBehind(true, &isBehind) } else { setBehind(false, &isBehind) }
            switch step {
            case .blocks(let blocks):
                try await writer.write(SSEBlock.bytes(of: blocks, after: position))
                let last = blocks[blocks.count - 1].last
                Self.delivered.increment(by: last - position)
                position = last
                seat.reached(position)
            case .behind:
                guard let page = try await replays.page(after: position, { try await read(after: position) })
                else { return }
                Self.pagesRead.increment()
                try await writer.write(page.bytes)
                Self.delivered.increment(by: page.last - position)
                position = page.last
                seat.reached(position)
            case .upToDate(let generation):
                let count = heartbeat.count
                if count != beats {
                    try await writer.write(SSEBlock.heartbeat)
                    beats = count
                }
                await tail.wake.wait(since: generation)
            case .restored, .closed:
                // The consumer comes back with its cursor, and is then told what became of it.
                return
            }
        }
    }

    /// The next page; nil where the stream cannot be continued.
    private func read(after position: Int64) async throws -> ReplayPages.Page? {
        let page = try await reader.page(after: position, limit: ConsumerSeats.pageLimit, bytes: seats.pageBytes)
        guard let page, let first = page.events.first, let last = page.events.last, first.cursor.seq == position + 1
        else { return nil }
        return ReplayPages.Page(bytes: SSEBlock(page.events).bytes, first: position + 1, last: last.cursor.seq)
    }

    private func setBehind(_ now: Bool, _ before: inout Bool) {
        guard now != before else { return }
        before = now
        seats.setBehind(now)
    }
}
