internal import Foundation
internal import Glibc

/// The two pipes of `--remote-debugging-pipe`: JSON texts, each ended by a NUL byte. The browser reads its descriptor 3
/// and writes 4, and ends when ours are closed.
struct DevToolsPipe: Sendable {
    /// What the browser says, one text each; ends with the browser.
    let messages: AsyncStream<[UInt8]>
    private let ourEnd: CInt

    /// Starts `command` with its ends of the pipes.
    static func launch(_ command: [String], log: String) throws -> (pipe: DevToolsPipe, process: ChildProcess) {
        let toBrowser = try makePipe()
        let fromBrowser = try makePipe()
        defer {
            close(toBrowser.read)
            close(fromBrowser.write)
        }
        let process = try ChildProcess(
            command, output: log, descriptors: [3: toBrowser.read, 4: fromBrowser.write])
        let (messages, continuation) = AsyncStream<[UInt8]>.makeStream()
        let reader = fromBrowser.read
        Thread.detachNewThread {
            read(from: reader, into: continuation)
            close(reader)
        }
        return (DevToolsPipe(messages: messages, ourEnd: toBrowser.write), process)
    }

    /// A pipe whose ends lie above the descriptors that the child uses, and are not inherited as they are.
    private static func makePipe() throws -> (read: CInt, write: CInt) {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw ChildProcess.Failure(description: "pipe: errno \(errno)") }
        let high = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 20) }
        ends.forEach { close($0) }
        return (high[0], high[1])
    }

    private static func read(from descriptor: CInt, into continuation: AsyncStream<[UInt8]>.Continuation) {
        var pending: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            pending += chunk[..<count]
            var start = 0
            while let end = pending[start...].firstIndex(of: 0) {
                continuation.yield(Array(pending[start..<end]))
                start = end + 1
            }
            pending.removeFirst(start)
        }
        continuation.finish()
    }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8) + [0]
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(ourEnd, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ChildProcess.Failure(description: "the browser is gone") }
            sent += count
        }
    }

    func hangUp() { close(ourEnd) }
}
