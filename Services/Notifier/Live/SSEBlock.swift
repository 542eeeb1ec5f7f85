internal import Domain
internal import NIOCore
internal import Streams

/// A run of events as server-sent events, encoded once for every consumer.
struct SSEBlock: Sendable {
    /// All events' frames, one after the other.
    let bytes: ByteBuffer
    /// Of each event where its frame begins in `bytes`, and where its text lies.
    private let places: [(start: Int, text: Range<Int>)]

    /// Each frame is `event: <type>`, `data: <the CloudEvent on one line>`, then `id: <cursor>` last.
    init(_ events: [StoredEvent]) {
        var buffer = ByteBufferAllocator().buffer(capacity: events.reduce(0) { $0 + $1.body.utf8.count + 96 })
        var places: [(start: Int, text: Range<Int>)] = []
        places.reserveCapacity(events.count)
        for event in events {
            let start = buffer.writerIndex
            buffer.writeString("event: sasando.report.")
            buffer.writeString(event.type)
            buffer.writeString("\ndata: ")
            let text = buffer.writerIndex
            buffer.writeString(event.body)
            places.append((start, text..<buffer.writerIndex))
            buffer.writeString(Self.beforeID)
            buffer.writeString(event.cursor.text)
            buffer.writeString("\n\n")
        }
        bytes = buffer
        self.places = places
    }

    /// The frames from the event with this index on; they share the block's memory.
    func bytes(from index: Int) -> ByteBuffer {
        guard index > 0, index < places.count else { return bytes }
        let start = places[index].start
        return bytes.getSlice(at: start, length: bytes.writerIndex - start) ?? bytes
    }

    /// Where an event's cursor and its text lie in `bytes`, for who frames them otherwise.
    func frames(of index: Int) -> (cursor: Range<Int>, text: Range<Int>) {
        let end = index + 1 < places.count ? places[index + 1].start : bytes.writerIndex
        let text = places[index].text
        return (text.upperBound + Self.beforeID.utf8.count..<end - 2, text)
    }

    /// An event's cursor.
    func cursor(of index: Int) -> Cursor {
        let range = frames(of: index).cursor
        let text = bytes.getString(at: range.lowerBound, length: range.count)
        guard let cursor = text.flatMap({ Cursor(text: $0) }) else { preconditionFailure("a block has its cursors") }
        return cursor
    }

    private static let beforeID = "\nid: "

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
