internal import Domain
internal import NIOCore
internal import Streams

/// A run of events as server-sent events, encoded once for every consumer.
struct SSEBlock: Sendable {
    /// All events' frames, one after the other.
    let bytes: ByteBuffer
    /// Where each event's frame begins in `bytes`.
    private let starts: [Int]

    /// Each frame is `event: <type>`, `data: <the CloudEvent on one line>`, then `id: <cursor>` last.
    init(_ events: [StoredEvent]) {
        var buffer = ByteBufferAllocator().buffer(capacity: events.reduce(0) { $0 + $1.body.utf8.count + 96 })
        var starts: [Int] = []
        starts.reserveCapacity(events.count)
        for event in events {
            starts.append(buffer.writerIndex)
            buffer.writeString("event: sasando.report.")
            buffer.writeString(event.type)
            buffer.writeString("\ndata: ")
            buffer.writeString(event.body)
            buffer.writeString("\nid: ")
            buffer.writeString(event.cursor.text)
            buffer.writeString("\n\n")
        }
        bytes = buffer
        self.starts = starts
    }

    /// The frames from the event with this index on; they share the block's memory.
    func bytes(from index: Int) -> ByteBuffer {
        guard index > 0, index < starts.count else { return bytes }
        return bytes.getSlice(at: starts[index], length: bytes.writerIndex - starts[index]) ?? bytes
    }

    /// The frames of the blocks' events after this position. Those of a single block share its memory.
    static func bytes(of blocks: [TailBlock<SSEBlock>], after position: Int64) -> ByteBuffer {
        let start = blocks[0].payload.bytes(from: Int(position + 1 - blocks[0].first))
        guard blocks.count > 1 else { return start }
        var all = ByteBufferAllocator().buffer(capacity: blocks.reduce(0) { $0 + $1.size })
        all.writeImmutableBuffer(start)
        for block in blocks.dropFirst() { all.writeImmutableBuffer(block.payload.bytes) }
        return all
    }

    /// The heartbeat: a comment and one newline; a blank line after it makes some clients emit ghosts.
    static let heartbeat = ByteBuffer(string: ": hb\n")

    /// The first event for a consumer that asked for what is new only: it learns where that begins.
    static func opened(at cursor: Cursor) -> ByteBuffer {
        ByteBuffer(string: "event: sasando.stream.opened\ndata: {\"cursor\":\"\(cursor)\"}\nid: \(cursor)\n\n")
    }
}
