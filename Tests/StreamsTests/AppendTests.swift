internal import Domain
internal import FoundationEssentials
internal import Logging
internal import PostgreSQL
internal import Storage
internal import Streams
internal import Synchronization
internal import TestSupport
internal import TestTraits
internal import Testing

@Suite(.serialized, .freshDatabase(.city))
struct AppendTests {
    let fixture = Fixture.current

    private func event(_ stream: AgencyCode) -> PendingEvent {
        let time = Timestamp(seconds: 1_764_000_000)
        return PendingEvent(
            stream: stream, eventID: UUID(), type: .commented, reportID: UUID(), version: 1, status: .assigned,
            previousStatus: nil, agency: stream, category: nil, subtype: nil, area: nil, channel: "uji",
            receivedAt: time, occurredAt: time, resolveSeconds: nil, onTime: nil,
            body: EventBody(prefix: "{\"sequence\":\"", suffix: "\"}"))
    }

    @Test func `many writers on several streams leave no gap and no deadlock`() async throws {
        let streams: [AgencyCode] = ["dlhk", "dishub", "damkar", "kominfo"]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<12 {
                group.addTask {
                    for round in 0..<25 {
                        // Each writer names the streams in an order of its own.
                        let events = (0..<streams.count).map { event(streams[($0 * (writer + 1) + round) % 4]) }
                        _ = try await fixture.pool.transaction(Append.statements(events, in: TestCity.code))
                    }
                }
            }
            try await group.waitForAll()
        }
        let rows = try await fixture.pool.query(
            """
            SELECT s.code, s.head, count(e.seq), max(e.seq) FROM stream s
            LEFT JOIN stream_event e ON e.jurisdiction = s.jurisdiction AND e.stream = s.code GROUP BY 1, 2
            """)
        var total: Int64 = 0
        for row in rows {
            let head = try row.decode(Int64.self, at: 1)
            #expect(try row.decode(Int64.self, at: 2) == head)
            total += head
        }
        #expect(total == 12 * 25 * 4)
    }

    @Test func `readers by position miss nothing while twelve writers append`() async throws {
        let reader = StreamReader(jurisdiction: TestCity.code, stream: "dlhk", pool: fixture.pool)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    for _ in 0..<50 {
                        let events = [event("dlhk")]
                        _ = try await fixture.pool.transaction(Append.statements(events, in: TestCity.code))
                    }
                }
            }
            group.addTask {
                var position: Int64 = 0
                while position < 600 {
                    for event in try await reader.page(after: position, limit: 100)?.events ?? [] {
                        #expect(event.cursor.seq == position + 1)
                        position = event.cursor.seq
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a receiver that gets no hint is at most a second behind`() async throws {
        let tail = Tail<Int>()
        let reader = TailReader(
            reader: StreamReader(jurisdiction: TestCity.code, stream: "dlhk", pool: fixture.pool), tail: tail,
            hints: Wake(), pause: { .zero }, logger: Logger(label: "test")
        ) { events in (events.count, 1) }
        let task = Task { await reader.run() }
        defer { task.cancel() }
        while tail.incarnation == 0 { await tail.wake.wait(since: tail.wake.generation, atMost: .milliseconds(50)) }
        let generation = tail.wake.generation
        _ = try await fixture.pool.transaction(Append.statements([event("dlhk")], in: TestCity.code))
        let committed = ContinuousClock.now
        await tail.wake.wait(since: generation, atMost: .seconds(5))
        // A second, and what a busy machine adds to it.
        #expect(ContinuousClock.now - committed < .milliseconds(1500))
        guard case .blocks(let blocks) = tail.step(after: 0, incarnation: tail.incarnation) else {
            return #expect(Bool(false), "nothing was read")
        }
        #expect(blocks.map(\.payload) == [1])
    }

    @Test func `after a restore with a new epoch, stale cursors are refused and the tail begins anew`() async throws {
        let pool = fixture.pool
        let append: @Sendable (Int) async throws -> Void = { count in
            for _ in 0..<count {
                _ = try await pool.transaction(Append.statements([event("dlhk")], in: TestCity.code))
            }
        }
        try await append(10)
        let reader = StreamReader(jurisdiction: TestCity.code, stream: "dlhk", pool: pool)
        let tail = Tail<Int>()
        let hints = Wake()
        let runner = TailReader(
            reader: reader, tail: tail, hints: hints, pause: { .zero }, logger: Logger(label: "test")
        ) { ($0.count, 1) }
        let task = Task { await runner.run() }
        defer { task.cancel() }
        while tail.incarnation == 0 { await tail.wake.wait(since: tail.wake.generation, atMost: .milliseconds(50)) }
        // The restore: the last three events are lost, and the operator opens a new epoch.
        _ = try await pool.transaction([
            "DELETE FROM stream_event WHERE seq > 7", "UPDATE stream SET head = 7 WHERE code = 'dlhk'",
        ])
        try await StreamAdminStore(pool: pool).openEpoch(in: TestCity.code, reason: "restored")
        try await append(4)
        let deadline = ContinuousClock.now + .seconds(5)
        while tail.incarnation == 1, ContinuousClock.now < deadline {
            hints.ring()
            await tail.wake.wait(since: tail.wake.generation, atMost: .milliseconds(50))
        }
        #expect(tail.incarnation == 2)
        let extent = try #require(try await reader.extent())
        #expect(extent.latest.text == "2-11")
        #expect(throws: CursorRefusal.wrongEpoch) { try extent.check(Cursor(epoch: 1, seq: 10)) }
        try extent.check(Cursor(epoch: 1, seq: 7))
        let page = try #require(try await reader.page(after: 7, limit: 10))
        #expect(page.events.map(\.cursor.text) == ["2-8", "2-9", "2-10", "2-11"])
    }

    @Test func `what was trimmed away is gone for a cursor before it`() async throws {
        for _ in 0..<10 {
            _ = try await fixture.pool.transaction(Append.statements([event("dlhk")], in: TestCity.code))
        }
        // Only what analytics has counted goes.
        _ = try await fixture.pool.query("UPDATE analytics_cursor SET seq = 10 WHERE stream = 'dlhk'")
        let deleted = try await StreamAdminStore(pool: fixture.pool).trim(
            "dlhk", in: TestCity.code, keepFrom: 6, batch: 2)
        #expect(deleted == 5)
        let reader = StreamReader(jurisdiction: TestCity.code, stream: "dlhk", pool: fixture.pool)
        let extent = try #require(try await reader.extent())
        #expect(extent.earliest.text == "1-5")
        #expect(throws: CursorRefusal.gone) { try extent.check(Cursor(epoch: 1, seq: 4)) }
    }

    @Test func `a counter that somebody holds fails the append after the lock's time-out`() async throws {
        try await fixture.pool.withTransaction { intruder in
            _ = try await intruder.query("SELECT 1 FROM stream WHERE code = 'dlhk' FOR UPDATE")
            let error = await #expect(throws: PostgresError.self) {
                _ = try await fixture.pool.transaction(Append.statements([event("dlhk")], in: TestCity.code))
            }
            #expect(error?.sqlState == .lockNotAvailable)
        }
    }

    @Test func `while one counter is held, an append to several streams holds none of the others`() async throws {
        let pool = fixture.pool
        let append: @Sendable ([AgencyCode]) async throws -> Void = { streams in
            _ = try await pool.transaction(Append.statements(streams.map(event), in: TestCity.code))
        }
        try await pool.withTransaction { intruder in
            _ = try await intruder.query("SELECT 1 FROM stream WHERE code = 'dlhk' FOR UPDATE")
            // In ascending order the first would be locked long before the one that is held.
            let several = Task { try await append(["damkar", "dlhk", "kominfo"]) }
            for _ in 0..<20 {
                let begun = ContinuousClock.now
                try await append(["damkar"])
                try await append(["kominfo"])
                #expect(ContinuousClock.now - begun < .milliseconds(300))
            }
            let error = await #expect(throws: PostgresError.self) { try await several.value }
            #expect(error?.sqlState == .lockNotAvailable)
        }
        try await append(["damkar", "dlhk", "kominfo"])
        let heads = try await pool.query("SELECT head FROM stream WHERE code IN ('damkar', 'dlhk') ORDER BY code")
        #expect(try heads.map { try $0.decode(Int64.self, at: 0) } == [21, 1])
    }
}
