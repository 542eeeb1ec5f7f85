internal import Domain
internal import Hummingbird
internal import NIOCore
internal import Streams

/// Sends one consumer every event after its position, at the consumer's own pace.
///
/// While it keeps up it is given the tail's blocks, encoded once for all. One that has fallen behind
/// reads pages from the store. Each waits for its own socket, so none makes the process grow.
struct LiveConsumer: Sendable {
    /// A silent connection gets a sign of life this often.
    static let heartbeatInterval: Duration = .seconds(15)
    /// Events that one page for a slow consumer holds.
    static let pageLimit = 200

    let tail: Tail<SSEBlock>
    let reader: StreamReader

    /// Sends until the consumer goes, the stream can no longer be continued, or the service stops.
    func send(
        after start: Int64, incarnation: Int, to writer: inout any ResponseBodyWriter
    ) async throws {
        var position = start
        var wroteAt = ContinuousClock.now
        while !Task.isCancelled {
            switch tail.step(after: position, incarnation: incarnation) {
            case .block(let block):
                try await writer.write(block.payload.bytes(from: Int(position + 1 - block.first)))
                position = block.last
                wroteAt = .now
            case .behind:
                guard let page = try await reader.page(after: position, limit: Self.pageLimit),
                    let first = page.events.first, let last = page.events.last,
                    first.cursor.seq == position + 1
                else { return }
                try await writer.write(SSEBlock(page.events).bytes)
                position = last.cursor.seq
                wroteAt = .now
            case .upToDate(let generation):
                if ContinuousClock.now - wroteAt >= Self.heartbeatInterval {
                    try await writer.write(SSEBlock.heartbeat)
                    wroteAt = .now
                }
                await tail.wake.wait(since: generation)
            case .restored, .closed:
                // The consumer comes back with its cursor, and is then told what became of it.
                return
            }
        }
    }
}
