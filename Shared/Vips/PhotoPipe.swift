internal import Domain
internal import Glibc

/// Photos that come in by one pipe and go out small by another, until the first one ends.
package enum PhotoPipe {
    /// The process's memory: what the largest photo takes, with room.
    private static let memoryBytes: UInt = 1_024 * 1_024 * 1_024

    /// Serves standard input and output, and ends the process where it cannot be confined.
    package static func serve() {
        signal(SIGPIPE, SIG_IGN)
        // A library that tries to write a file is told that it may not, instead of ending us.
        signal(SIGXFSZ, SIG_IGN)
        guard Vips.start(memoryBytes: memoryBytes) else { exit(EXIT_FAILURE) }
        while let photo = readPhoto() {
            guard write(WorkerFrame.answer(shrink(photo))) else { break }
        }
    }

    private static func shrink(_ photo: [UInt8]) -> WorkerFrame.Answer {
        do throws(ImageFault) {
            return .success(try Vips.shrink(photo, try ImageFormat.read(photo)))
        } catch { return .failure(error) }
    }

    private static func readPhoto() -> [UInt8]? {
        guard let count = read(4)?.reduce(0, { $0 << 8 | Int($1) }), count <= WorkerFrame.mostBytes else { return nil }
        return read(count)
    }

    private static func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var had = 0
        while had < count {
            let n = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(STDIN_FILENO, $0.baseAddress! + had, count - had)
            }
            if n < 0 && errno == EINTR { continue }
            guard n > 0 else { return nil }
            had += n
        }
        return bytes
    }

    private static func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let n = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress! + sent, bytes.count - sent)
            }
            if n < 0 && errno == EINTR { continue }
            guard n > 0 else { return false }
            sent += n
        }
        return true
    }
}
