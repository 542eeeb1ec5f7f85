internal import Glibc
internal import NIOPosix
internal import Synchronization

/// An answer that is made long before it can be sent: in memory up to a bound, beyond it in a temporary file, which has
/// no name any more and goes with its descriptor.
///
/// One task writes, and when it is through one task reads.
package final class AnswerSpool: Sendable {
    /// What the system said, and of which step.
    package struct Failure: Error, CustomStringConvertible {
        package let step: String
        package let code: CInt

        package var description: String { "\(step): \(String(cString: strerror(code)))" }
    }

    private struct State {
        var tail: [UInt8] = []
        /// -1 while all of it is in memory.
        var file: CInt = -1
        var fileSize = 0
    }

    /// Bytes in memory before there is a file.
    package static let mostInMemory = 1 << 20
    /// Bytes that are put into the file at once.
    private static let portion = 1 << 16

    private let folder: String
    private let memory: Int
    private let state = Mutex(State())

    /// - Parameter folder: where the file is made if one is needed.
    package init(in folder: String, memory: Int = mostInMemory) {
        self.folder = folder
        self.memory = memory
    }

    deinit {
        let file = state.withLock { $0.file }
        if file >= 0 { close(file) }
    }

    /// Bytes written so far.
    package var count: Int { state.withLock { $0.fileSize + $0.tail.count } }

    /// Whether it has outgrown the memory.
    package var hasFile: Bool { state.withLock { $0.file >= 0 } }

    package func write(_ bytes: [UInt8]) async throws {
        let full: [UInt8]? = state.withLock { state in
            state.tail.append(contentsOf: bytes)
            guard state.tail.count > (state.file < 0 ? memory : Self.portion) else { return nil }
            return state.tail
        }
        guard let full else { return }
        try await onThread { [self] in
            var (file, place) = state.withLock { ($0.file, $0.fileSize) }
            if file < 0 {
                file = try makeFile()
                state.withLock { $0.file = file }
            }
            try Self.put(full, in: file, at: place)
            place += full.count
            state.withLock { state in
                state.fileSize = place
                state.tail.removeAll(keepingCapacity: true)
            }
        }
    }

    /// What stands at a place, at most so many bytes; nothing behind the end.
    package func read(from place: Int, atMost limit: Int) async throws -> [UInt8] {
        let (file, fileSize): (CInt, Int) = state.withLock { ($0.file, $0.fileSize) }
        guard place < fileSize else {
            return state.withLock { Array($0.tail.dropFirst(place - fileSize).prefix(limit)) }
        }
        return try await onThread { try Self.get(min(limit, fileSize - place), from: file, at: place) }
    }

    private func makeFile() throws -> CInt {
        let name = "\(folder)/.sasando-answer-\(UInt64.random(in: 0 ... .max))"
        let file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        try Self.check(file >= 0, "make a temporary file")
        unlink(name)
        return file
    }

    private static func put(_ bytes: [UInt8], in file: CInt, at place: Int) throws {
        var sent = 0
        while sent < bytes.count {
            let n = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress! + sent, $0.count - sent, place + sent) }
            if n < 0, errno == EINTR { continue }
            try check(n > 0, "write a temporary file")
            sent += n
        }
    }

    private static func get(_ count: Int, from file: CInt, at place: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var had = 0
        while had < count {
            let n = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress! + had, count - had, place + had) }
            if n < 0, errno == EINTR { continue }
            try check(n > 0, "read a temporary file")
            had += n
        }
        return bytes
    }

    private static func check(_ isFine: Bool, _ step: String) throws {
        let code = errno
        if !isFine { throw Failure(step: step, code: code) }
    }

    /// The calls block, and must not block a thread of the concurrency pool.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}
