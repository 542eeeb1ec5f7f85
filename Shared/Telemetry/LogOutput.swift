internal import Glibc
internal import Synchronization

/// A file descriptor that takes whole log lines and never holds a caller up for long.
///
/// Lines are at most ``lineLimit`` bytes (PIPE_BUF), so one `write(2)` puts a line
/// whole into a pipe that `poll(2)` calls writable, whoever else writes there. When
/// the reader is too slow, a caller waits once, for ``patience_ms``; from then on
/// records are dropped and counted until there is room again.
package final class LogOutput: Sendable {
    package static let lineLimit = 4096
    private static let patience_ms: CInt = 50

    private let descriptor: CInt
    private let isStalled = Mutex(false)
    private let dropped = Atomic<Int>(0)

    /// - Parameter descriptor: Where the lines go; it stays open and belongs to the caller.
    package init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    package static let standardError = LogOutput(descriptor: STDERR_FILENO)

    /// How many records were dropped since the start.
    package var droppedRecords: Int { dropped.load(ordering: .relaxed) }

    /// Counts records that were given up before they came here.
    package func countDropped(_ count: Int) { dropped.add(count, ordering: .relaxed) }

    func write(_ line: [UInt8]) {
        let isWritten = isStalled.withLock { isStalled in
            guard isWritable(within: isStalled ? 0 : Self.patience_ms) else {
                isStalled = true
                return false
            }
            isStalled = false
            return put(line)
        }
        if !isWritten { dropped.add(1, ordering: .relaxed) }
    }

    private func isWritable(within timeout_ms: CInt) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, timeout_ms) == 1 && entry.revents & Int16(POLLOUT) != 0
    }

    private func put(_ line: [UInt8]) -> Bool {
        while true {
            let count = Glibc.write(descriptor, line, line.count)
            if count >= 0 { return count == line.count }
            guard errno == EINTR else { return false }
        }
    }
}
