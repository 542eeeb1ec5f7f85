import Foundation
import Glibc

/// One thread that posts reports and reads event streams, so that both ends of a latency are read from one clock.
final class LoadGenerator {
    private final class Poster {
        let socket: Socket
        var reader = ResponseReader()
        var number: Int?
        init(_ socket: Socket) { self.socket = socket }
    }

    private final class Consumer {
        let socket: Socket
        var reader = ResponseReader()
        var lines = EventLines()
        var sequence: Int64?
        init(_ socket: Socket) { self.socket = socket }
    }

    private let load: Load
    private var posters: [Poster] = []
    private var idle: [Poster] = []
    private var consumers: [Consumer] = []
    private var polled: [pollfd] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    /// When each report was due, by number.
    private var due: [Int64] = []
    private var measuredFrom = 0
    /// When the last answer or event came.
    private var last: Int64 = 0
    private var cursorFile: CursorFile?
    private var opened = 0
    private var answered = 0
    private var now = monotonicNanoseconds()
    private var result = LoadResult()

    private init(_ load: Load) { self.load = load }
    deinit { buffer.deallocate() }

    /// Runs the load on a thread of its own.
    static func run(_ load: Load) async throws -> LoadResult {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try LoadGenerator(load).run() })
            }
        }
    }

    private func run() throws -> LoadResult {
        cursorFile = try load.consuming.cursorFile.map { file in try CursorFile(file) }
        try openStreams()
        let began = (wall: monotonicNanoseconds(), processor: Self.threadNanoseconds())
        if let perSecond = load.posting.perSecond { try post(perSecond) } else { try saturate() }
        try drain()
        let wall = monotonicNanoseconds() - began.wall
        result.ownShare = Double(Self.threadNanoseconds() - began.processor) / Double(wall)
        result.expected = result.accepted * consumers.count
        result.elapsedSeconds = Double(last - (due.first ?? last)) / 1e9
        try cursorFile?.close()
        return result
    }

    // MARK: Phases

    /// Connects all consumers at the stream's end, and waits until each has been told its position.
    private func openStreams() throws {
        let consuming = load.consuming
        let request = """
            GET /v1/agencies/\(consuming.agency)/events?after=latest HTTP/1.1\r
            Host: 127.0.0.1:\(consuming.port)\r
            Authorization: Bearer \(consuming.token)\r
            Accept: text/event-stream\r
            \r

            """
        for _ in 0..<consuming.consumers {
            let consumer = Consumer(try Socket(port: consuming.port))
            try consumer.socket.send(Array(request.utf8))
            consumers.append(consumer)
        }
        let limit = monotonicNanoseconds() + 20_000_000_000
        while opened < consumers.count {
            guard now < limit else {
                throw LoadFailure("\(consumers.count - opened) of \(consumers.count) consumers got no stream in 20 s")
            }
            try turn(until: now + 10_000_000)
        }
    }

    private func post(_ perSecond: Int) throws {
        let posting = load.posting
        let interval = 1_000_000_000 / Int64(perSecond)
        let total = perSecond * (posting.warmUpSeconds + posting.seconds)
        measuredFrom = perSecond * posting.warmUpSeconds
        let start = monotonicNanoseconds() + 10_000_000
        due = (0..<total).map { start + Int64($0) * interval }
        var next = 0
        var lookAt = start
        while next < total {
            while next < total, due[next] <= now, let poster = try takePoster() {
                try send(next, over: poster)
                next += 1
            }
            if now >= lookAt {
                if let watch = load.watch { result.watched = max(result.watched, watch()) }
                lookAt = now + 100_000_000
            }
            let isWaiting = next < total && due[next] <= now
            try turn(until: isWaiting ? now + 1_000_000 : next < total ? due[next] : now)
        }
    }

    /// Each connection posts its next report when the one before is answered.
    private func saturate() throws {
        now = monotonicNanoseconds()
        let end = now + Int64(load.posting.warmUpSeconds + load.posting.seconds) * 1_000_000_000
        while now < end {
            while let poster = try takePoster() {
                due.append(now)
                try send(due.count - 1, over: poster)
            }
            try turn(until: now + 1_000_000)
        }
    }

    /// Waits for the last answers and events.
    private func drain() throws {
        let limit = now + Int64(load.patienceSeconds) * 1_000_000_000
        while now < limit, answered < due.count || result.delivered < result.accepted * consumers.count {
            try turn(until: now + 10_000_000)
        }
    }

    // MARK: Posting

    private func takePoster() throws -> Poster? {
        if let poster = idle.popLast() { return poster }
        guard posters.count < load.posting.connections else { return nil }
        let poster = Poster(try Socket(port: load.posting.port))
        posters.append(poster)
        polled = []
        return poster
    }

    private func send(_ number: Int, over poster: Poster) throws {
        let body = LoadReport.body(number: number, category: load.posting.category)
        let head = """
            POST /v1/reports HTTP/1.1\r
            Host: 127.0.0.1:\(load.posting.port)\r
            Authorization: Bearer \(load.posting.apiKey)\r
            Content-Type: application/json\r
            Content-Length: \(body.count)\r
            \r

            """
        poster.number = number
        try poster.socket.send(Array(head.utf8) + body)
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, by poster: Poster) {
        poster.reader.feed(bytes) { event in
            guard case .end(let status) = event, let number = poster.number else { return }
            poster.number = nil
            answered += 1
            last = now
            idle.append(poster)
            guard status == 201 else {
                result.refused[status, default: 0] += 1
                return
            }
            result.accepted += 1
            if number >= measuredFrom { result.acknowledgement.record(nanoseconds: now - due[number]) }
        }
    }

    private func lose(_ poster: Poster) {
        if poster.number != nil {
            answered += 1
            result.refused[0, default: 0] += 1
        }
        posters.removeAll { $0 === poster }
        idle.removeAll { $0 === poster }
        polled = []
    }

    // MARK: Consuming

    private func receive(_ bytes: UnsafeRawBufferPointer, by consumer: Consumer) throws {
        try consumer.reader.feed(bytes) { event in
            switch event {
            case .body(let body): consumer.lines.feed(body) { take($0, at: consumer) }
            case .end(let status): throw LoadFailure("a stream ended with status \(status)")
            }
        }
    }

    private func take(_ event: EventLines.Event, at consumer: Consumer) {
        if let last = consumer.sequence {
            if event.sequence != last + 1 { result.misplaced += 1 }
        } else {
            opened += 1
        }
        consumer.sequence = event.sequence
        guard let number = event.number, due.indices.contains(number) else { return }
        result.delivered += 1
        last = now
        if number >= measuredFrom { result.delivery.record(nanoseconds: now - due[number]) }
    }

    // MARK: The loop

    /// Waits until something can be read, but no longer than `deadline`, and reads it.
    private func turn(until deadline: Int64) throws {
        if polled.isEmpty {
            polled = (consumers.map(\.socket) + posters.map(\.socket))
                .map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        }
        // pause: hundreds of sockets are asked once a millisecond, not once for each event
        if consumers.count > 16 { usleep(1_000) }
        let left_us = max(deadline - monotonicNanoseconds(), 0) / 1_000
        var ready = poll(&polled, nfds_t(polled.count), Int32(left_us / 1_000))
        if ready == 0, left_us % 1_000 > 0 {
            // pause: poll(2) counts whole milliseconds, the schedule does not
            usleep(UInt32(min(left_us % 1_000, 50)))
            ready = poll(&polled, nfds_t(polled.count), 0)
        }
        now = monotonicNanoseconds()
        guard ready > 0 else { return }
        for (index, entry) in polled.enumerated() where entry.revents != 0 {
            if index < consumers.count {
                try read(from: consumers[index])
            } else {
                read(from: posters[index - consumers.count])
                if polled.isEmpty { return }
            }
        }
    }

    private func read(from consumer: Consumer) throws {
        switch consumer.socket.read(into: buffer) {
        case .bytes(let count):
            now = monotonicNanoseconds()
            try receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]), by: consumer)
            if let sequence = consumer.sequence, consumer === consumers.first { cursorFile?.keep(sequence) }
        case .nothing: break
        case .end: throw LoadFailure("the server closed a stream")
        }
    }

    private func read(from poster: Poster) {
        switch poster.socket.read(into: buffer) {
        case .bytes(let count): receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]), by: poster)
        case .nothing: break
        case .end: lose(poster)
        }
    }

    private static func threadNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
