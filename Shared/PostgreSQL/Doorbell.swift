internal import Glibc

/// A descriptor that becomes readable when it is rung, from any thread.
final class Doorbell: Sendable {
    let descriptor: CInt
    private let button: CInt

    init() {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let code = unsafe socketpair(AF_UNIX, kind, 0, &ends)
        precondition(code == 0, "socketpair: errno \(errno)")
        descriptor = ends[0]
        button = ends[1]
    }

    deinit {
        close(descriptor)
        close(button)
    }

    /// One that is full has been rung already.
    func ring() {
        unsafe _ = write(button, "1", 1)
    }

    func silence() {
        var bytes = (UInt64(0), UInt64(0))
        while unsafe read(descriptor, &bytes, 16) == 16 {}
    }
}
