internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    @Suite("Consumers that never read", .stack())
    struct NeverReadingTests {
        let stack = RunningStack.current.stack
        let pool = RunningStack.current.pool
        static let events = 50_000
        static let batch = 500
        /// What the process may grow by after the first fifth of the events: its newest events in memory are bounded.
        static let growth_kB = 16_384

        @Test(
            "the notifier's memory stays flat while 50,000 events pass, and others have them all",
            .timeLimit(.minutes(5)))
        func flat() async throws {
            let model = try await model()
            let name = Stack.notifier("dlhk")
            guard let pid = await stack.pid(of: name), let address = await stack.address(of: name) else {
                throw Unexpected("no notifier")
            }
            let idle = residentSize_kB(of: pid)
            let silent = try (0..<8).map { _ in
                try SilentConsumer(
                    address, "/v1/agencies/dlhk/events", token: stack.credentials.agencyTokens["dlhk"] ?? "")
            }
            let reader = StreamFollower("dlhk", stack.agency("dlhk"), keeping: .nothing)
            let others = DeliveryProbe(stack, [("parkir_liar", "dishub")])
            var sizes: [Int] = []
            let began = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await reader.run() }
                group.addTask { await others.run(every: .milliseconds(100)) }
                try await wait(for: "the consumers to be there", within: .seconds(20)) {
                    others.isConnected && reader.isConnected && silent.allSatisfy(\.isAnswered)
                }
                for n in 0..<(Self.events / Self.batch) {
                    try await append(model)
                    let head = Int64((n + 1) * Self.batch)
                    try await wait(for: "the reader to keep up", within: .seconds(20)) { reader.last > head - 5_000 }
                    sizes.append(residentSize_kB(of: pid))
                }
                try await wait(for: "the reader to have all", within: .seconds(30)) { reader.last > Self.events }
                sizes.append(residentSize_kB(of: pid))
                let end = ContinuousClock.now
                try await wait(for: "the others' reports to arrive", within: .seconds(20)) {
                    others.delays(from: began, to: end).missing == 0
                }
                group.cancelAll()
            }
            let delays = others.delays(from: began, to: .now).milliseconds
            let warm = sizes[Self.events / Self.batch / 5]
            print(
                "Never reading: \(reader.last) events; RSS idle \(idle) kB, after a fifth \(warm) kB, most",
                "\(sizes.max() ?? 0) kB; the other agency's p50 \(percentile(0.5, of: delays)?.rounded(1) ?? -1) ms,",
                "p99 \(percentile(0.99, of: delays)?.rounded(1) ?? -1) ms")
            #expect((sizes.max() ?? 0) - warm <= Self.growth_kB, "\(sizes)")
            #expect(reader.seen.faults == [] && reader.seen.connections == 1, "\(reader.seen.faults)")
            #expect(others.faults == [] && delays.count > 50)
            #expect(await stack.pid(of: name) == pid, "the notifier was started anew")
        }

        /// One event of the stream, whose copies follow it.
        private func model() async throws -> String {
            let report = try await stack.integrator.post(
                "/v1/reports", json: Sample.report("sampah", String(repeating: "Sampah di jalan. ", count: 20)))
            #expect(report.status == 201)
            let follower = StreamFollower("dlhk", stack.agency("dlhk"))
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await follower.run() }
                try await wait(for: "the first event", within: .seconds(20)) { follower.last == 1 }
                group.cancelAll()
                return String(decoding: follower.seen.events[1] ?? [], as: UTF8.self)
            }
        }

        /// Appends copies as routing appends: numbers and events in one transaction.
        private func append(_ model: String) async throws {
            let parts = model.split(
                separator: "\"sequence\":\"00000000000000000001\"", omittingEmptySubsequences: false)
            #expect(parts.count == 2)
            let (before, after) = (String(parts[0]) + "\"sequence\":\"", "\"" + String(parts[1]))
            try await pool.transaction([
                "SELECT head FROM stream WHERE jurisdiction = 'kupang' AND code = 'dlhk' FOR NO KEY UPDATE",
                """
                INSERT INTO stream_event (jurisdiction, stream, seq, epoch, event_id, type, report_id, version, status,
                    previous_status, agency, category, subtype, area, channel, received_at, occurred_at, body)
                SELECT e.jurisdiction, e.stream, s.head + n, e.epoch, e.event_id, 'commented', e.report_id, n + 1, e.status,
                    e.status, e.agency, e.category, e.subtype, e.area, e.channel, e.received_at, e.occurred_at,
                    \(before) || lpad((s.head + n)::text, 20, '0') || \(after)
                FROM stream s JOIN stream_event e ON e.jurisdiction = s.jurisdiction AND e.stream = s.code AND e.seq = 1,
                    generate_series(1, \(literal: Self.batch)) n
                WHERE s.jurisdiction = 'kupang' AND s.code = 'dlhk'
                """,
                """
                UPDATE stream SET head = head + \(literal: Self.batch) WHERE jurisdiction = 'kupang' AND code = 'dlhk'
                """,
            ])
        }

        private func residentSize_kB(of pid: pid_t) -> Int {
            let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
            return status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
                .flatMap { Int($0.filter(\.isNumber)) } ?? 0
        }
    }
}

/// Opens an event stream and takes nothing of it but the answer's first bytes.
private final class SilentConsumer: Sendable {
    private let socket: CInt

    init(_ address: String, _ path: String, token: String) throws {
        let place = try RawSocket.place(of: address)
        socket = try RawSocket.connect(place.host, place.port)
        let request =
            "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\nAccept: text/event-stream\r\n\r\n"
        guard RawSocket.write(socket, Array(request.utf8)) == request.utf8.count else {
            throw Unexpected("write: \(errno)")
        }
    }

    deinit { close(socket) }

    /// Whether the answer has begun.
    var isAnswered: Bool { String(decoding: RawSocket.peek(socket, 12), as: UTF8.self) == "HTTP/1.1 200" }
}
