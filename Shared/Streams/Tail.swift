internal import Synchronization

/// A run of consecutive events as one piece, encoded once and shared by all who are live.
package struct TailBlock<Payload: Sendable>: Sendable {
    package var first: Int64
    package var last: Int64
    /// What it weighs in memory, in bytes.
    package var size: Int
    package var payload: Payload

    package init(first: Int64, last: Int64, size: Int, payload: Payload) {
        self.first = first
        self.last = last
        self.size = size
        self.payload = payload
    }
}

/// The newest events of one stream in memory, bounded; whoever is further behind reads the store.
///
/// One reader appends; any number of consumers follow, each at its own position.
/// A consumer that stands still costs nothing: blocks are dropped at the bound
/// whether or not everyone has had them.
package final class Tail<Payload: Sendable>: Sendable {
    /// What a consumer at some position should do next.
    package enum Step: Sendable {
        /// Send these blocks, of the first from the event after the position on.
        case blocks([TailBlock<Payload>])
        /// The next events are no longer here: read a page from the store.
        case behind
        /// Nothing is newer: wait for the bell since this generation.
        case upToDate(generation: UInt64)
        /// The stream was restored under a new epoch: the position may not hold any more.
        case restored
        /// The service is stopping.
        case closed
    }

    private struct State: Sendable {
        var blocks: [TailBlock<Payload>] = []
        var size = 0
        /// The position after the newest block; nil until the reader has begun.
        var head: Int64?
        /// The stream's own head when the reader last looked.
        var streamHead: Int64 = 0
        /// How often the reader has begun; a consumer of an earlier beginning is let go.
        var incarnation = 0
        var isClosed = false

        /// The place of the block that holds this event; it is neither before the first block nor after the last.
        func index(of seq: Int64) -> Int {
            // Consumers are nearly always at the end.
            var low = 0, high = blocks.count - 1
            if blocks[high].first <= seq { return high }
            while high - low > 1 {
                let middle = (low + high) / 2
                if blocks[middle].first <= seq { low = middle } else { high = middle }
            }
            return low
        }
    }

    private let state = Mutex(State())
    private let maximumSize: Int
    private let maximumBlocks: Int
    /// Rings when a block was appended, and at each heartbeat.
    package let wake: Wake

    /// - Parameter wake: the bell of several tails, where one door serves all of them.
    package init(maximumSize: Int = 4 << 20, maximumBlocks: Int = 4096, wake: Wake = Wake()) {
        self.wake = wake
        self.maximumSize = maximumSize
        self.maximumBlocks = maximumBlocks
    }

    /// Begins (or, after a restore, begins anew) at `head`.
    package func begin(head: Int64) {
        state.withLock { state in
            state = State(
                head: head, streamHead: head, incarnation: state.incarnation + 1, isClosed: state.isClosed)
        }
        wake.ring()
    }

    /// Lets every consumer go: the service is stopping.
    package func close() {
        state.withLock { $0.isClosed = true }
        wake.ring()
    }

    /// - Parameter forgetting: lets go of every block before this one: something in them was redacted in the store.
    package func append(_ block: TailBlock<Payload>, forgetting: Bool = false) {
        state.withLock { state in
            precondition(block.first == (state.head ?? block.first - 1) + 1, "blocks follow each other")
            if forgetting { (state.blocks, state.size) = ([], 0) }
            state.blocks.append(block)
            state.size += block.size
            state.head = block.last
            var surplus = 0
            while surplus < state.blocks.count - 1,
                state.size > maximumSize || state.blocks.count - surplus > maximumBlocks
            {
                state.size -= state.blocks[surplus].size
                surplus += 1
            }
            if surplus > 0 { state.blocks.removeFirst(surplus) }
        }
        wake.ring()
    }

    /// Takes note of how far the stream itself reaches.
    package func saw(streamHead: Int64) { state.withLock { $0.streamHead = streamHead } }

    /// How far the stream reaches as far as the reader knows, and how far the tail does; nil before the beginning.
    package var reach: (stream: Int64, tail: Int64)? {
        state.withLock { state in state.head.map { (max(state.streamHead, $0), $0) } }
    }

    /// What comes after `position`, for a consumer that came during `incarnation`: one block, or as many as weigh no
    /// more than `most` bytes together.
    ///
    /// A consumer may be a little ahead of the reader (it asked the store for the newest position): then it waits.
    package func step(after position: Int64, incarnation: Int, most: Int = 0) -> Step {
        // Read before the look, so that a block that comes in between is not waited for.
        let generation = wake.generation
        return state.withLock { state in
            if state.isClosed { return .closed }
            guard let head = state.head else { return .upToDate(generation: generation) }
            if incarnation != state.incarnation { return .restored }
            if position >= head { return .upToDate(generation: generation) }
            guard let first = state.blocks.first?.first, position + 1 >= first else { return .behind }
            let start = state.index(of: position + 1)
            var end = start + 1, size = state.blocks[start].size
            while end < state.blocks.count, size + state.blocks[end].size <= most {
                size += state.blocks[end].size
                end += 1
            }
            return .blocks(Array(state.blocks[start..<end]))
        }
    }

    /// Counts the reader's beginnings; 0 before the first.
    package var incarnation: Int { state.withLock { $0.incarnation } }

    /// Bytes that the blocks weigh, for the gauge.
    package var size: Int { state.withLock { $0.size } }
}
