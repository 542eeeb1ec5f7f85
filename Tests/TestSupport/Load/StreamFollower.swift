internal import AsyncHTTPClient
internal import Domain
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// A consumer that follows one agency's stream as server-sent events, and goes on from its cursor whenever the line
/// breaks. It keeps what it saw and all that was not as promised.
package final class StreamFollower: Sendable {
    /// What is kept of each event: its order alone is checked in any case.
    package enum Keeping: Sendable {
        case nothing, digests, events
    }

    package struct Seen: Sendable {
        /// The CloudEvents by their number in the stream, byte for byte.
        package var events: [Int64: [UInt8]] = [:]
        /// Their digests; see `digest(of:)`.
        package var digests: [Int64: Int] = [:]
        package var last: Int64 = 0
        package var epoch = 1
        package var connections = 0
        /// Events that came again after a resume from further back.
        package var repeated = 0
        package var faults: [String] = []
    }

    package let agency: String
    private let door: Door
    private let state: Mutex<Seen>
    /// How far back a consumer that lost its last notes resumes; drawn anew at each connection.
    private let forgets: @Sendable () -> Int64
    private let arrival: @Sendable (_ seq: Int64, _ event: [UInt8]) -> Void
    private let keeping: Keeping

    /// - Parameters:
    ///   - start: the position to begin after.
    ///   - arrival: called for each event that is new.
    package init(
        _ agency: String, _ door: Door, after start: Int64 = 0, keeping: Keeping = .events,
        forgets: @escaping @Sendable () -> Int64 = { 0 },
        arrival: @escaping @Sendable (_ seq: Int64, _ event: [UInt8]) -> Void = { _, _ in }
    ) {
        self.agency = agency
        self.door = door
        self.forgets = forgets
        self.arrival = arrival
        self.keeping = keeping
        var seen = Seen()
        seen.last = start
        state = Mutex(seen)
    }

    package var seen: Seen { state.withLock { $0 } }
    package var last: Int64 { state.withLock(\.last) }
    package var isConnected: Bool { state.withLock { $0.connections > 0 } }

    /// Follows until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do { try await followOnce() } catch {
                // The line broke, as it does when a process is killed.
            }
            if Task.isCancelled { return }
            // pause: a consumer does not knock without end at a door that is just being opened again
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private func followOnce() async throws {
        let (epoch, last) = state.withLock { ($0.epoch, $0.last) }
        let position = max(0, last - forgets())
        let response = try await door.follow(
            StreamCode(rawValue: agency).root + "/events", lastEventID: Cursor(epoch: epoch, seq: position).text)
        guard response.status == .ok else {
            let body = try? await response.body.collect(upTo: 65_536)
            if response.status != .serviceUnavailable {
                note("answered \(response.status.code): \(body.map { String(buffer: $0) } ?? "")")
            }
            return
        }
        state.withLock { $0.connections += 1 }
        var expected = position + 1
        var rest = ByteBuffer()
        for try await part in response.body {
            rest.writeImmutableBuffer(part)
            while let frame = nextFrame(in: &rest) { take(frame, &expected) }
            rest.discardReadBytes()
        }
    }

    /// The bytes up to the next blank line.
    private func nextFrame(in buffer: inout ByteBuffer) -> String? {
        let view = buffer.readableBytesView
        var from = view.startIndex
        while let newline = view[from...].firstIndex(of: 0x0A) {
            let next = newline + 1
            if next < view.endIndex, view[next] == 0x0A {
                let frame = buffer.readString(length: newline - view.startIndex)
                buffer.moveReaderIndex(forwardBy: 2)
                return frame
            }
            from = next
        }
        return nil
    }

    /// One event: `event`, `data` and `id`, in this order, with heartbeats before them.
    private func take(_ frame: String, _ expected: inout Int64) {
        let lines = frame.split(separator: "\n", omittingEmptySubsequences: false).drop { $0.hasPrefix(":") }
        guard lines.count == 3, let name = lines.first, name.hasPrefix("event: "), let id = lines.last,
            id.hasPrefix("id: "), let cursor = Cursor(text: id.dropFirst(4)),
            case let data = lines[lines.startIndex + 1], data.hasPrefix("data: ")
        else { return note("a frame of another form: \(frame.prefix(200))") }
        let body = Array(data.utf8.dropFirst(6))
        if cursor.seq != expected { note("\(cursor.seq) came where \(expected) was next") }
        expected = cursor.seq + 1
        let isNew = state.withLock { seen in
            seen.epoch = cursor.epoch
            if cursor.seq <= seen.last {
                seen.repeated += 1
                if !isSame(as: seen, cursor.seq, body) {
                    seen.faults.append("\(cursor) has other bytes the second time")
                }
                return false
            }
            if cursor.seq != seen.last + 1 { seen.faults.append("\(cursor.seq) after \(seen.last)") }
            seen.last = cursor.seq
            switch keeping {
            case .nothing: break
            case .digests: seen.digests[cursor.seq] = Self.digest(of: body)
            case .events: seen.events[cursor.seq] = body
            }
            return true
        }
        if isNew { arrival(cursor.seq, body) }
    }

    private func isSame(as seen: Seen, _ seq: Int64, _ body: [UInt8]) -> Bool {
        switch keeping {
        case .nothing: true
        case .digests: seen.digests[seq] == nil || seen.digests[seq] == Self.digest(of: body)
        case .events: seen.events[seq] == nil || seen.events[seq] == body
        }
    }

    /// The same for the same bytes, within this process.
    package static func digest(of body: [UInt8]) -> Int {
        var hasher = Hasher()
        body.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }

    /// The report that an event gives to its agency; nil for an event of another type.
    package static func assignedReport(in event: [UInt8]) -> String? {
        let head = String(decoding: event.prefix(400), as: UTF8.self)
        guard head.contains("\"sasando.report.assigned\""), let mark = head.firstRange(of: "\"subject\":\"")
        else { return nil }
        return String(head[mark.upperBound...].prefix(36))
    }

    private func note(_ fault: String) {
        state.withLock { if $0.faults.count < 20 { $0.faults.append(fault) } }
    }
}

/// A consumer that asks for pages now and then, and goes on from the cursor that it was given.
package final class StreamPuller: Sendable {
    /// One page: what came after `after`, up to `next`.
    package struct Page: Sendable {
        package var after: Int64
        package var next: Int64
        package var bytes: [UInt8]
    }

    package let agency: String
    private let door: Door
    private let state = Mutex<(pages: [Page], faults: [String])>(([], []))

    package init(_ agency: String, _ door: Door) {
        self.agency = agency
        self.door = door
    }

    package var pages: [Page] { state.withLock(\.pages) }
    package var faults: [String] { state.withLock(\.faults) }
    package var last: Int64 { state.withLock { $0.pages.last?.next ?? 0 } }

    /// Asks until the task is cancelled.
    package func run(limit: Int = 200) async {
        var path = StreamCode(rawValue: agency).root + "/events?limit=\(limit)"
        while !Task.isCancelled {
            guard let answer = try? await door.get(path, patience: .seconds(5)), answer.status != 503 else {
                // pause: the agency's process is being started again
                try? await Task.sleep(for: .milliseconds(100))
                continue
            }
            guard answer.status == 200, let next = Self.next(answer), let cursor = Self.cursor(in: next) else {
                state.withLock { $0.faults.append("\(answer)") }
                return
            }
            let after = last
            if cursor.seq > after {
                state.withLock { $0.pages.append(Page(after: after, next: cursor.seq, bytes: answer.bytes)) }
            } else {
                // pause: how often this consumer asks when there is nothing new
                try? await Task.sleep(for: .milliseconds(200))
            }
            path = next
        }
    }

    /// The address in `Link: <…>; rel="next"`.
    package static func next(_ answer: Answer) -> String? {
        guard let link = answer.header("Link"), link.hasSuffix("; rel=\"next\""), link.hasPrefix("<"),
            let end = link.firstIndex(of: ">")
        else { return nil }
        return String(link[link.index(after: link.startIndex)..<end])
    }

    private static func cursor(in path: String) -> Cursor? {
        path.firstRange(of: "after=").flatMap { Cursor(text: path[$0.upperBound...].prefix { $0 != "&" }) }
    }
}

extension StreamCode {
    /// Where it is served.
    package var root: String { channel.map { "/v1/channels/\($0)" } ?? "/v1/agencies/\(self)" }
}
