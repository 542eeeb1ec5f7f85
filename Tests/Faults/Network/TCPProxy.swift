internal import Foundation
internal import Synchronization
internal import TestSupport

/// Stands between clients and one server on this machine, and makes the way between them bad when it is told to.
///
/// One thread does all of it. What waits in it is bounded: it reads on only when what it read before has gone out.
final class TCPProxy: Sendable {
    /// By what name a connection's disturbance is found.
    enum Naming: Sendable {
        /// All go by one name.
        case fixed(String)
        /// By the login in PostgreSQL's startup message (protocol 3.0): it tells which service is calling.
        case login
    }

    struct Orders: Sendable {
        var disturbances: [String: Disturbance] = [:]
        var version = 0
        var isStopped = false
    }

    let port: Int
    private let orders = Mutex(Orders())

    /// Listens at once.
    ///
    /// - Parameter upstream: the server's port on this machine; nil while there is none.
    init(naming: Naming, upstream: @escaping @Sendable () -> Int?) throws {
        let listener = try RawSocket.listener()
        port = listener.port
        let thread = Thread { [self] in
            ProxyLoop(listener: listener.descriptor, naming: naming, upstream: upstream).run {
                self.orders.withLock { $0 }
            }
        }
        thread.name = "proxy"
        thread.start()
    }

    func disturb(_ name: String, _ disturbance: Disturbance?) {
        orders.withLock { orders in
            orders.disturbances[name] = disturbance
            orders.version += 1
        }
    }

    func stop() { orders.withLock { $0.isStopped = true } }
}

/// One way through a connection.
private struct Flow {
    var pieces: [(due: Int64, bytes: [UInt8])] = []
    var queued = 0
    var hasEnded = false
    var isClosed = false
    private static let bound = 262_144

    var canTake: Bool { !hasEnded && queued < Self.bound }
    func isDue(at now: Int64) -> Bool { pieces.first.map { $0.due <= now } ?? hasEnded }

    mutating func add(_ bytes: [UInt8], at now: Int64, _ disturbance: Disturbance?) {
        queued += bytes.count
        guard case .slow(let latency_ms, let jitter_ms, let slice) = disturbance else {
            pieces.append((max(now, pieces.last?.due ?? 0), bytes))
            return
        }
        var due = now + Int64(latency_ms) * 1_000_000
        for start in stride(from: 0, to: bytes.count, by: slice) {
            due += Int64.random(in: 0...Int64(max(1, jitter_ms))) * 1_000_000 / 8
            due = max(due, pieces.last?.due ?? 0)
            pieces.append((due, Array(bytes[start..<min(start + slice, bytes.count)])))
        }
    }
}

private final class Passage {
    var client: CInt
    var server: CInt = -1
    var name: String?
    /// What the client said until it told its name.
    var greeting: [UInt8] = []
    var up = Flow()
    var down = Flow()

    init(client: CInt) { self.client = client }
}

private final class ProxyLoop {
    private let listener: CInt
    private let naming: TCPProxy.Naming
    private let upstream: () -> Int?
    private var passages: [Passage] = []
    private var orders = TCPProxy.Orders()
    private var now: Int64 = 0
    private static let look_ms: CInt = 5
    private static let chunk = 65_536

    init(listener: CInt, naming: TCPProxy.Naming, upstream: @escaping () -> Int?) {
        self.listener = listener
        self.naming = naming
        self.upstream = upstream
    }

    func run(_ latest: () -> TCPProxy.Orders) {
        while true {
            let next = latest()
            if next.isStopped { break }
            if next.version != orders.version { obey(next) }
            turn()
        }
        for passage in passages { end(passage, byReset: false) }
        close(listener)
    }

    private func disturbance(of passage: Passage) -> Disturbance? {
        passage.name.flatMap { orders.disturbances[$0] }
    }

    private func obey(_ next: TCPProxy.Orders) {
        let before = orders
        orders = next
        for passage in passages {
            guard let name = passage.name, before.disturbances[name] != next.disturbances[name] else { continue }
            // What was half open is found to be lost when the link is good again.
            let isFound = before.disturbances[name] == .halfOpen
            switch next.disturbances[name] {
            case .reset: end(passage, byReset: true)
            case .halfOpen: loseServer(passage)
            case nil where isFound: end(passage, byReset: true)
            default: break
            }
        }
        passages.removeAll { $0.client < 0 }
    }

    private func turn() {
        var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        now = Int64(DispatchTime.now().uptimeNanoseconds)
        for passage in passages {
            let isSilent = [.silence, .halfOpen].contains(disturbance(of: passage))
            polled.append(entry(passage.client, passage.up, passage.down, isSilent))
            polled.append(entry(passage.server, passage.down, passage.up, isSilent))
        }
        guard poll(&polled, nfds_t(polled.count), Self.look_ms) > 0 || passages.contains(where: isDue) else { return }
        now = Int64(DispatchTime.now().uptimeNanoseconds)
        for (index, passage) in passages.enumerated() where ![.silence, .halfOpen].contains(disturbance(of: passage)) {
            if polled[1 + 2 * index].revents != 0 { read(passage, fromClient: true) }
            if polled[2 + 2 * index].revents != 0 { read(passage, fromClient: false) }
            write(passage)
        }
        if polled[0].revents != 0 { accept() }
        passages.removeAll { $0.client < 0 }
    }

    private func isDue(_ passage: Passage) -> Bool { passage.up.isDue(at: now) || passage.down.isDue(at: now) }

    private func entry(_ descriptor: CInt, _ reading: Flow, _ writing: Flow, _ isSilent: Bool) -> pollfd {
        let wants =
            (reading.canTake ? Int16(POLLIN) : 0)
            | (!writing.pieces.isEmpty && writing.isDue(at: now) ? Int16(POLLOUT) : 0)
        // poll(2) passes over a negative descriptor.
        return pollfd(fd: isSilent || wants == 0 ? -1 : descriptor, events: wants, revents: 0)
    }

    private func accept() {
        let client = Glibc.accept(listener, nil, nil)
        guard client >= 0 else { return }
        RawSocket.unblock(client)
        let passage = Passage(client: client)
        if case .fixed(let name) = naming { passage.name = name }
        passages.append(passage)
        switch disturbance(of: passage) {
        case .reset: end(passage, byReset: true)
        case .halfOpen, .silence: break
        default: reachServer(passage)
        }
    }

    private func reachServer(_ passage: Passage) {
        guard let port = upstream(), let server = try? RawSocket.connect("127.0.0.1", port) else {
            return end(passage, byReset: true)
        }
        passage.server = server
    }

    private func read(_ passage: Passage, fromClient: Bool) {
        let descriptor = fromClient ? passage.client : passage.server
        guard descriptor >= 0, fromClient ? passage.up.canTake : passage.down.canTake else { return }
        if passage.server < 0 { reachServer(passage) }
        var bytes = [UInt8](repeating: 0, count: Self.chunk)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
        if count < 0 { return end(passage, byReset: true) }
        if count == 0 {
            if fromClient { passage.up.hasEnded = true } else { passage.down.hasEnded = true }
            return
        }
        bytes.removeLast(bytes.count - count)
        if fromClient {
            if passage.name == nil { learnName(passage, bytes) }
            if passage.client < 0 { return }
            passage.up.add(bytes, at: now, disturbance(of: passage))
        } else {
            passage.down.add(bytes, at: now, disturbance(of: passage))
        }
    }

    /// Looks for `user`, zero, the name, zero: so PostgreSQL's startup message has it.
    private func learnName(_ passage: Passage, _ bytes: [UInt8]) {
        passage.greeting += bytes.prefix(2_048)
        guard let mark = passage.greeting.firstRange(of: Array("user\0".utf8)) else {
            if passage.greeting.count > 4_096 { passage.name = "" }
            return
        }
        let rest = passage.greeting[mark.upperBound...]
        guard let end = rest.firstIndex(of: 0) else { return }
        passage.name = String(decoding: rest[..<end], as: UTF8.self)
        passage.greeting = []
        if disturbance(of: passage) == .reset { self.end(passage, byReset: true) }
        if disturbance(of: passage) == .halfOpen { loseServer(passage) }
    }

    private func write(_ passage: Passage) {
        guard passage.client >= 0 else { return }
        guard write(&passage.up, to: passage.server), write(&passage.down, to: passage.client) else {
            return end(passage, byReset: true)
        }
        if passage.up.isClosed && passage.down.isClosed { end(passage, byReset: false) }
    }

    /// False when the other end is gone.
    private func write(_ flow: inout Flow, to descriptor: CInt) -> Bool {
        guard descriptor >= 0 else { return true }
        while let (due, bytes) = flow.pieces.first, due <= now {
            let sent = send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
            if sent < 0 { return errno == EAGAIN || errno == EINTR }
            flow.queued -= sent
            if sent < bytes.count {
                flow.pieces[0].bytes.removeFirst(sent)
                return true
            }
            flow.pieces.removeFirst()
        }
        if flow.hasEnded, flow.pieces.isEmpty, !flow.isClosed {
            flow.isClosed = true
            shutdown(descriptor, CInt(SHUT_WR))
        }
        return true
    }

    private func loseServer(_ passage: Passage) {
        guard passage.server >= 0 else { return }
        RawSocket.reset(passage.server)
        passage.server = -1
    }

    private func end(_ passage: Passage, byReset: Bool) {
        for descriptor in [passage.client, passage.server] where descriptor >= 0 {
            if byReset { RawSocket.reset(descriptor) } else { close(descriptor) }
        }
        passage.client = -1
        passage.server = -1
    }
}
