import Foundation
import Glibc
import Synchronization

/// Receivers of webhooks in one: a thread that takes whatever is posted to it, over connections that are kept, and answers
/// 204. What is posted to a path that begins with `/dead` is never answered.
final class WebhookSink: Sendable {
    private struct Connection {
        var bytes: [UInt8] = []
    }

    private static let answer = Array("HTTP/1.1 204 No Content\r\n\r\n".utf8)
    private static let headEnd = Array("\r\n\r\n".utf8)

    let port: Int
    private let listener: Int32
    private let taken = Atomic<Int>(0)
    private let isStopping = Atomic<Bool>(false)

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 128) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw BenchFailure("no port for receivers of webhooks") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { self.run() }
    }

    /// Messages that were answered so far.
    var count: Int { taken.load(ordering: .relaxed) }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    private func run() {
        var connections: [Int32: Connection] = [:]
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        defer { for descriptor in [listener] + connections.keys { close(descriptor) } }
        while !isStopping.load(ordering: .relaxed) {
            var watched = ([listener] + connections.keys).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&watched, nfds_t(watched.count), 200) > 0 else { continue }
            for ready in watched where ready.revents != 0 {
                if ready.fd == listener {
                    let descriptor = accept(listener, nil, nil)
                    guard descriptor >= 0 else { continue }
                    var yes: Int32 = 1
                    setsockopt(
                        descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
                    connections[descriptor] = Connection()
                    continue
                }
                let count = recv(ready.fd, &buffer, buffer.count, 0)
                if count > 0, connections[ready.fd] != nil {
                    connections[ready.fd]!.bytes += buffer[..<count]
                    answerWhole(&connections[ready.fd]!, ready.fd)
                } else {
                    close(ready.fd)
                    connections[ready.fd] = nil
                }
            }
        }
    }

    private func answerWhole(_ connection: inout Connection, _ descriptor: Int32) {
        while let length = Self.length(of: connection.bytes) {
            let isDead = connection.bytes.starts(with: Array("POST /dead".utf8))
            connection.bytes.removeFirst(length)
            guard !isDead else { continue }
            _ = Self.answer.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            taken.add(1, ordering: .relaxed)
        }
    }

    /// Bytes of the first message, where all of it is here.
    private static func length(of bytes: [UInt8]) -> Int? {
        guard let end = bytes.firstRange(of: headEnd) else { return nil }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).lowercased()
        guard let name = head.range(of: "\r\ncontent-length:"),
            let body = Int(head[name.upperBound...].prefix { $0 != "\r\n" && $0 != "\r" }.filter(\.isNumber))
        else { return nil }
        let length = end.upperBound + body
        return bytes.count >= length ? length : nil
    }
}
