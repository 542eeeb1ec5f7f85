import Domain
import FoundationEssentials
import PostgreSQL
import Storage
import Streams
import TestSupport
import TestTraits
import Testing
import ZeroMQ

@testable import Notifier

@Suite("A stream over ZeroMQ", .serialized, .freshDatabase(NotifierCity.template), .timeLimit(.minutes(2)))
struct StreamDoorTests {
    private func cursors(_ range: ClosedRange<Int>) -> [String] { range.map { "1-\($0)" } }

    @Test("from the beginning, in order, exactly the bytes that are stored, and on live without a gap")
    func follows() async throws {
        try await NotifierCity.append(700)
        try await StreamStand.run { stand in
            let caller = try await stand.caller()
            #expect(try await caller.enter() == ["1", "700"])
            try await caller.say("CREDIT", "1000")
            var events = try await caller.events(700)
            try await NotifierCity.append(300)
            stand.stream.hints.ring()
            events += try await caller.events(300)
            #expect(events.map(\.cursor) == cursors(1...1000))
            let stored = try await stand.stream.reader.page(after: 0, limit: 1000)?.events ?? []
            #expect(events.map(\.text) == stored.map(\.body))
            // From the middle, and only what is new.
            let middle = try await stand.caller()
            try await middle.enter("1-850")
            try await middle.say("CREDIT", "150")
            #expect(try await middle.events(150).map(\.cursor) == cursors(851...1000))
            let newest = try await stand.caller()
            #expect(try await newest.enter("latest") == ["1", "1000"])
            try await newest.say("CREDIT", "5")
            try await NotifierCity.append(1)
            stand.stream.hints.ring()
            #expect(try await newest.events(1).map(\.cursor) == ["1-1001"])
        }
    }

    @Test("no event comes beyond the credit, behind and live; ACK says how far the consumer is")
    func credit() async throws {
        try await NotifierCity.append(500)
        try await StreamStand.run { stand in
            let caller = try await stand.caller()
            try await caller.say("HELLO", "")
            try await caller.say("CREDIT", "7")
            #expect(try await caller.hear()?.first == "WELCOME")
            #expect(try await caller.events(7).map(\.cursor) == cursors(1...7))
            #expect(try await caller.hear(within: .milliseconds(700)) == nil)
            #expect(stand.stream.seats.worstLag(of: .zeromq, behind: 500) == 493)
            try await caller.say("ACK", "1-5")
            try await until("the word counts") { stand.stream.seats.worstLag(of: .zeromq, behind: 500) == 495 }
            #expect(stand.stream.seats.worstLag(of: .sse, behind: 500) == 0)
            for _ in 0..<3 { try await caller.say("CREDIT", "100") }
            #expect(try await caller.events(300).map(\.cursor) == cursors(8...307))
            try await caller.say("CREDIT", "200")
            #expect(try await caller.events(193).map(\.cursor) == cursors(308...500))
        }
    }

    @Test("a bad cursor is 400, another epoch or beyond the head 409, what is no longer kept 410; then a better HELLO")
    func positions() async throws {
        try await NotifierCity.append(5)
        _ = try await Fixture.current.pool.query("UPDATE analytics_cursor SET seq = 5 WHERE stream = 'dlhk'")
        _ = try await StreamAdminStore(pool: Fixture.current.pool).trim(
            "dlhk", in: NotifierCity.jurisdiction, keepFrom: 3)
        try await StreamStand.run { stand in
            let caller = try await stand.caller()
            for (position, status) in [("x", 400), ("1-6", 409), ("2-4", 409), ("1-1", 410)] {
                try await caller.say("HELLO", position)
                if status != 400 { try await caller.say("CREDIT", "3") }
                let problem = try await caller.problem()
                #expect(problem["status"] == .int(Int64(status)), "\(position)")
                guard status != 400 else { continue }
                #expect(problem["earliest"] == .string("1-2") && problem["latest"] == .string("1-5"))
            }
            try await caller.enter("1-2")
            try await caller.say("CREDIT", "3")
            #expect(try await caller.events(3).map(\.cursor) == cursors(3...5))
            // A second HELLO begins anew, without what was left of the credit.
            try await caller.say("CREDIT", "50")
            try await caller.enter("1-4")
            #expect(try await caller.hear(within: .milliseconds(500)) == nil)
            try await caller.say("CREDIT", "1")
            #expect(try await caller.events(1).map(\.cursor) == ["1-5"])
        }
    }

    @Test("what is malformed, or comes at the wrong time, is told, and the connection stays good")
    func malformed() async throws {
        try await NotifierCity.append(2)
        try await StreamStand.run { stand in
            let caller = try await stand.caller()
            func expect(_ status: Int64, _ code: String, _ frames: [[UInt8]]) async throws {
                try await caller.socket.sendWaiting(frames, until: .now + .seconds(20))
                let problem = try await caller.problem()
                #expect(problem["status"] == .int(status), "\(code)")
                #expect(problem["errors"]?.elements.first?["code"] == .string(code))
            }
            func frames(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }
            try await expect(409, "no_hello", frames("sasando/1", "CREDIT", "1"))
            try await expect(409, "no_hello", frames("sasando/1", "ACK", "1-1"))
            try await expect(400, "unknown_version", frames("sasando/2", "HELLO", ""))
            try await expect(400, "wrong_frame_count", frames("sasando/1", "HELLO"))
            try await expect(400, "wrong_frame_count", Array(repeating: frames("sasando/1")[0], count: 60))
            try await expect(400, "unknown_command", frames("sasando/1", "EVENT", ""))
            try await expect(400, "bad_cursor", [Array("sasando/1".utf8), Array("HELLO".utf8), [0xff]])
            try await caller.enter()
            try await expect(409, "not_sent", frames("sasando/1", "ACK", "1-1"))
            try await expect(400, "bad_credit", frames("sasando/1", "CREDIT", "many"))
            try await caller.say("CREDIT", "1000000")
            #expect(try await caller.events(2).map(\.cursor) == cursors(1...2))
            try await expect(400, "too_much_credit", frames("sasando/1", "CREDIT", "3"))
        }
    }

    @Test("strangers and other agencies' programs get nothing; a key that is revoked ends within seconds")
    func keys() async throws {
        try await NotifierCity.append(1)
        try await StreamStand.run { stand in
            let other = CurveKeyPair.generate()
            try await StreamStand.register(other, for: "pupr")
            for pair in [other, .generate()] {
                let stranger = try await stand.caller(pair)
                try? await stranger.say("HELLO", "")
                #expect(try await stranger.hear(within: .seconds(2)) == nil)
            }
            let caller = try await stand.caller()
            try await caller.enter()
            try await caller.say("CREDIT", "10")
            #expect(try await caller.events(1).count == 1)
            #expect(
                try await KeyStore(pool: Fixture.current.pool).revoke(stand.keyID, in: NotifierCity.jurisdiction))
            let revoked = ContinuousClock.now
            #expect(try await caller.problem()["status"] == .int(401))
            #expect(ContinuousClock.now - revoked < .seconds(5))
            try await NotifierCity.append(1)
            stand.stream.hints.ring()
            try await caller.say("HELLO", "")
            #expect(try await caller.problem()["status"] == .int(401))
            try await until("the place is free") { stand.stream.seats.taken == 0 }
        }
    }

    @Test("there are so many places as live consumers may be; who goes frees its own")
    func places() async throws {
        try await StreamStand.run(consumers: 1) { stand in
            let caller = try await stand.caller()
            try await caller.enter()
            let late = try await stand.caller()
            try await late.say("HELLO", "")
            let problem = try await late.problem()
            #expect(problem["status"] == .int(503) && problem["retry_after"] == .int(5))
            await caller.socket.close()
            try await until("the place is free") { stand.stream.seats.taken == 0 }
            try await late.enter()
        }
    }

    @Test("while few are behind, the next page is there before it is asked for")
    func readsAhead() async throws {
        try await NotifierCity.append(50)
        try await StreamStand.run { stand in
            let stream = stand.stream
            await stream.readAhead(after: 10)
            let ahead = try await stream.replays.page(after: 10) { nil }
            #expect(ahead?.first == 11 && ahead?.last == 50)
            await stream.readAhead(after: 50)
            let beyond = try await stream.replays.page(after: 50) { nil }
            #expect(beyond == nil)
            for _ in 0..<3 { stream.seats.setBehind(true) }
            await stream.readAhead(after: 20)
            let crowded = try await stream.replays.page(after: 20) { nil }
            #expect(crowded == nil)
        }
    }

    @Test("who reads nothing holds up nobody, and is sent the rest when it reads again")
    func slow() async throws {
        try await NotifierCity.append(6_000, bytes: 2_000)
        try await StreamStand.run { stand in
            let slow = try await stand.caller { $0.receiveHighWaterMark = 1 }
            try await slow.enter()
            try await slow.say("CREDIT", "6000")
            let caller = try await stand.caller()
            try await caller.enter()
            try await caller.say("CREDIT", "6000")
            #expect(try await caller.events(6_000).map(\.cursor) == cursors(1...6_000))
            #expect(try await slow.events(6_000).map(\.cursor) == cursors(1...6_000))
        }
    }

    @Test("a silent stream has a heartbeat, with credit and without")
    func heartbeat() async throws {
        try await StreamStand.run { stand in
            let caller = try await stand.caller()
            try await caller.enter()
            let entered = ContinuousClock.now
            #expect(try await caller.hear(within: .seconds(8)) == ["HEARTBEAT"])
            #expect(ContinuousClock.now - entered > .seconds(4))
        }
    }

    @Test("told to stop, the service says so to everybody")
    func stop() async throws {
        try await StreamStand.run { stand in
            let caller = try await stand.caller()
            try await caller.enter()
            stand.stream.tail.close()
            #expect(try await caller.problem()["status"] == .int(503))
            try await caller.say("HELLO", "")
            #expect(try await caller.problem()["status"] == .int(503))
        }
    }
}
