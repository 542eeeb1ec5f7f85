import Foundation

/// A connected pair of non-blocking stream sockets, closed with the object.
final class Pipe: Sendable {
    let near: CInt
    let far: CInt

    init() {
        var pair: [CInt] = [-1, -1]
        let code = socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &pair)
        precondition(code == 0, "socketpair: errno \(errno)")
        near = pair[0]
        far = pair[1]
    }

    deinit {
        close(near)
        close(far)
    }

    func write(_ count: Int = 1) {
        let bytes = [UInt8](repeating: 1, count: count)
        precondition(Foundation.write(far, bytes, count) == count)
    }

    /// Fills the near end's send buffer.
    func fill() {
        let bytes = [UInt8](repeating: 1, count: 65_536)
        while Foundation.write(near, bytes, bytes.count) > 0 {}
    }

    /// Reads all that there is from `descriptor`.
    @discardableResult
    func drain(_ descriptor: CInt) -> Int {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var total = 0
        while true {
            let count = Foundation.read(descriptor, &bytes, bytes.count)
            if count <= 0 { return total }
            total += count
        }
    }
}
