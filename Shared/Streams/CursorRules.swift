package import Domain

/// What is known of one stream's extent: its epochs, its head, and where what is kept begins.
///
/// Event `s` belongs to the last epoch whose first number is at most `s`. The position before
/// the first event (`s == 0`) belongs to the first epoch.
package struct StreamExtent: Sendable, Hashable {
    /// One epoch and the number of the first event that could be written in it.
    package struct Epoch: Sendable, Hashable {
        package var epoch: Int
        package var firstSeq: Int64

        package init(epoch: Int, firstSeq: Int64) {
            self.epoch = epoch
            self.firstSeq = firstSeq
        }
    }

    /// Ascending; never empty.
    package var epochs: [Epoch]
    /// The number of the newest event; 0 in an empty stream.
    package var head: Int64
    /// The number of the oldest event that is kept; `head + 1` when none is.
    package var firstKept: Int64

    package init(epochs: [Epoch], head: Int64, firstKept: Int64) {
        precondition(!epochs.isEmpty, "a stream has at least one epoch")
        self.epochs = epochs
        self.head = head
        self.firstKept = firstKept
    }

    /// The epoch in which event `seq` was written.
    package func epoch(of seq: Int64) -> Int {
        (epochs.last { $0.firstSeq <= seq } ?? epochs[0]).epoch
    }

    /// The position from which everything that is kept will be read.
    package var earliest: Cursor { cursor(at: firstKept - 1) }

    /// The position after which only new events come.
    package var latest: Cursor { cursor(at: head) }

    package func cursor(at seq: Int64) -> Cursor { Cursor(epoch: epoch(of: seq), seq: seq) }
}

/// Why a position cannot be continued from.
package enum CursorRefusal: Error, Sendable, Hashable {
    /// The event was not written in that epoch: the store was restored since.
    case wrongEpoch
    /// No event with that number has been written.
    case beyondHead
    /// The events after it are no longer kept.
    case gone
}

extension StreamExtent {
    /// Checks that a consumer at `cursor` can be served every event after it.
    package func check(_ cursor: Cursor) throws(CursorRefusal) {
        if cursor.seq > head { throw .beyondHead }
        if cursor.seq < 0 || epoch(of: cursor.seq) != cursor.epoch { throw .wrongEpoch }
        if cursor.seq + 1 < firstKept { throw .gone }
    }
}
