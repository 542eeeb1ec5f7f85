import Foundation
import Glibc
import Synchronization
import TestSupport

/// The line between a phone and the front door, which can be cut: connections end with a reset, and new ones too.
///
/// One thread does all of it.
final class Line: Sendable {
    /// What becomes of a report, or of its photos, that are sent over it.
    enum Fate: Sendable, CaseIterable {
        case arrives
        /// Cut before the city has heard of it.
        case unheard
        /// Cut once the city has answered, before any of the answer has come.
        case unanswered
        /// Cut in the middle of the answer.
        case halfAnswered
    }

    private struct State {
        var isCut = false
        var isStopped = false
        /// The fates of the next reports, the last one first.
        var fates: [Fate] = []
        var photoFates: [Fate] = []
        var received = 0
        var reports = 0
        var photoRequests = 0
    }

    let port: Int
    private let state = Mutex(State())

    var address: String { "http://127.0.0.1:\(port)" }
    /// Bytes that have come to the phone.
    var received: Int { state.withLock { $0.received } }
    /// Reports that were sent over it, also those that did not arrive.
    var reports: Int { state.withLock { $0.reports } }
    /// Requests that were sent over it to bring photos.
    var photoRequests: Int { state.withLock { $0.photoRequests } }

    /// - Parameter frontDoor: `http://HOST:PORT`.
    init(to frontDoor: String) throws {
        let listener = try RawSocket.listener()
        let place = try RawSocket.place(of: frontDoor)
        port = listener.port
        let thread = Thread { [self] in LineLoop(of: self, listener: listener.descriptor, place: place).run() }
        thread.name = "line"
        thread.start()
    }

    func cut() { state.withLock { $0.isCut = true } }
    func restore() { state.withLock { $0.isCut = false } }

    /// Decides what becomes of the next reports, in order; those after them arrive.
    func decide(_ fates: [Fate]) { state.withLock { $0.fates = fates.reversed() } }

    /// The same of the next requests that bring photos, be it to upload one or to give them to their report.
    func decidePhotos(_ fates: [Fate]) { state.withLock { $0.photoFates = fates.reversed() } }

    func stop() { state.withLock { $0.isStopped = true } }

    // MARK: For its thread

    fileprivate var isCut: Bool { state.withLock { $0.isCut } }
    fileprivate var isStopped: Bool { state.withLock { $0.isStopped } }

    fileprivate func beginReport() -> Fate {
        state.withLock {
            $0.reports += 1
            return $0.fates.popLast() ?? .arrives
        }
    }

    fileprivate func beginPhoto() -> Fate {
        state.withLock {
            $0.photoRequests += 1
            return $0.photoFates.popLast() ?? .arrives
        }
    }

    fileprivate func count(_ bytes: Int) { state.withLock { $0.received += bytes } }
}

private final class Passage {
    let client: CInt
    let server: CInt
    var fate = Line.Fate.arrives
    var isOver = false

    init(client: CInt, server: CInt) {
        self.client = client
        self.server = server
    }
}

private final class LineLoop {
    private let line: Line
    private let listener: CInt
    private let place: (host: String, port: Int)
    private var passages: [Passage] = []
    private static let look_ms: CInt = 5
    private static let sending = Array("POST /v1/reports ".utf8)
    private static let uploading = Array("POST /v1/media ".utf8)
    /// Of a report that has arrived a script sends its photos alone.
    private static let giving = Array("POST /v1/reports/".utf8)

    init(of line: Line, listener: CInt, place: (host: String, port: Int)) {
        self.line = line
        self.listener = listener
        self.place = place
    }

    func run() {
        while !line.isStopped {
            if line.isCut { passages.forEach(end) }
            passages.removeAll(where: \.isOver)
            var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            for passage in passages {
                polled.append(pollfd(fd: passage.client, events: Int16(POLLIN), revents: 0))
                polled.append(pollfd(fd: passage.server, events: Int16(POLLIN), revents: 0))
            }
            guard poll(&polled, nfds_t(polled.count), Self.look_ms) > 0 else { continue }
            for (index, passage) in passages.enumerated() {
                if polled[1 + 2 * index].revents != 0 { ask(passage) }
                if !passage.isOver, polled[2 + 2 * index].revents != 0 { answer(passage) }
            }
            if polled[0].revents != 0 { accept() }
        }
        passages.forEach(end)
        close(listener)
    }

    private func accept() {
        let client = Glibc.accept(listener, nil, nil)
        guard client >= 0 else { return }
        guard !line.isCut, let server = try? RawSocket.connect(place.host, place.port) else {
            return RawSocket.reset(client)
        }
        passages.append(Passage(client: client, server: server))
    }

    private func ask(_ passage: Passage) {
        guard let bytes = RawSocket.read(passage.client, atMost: 65_536) else { return end(passage) }
        if bytes.starts(with: Self.sending) { passage.fate = line.beginReport() }
        if bytes.starts(with: Self.uploading) || bytes.starts(with: Self.giving) { passage.fate = line.beginPhoto() }
        if passage.fate == .unheard || !pass(bytes, to: passage.server) { end(passage) }
    }

    private func answer(_ passage: Passage) {
        guard var bytes = RawSocket.read(passage.server, atMost: 65_536) else { return end(passage) }
        if passage.fate == .halfAnswered { bytes.removeLast(bytes.count / 2) }
        if passage.fate != .unanswered {
            line.count(bytes.count)
            guard pass(bytes, to: passage.client) else { return end(passage) }
        }
        if passage.fate != .arrives { end(passage) }
    }

    /// Everything, or false when the other end is gone or takes nothing for a second.
    private func pass(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let count = RawSocket.write(descriptor, Array(rest)) else { return false }
            rest = rest.dropFirst(count)
            if count > 0 { continue }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if poll(&waiting, 1, 1_000) <= 0 { return false }
        }
        return true
    }

    private func end(_ passage: Passage) {
        guard !passage.isOver else { return }
        passage.isOver = true
        RawSocket.reset(passage.client)
        close(passage.server)
    }
}
