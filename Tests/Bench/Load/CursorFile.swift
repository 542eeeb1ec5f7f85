import Dispatch
import Foundation
import Glibc
import Synchronization

/// A consumer's cursor in a file, synced: what acknowledging is where the cursor belongs to the consumer.
///
/// A thread of its own writes, so that reading goes on meanwhile; what is kept while it writes is written together.
final class CursorFile: Sendable {
    private struct State {
        var kept: Int64 = 0
        var written: Int64 = 0
        var isClosed = false
        var failure: LoadFailure?
    }

    private let state = Mutex(State())
    private let changed = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(_ file: URL) throws(LoadFailure) {
        let descriptor = open(file.path, O_WRONLY | O_CREAT, 0o600)
        guard descriptor >= 0 else { throw LoadFailure("no file for the cursor: \(file.path)") }
        Thread.detachNewThread { [self] in
            while let sequence = next() { write(sequence, to: descriptor) }
            Glibc.close(descriptor)
            ended.signal()
        }
    }

    /// Does not wait for the disk.
    func keep(_ sequence: Int64) {
        let isNew = state.withLock { state in
            defer { state.kept = sequence }
            return state.kept == state.written && sequence != state.written
        }
        if isNew { changed.signal() }
    }

    /// Writes what is left.
    /// - Throws: when a cursor could not be written or synced.
    func close() throws(LoadFailure) {
        state.withLock { $0.isClosed = true }
        changed.signal()
        ended.wait()
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func next() -> Int64? {
        while true {
            let (sequence, isClosed) = state.withLock { ($0.kept == $0.written ? nil : $0.kept, $0.isClosed) }
            if let sequence { return sequence }
            if isClosed { return nil }
            changed.wait()
        }
    }

    private func write(_ sequence: Int64, to descriptor: Int32) {
        var text = Array(String(sequence).utf8)
        text.append(UInt8(ascii: "\n"))
        let isKept = pwrite(descriptor, text, text.count, 0) == text.count && fdatasync(descriptor) == 0
        let reason = isKept ? nil : LoadFailure("the cursor could not be kept: \(String(cString: strerror(errno)))")
        state.withLock { state in
            state.written = sequence
            state.failure = state.failure ?? reason
        }
    }
}
