import AsyncHTTPClient
import Domain
import FoundationEssentials
import NIOCore
import NIOHTTP1
import PostgreSQL
import Storage
import Streams
import TestSupport
import TestTraits
import Testing

@testable import Notifier

@Suite("A notifier's events", .serialized, .freshDatabase(NotifierCity.template))
struct NotifierEventsTests {
    private let events = "/v1/agencies/dlhk/events"

    @Test("a page holds exactly the bytes that are stored, and says where to go on")
    func page() async throws {
        try await NotifierStand.run { notifier in
            for _ in 0..<3 { _ = try await NotifierCity.report() }
            let stored = try await notifier.stream.reader.page(after: 0, limit: 10)?.events ?? []
            #expect(stored.count == 3)
            let first = try await notifier.ask("GET", events + "?limit=2")
            #expect(first.status == 200)
            #expect(first["Content-Type"] == "application/cloudevents-batch+json")
            #expect(first.body == "[\(stored[0].body),\(stored[1].body)]")
            #expect(first["Link"] == "<\(events)?after=1-2&limit=2>; rel=\"next\"")
            let rest = try await notifier.ask("GET", events + "?after=1-2")
            #expect(rest.body == "[\(stored[2].body)]")
            let empty = try await notifier.ask("GET", events + "?after=1-3")
            #expect(empty.body == "[]")
            #expect(empty["Link"] == "<\(events)?after=1-3&limit=100>; rel=\"next\"")
            let latest = try await notifier.ask("GET", events + "?after=latest&limit=7")
            #expect(latest["Link"] == "<\(events)?after=1-3&limit=7>; rel=\"next\"")
        }
    }

    @Test("a page never grows beyond its bytes, and always moves on")
    func pageBytes() async throws {
        try await NotifierStand.run { notifier in
            try await NotifierCity.append(3, bytes: 700_000)
            let first = try await notifier.ask("GET", events + "?limit=1000")
            #expect(first["Link"]?.contains("after=1-1&") == true)
            try await NotifierCity.append(1, bytes: 1_500_000)
            let large = try await notifier.ask("GET", events + "?after=1-3")
            #expect(large["Link"]?.contains("after=1-4&") == true)
        }
    }

    @Test(
        "bad limits and cursors are refused", arguments: ["limit=0", "limit=1001", "limit=x", "after=x", "after=0-1"])
    func refused(query: String) async throws {
        try await NotifierStand.run { notifier in
            let answer = try await notifier.ask("GET", "\(events)?\(query)")
            #expect(answer.status == 400)
            #expect(answer["Content-Type"] == "application/problem+json")
        }
    }

    @Test("a position of another epoch, beyond the head, or no longer kept is told apart, before the stream starts")
    func positions() async throws {
        try await NotifierStand.run { notifier in
            try await NotifierCity.append(5)
            _ = try await Fixture.current.pool.query("UPDATE analytics_cursor SET seq = 5 WHERE stream = 'dlhk'")
            let admin = StreamAdminStore(pool: Fixture.current.pool)
            _ = try await admin.trim("dlhk", in: NotifierCity.jurisdiction, keepFrom: 3)
            for (cursor, status) in [("1-6", 409), ("2-4", 409), ("1-1", 410), ("1-2", 200), ("1-5", 200)] {
                for accept in ["text/event-stream", "application/json"] where status != 200 || accept.hasSuffix("json")
                {
                    let answer = try await notifier.ask(
                        "GET", "\(events)?after=\(cursor)", headers: [("Accept", accept)])
                    #expect(answer.status == status, "\(cursor) \(accept)")
                    guard status != 200 else { continue }
                    #expect(answer.json["earliest"] == .string("1-2"))
                    #expect(answer.json["latest"] == .string("1-5"))
                }
            }
        }
    }

    @Test("live, an event has its type, its text on one line, and its cursor last")
    func frames() async throws {
        try await NotifierStand.run { notifier in
            _ = try await NotifierCity.report()
            let response = try await notifier.live()
            #expect(response.headers.first(name: "Content-Type") == "text/event-stream")
            #expect(response.headers.first(name: "Cache-Control") == "no-store")
            #expect(response.headers.first(name: "X-Accel-Buffering") == "no")
            let stored = try #require(try await notifier.stream.reader.page(after: 0, limit: 1)?.events.first)
            var reader = SSEReader(response)
            #expect(try await reader.await("\n\n"))
            // A heartbeat may come before it.
            let frame = reader.text.replacing(": hb\n", with: "")
            #expect(frame == "event: sasando.report.assigned\ndata: \(stored.body)\nid: 1-1\n\n")
        }
    }

    @Test("Last-Event-ID wins over after; latest begins with the position")
    func starts() async throws {
        try await NotifierStand.run { notifier in
            try await NotifierCity.append(4)
            var reader = SSEReader(try await notifier.live("?after=1-1", headers: [("Last-Event-ID", "1-3")]))
            #expect(try await reader.events(1).map(\.id) == ["1-4"])
            var newest = SSEReader(try await notifier.live("?after=latest"))
            let opened = try await newest.events(1)
            #expect(opened == [.init(type: "sasando.stream.opened", data: #"{"cursor":"1-4"}"#, id: "1-4")])
            try await NotifierCity.append(1)
            notifier.stream.hints.ring()
            #expect(try await newest.events(1).map(\.id) == ["1-5"])
        }
    }

    @Test("a silent stream beats: a comment and one newline")
    func heartbeat() async throws {
        try await NotifierStand.run(heartbeat: .milliseconds(20)) { notifier in
            var reader = SSEReader(try await notifier.live())
            #expect(try await reader.await(": hb\n: hb\n"))
            #expect(!reader.text.contains("\n\n"))
        }
    }

    @Test("a lost hint costs a second at most")
    func withoutHints() async throws {
        try await NotifierStand.run { notifier in
            var reader = SSEReader(try await notifier.live("?after=latest"))
            _ = try await reader.events(1)
            try await NotifierCity.append(1)
            let start = ContinuousClock.now
            #expect(try await reader.events(1).map(\.id) == ["1-1"])
            #expect(ContinuousClock.now - start < .seconds(3))
        }
    }

    @Test("a consumer far behind reads pages from the store and goes on live, without a gap")
    func catchesUp() async throws {
        // Written before the process starts, so that its tail does not have them.
        try await NotifierCity.append(700)
        try await NotifierStand.run { notifier in
            var reader = SSEReader(try await notifier.live("?after=1-0"))
            var ids = try await reader.events(700).map(\.id)
            try await NotifierCity.append(300)
            notifier.stream.hints.ring()
            ids += try await reader.events(300).map(\.id)
            #expect(ids == (1...1000).map { "1-\($0)" })
            // From the middle of a block.
            var middle = SSEReader(try await notifier.live("?after=1-850"))
            #expect(try await middle.events(150).map(\.id) == (851...1000).map { "1-\($0)" })
        }
    }

    @Test("a restore lets the consumer go, and then tells it what became of its position")
    func restore() async throws {
        try await NotifierStand.run { notifier in
            try await NotifierCity.append(2)
            var reader = SSEReader(try await notifier.live("?after=1-2"))
            try await until("the consumer waits") { notifier.stream.tail.wake.waiting > 0 }
            try await StreamAdminStore(pool: Fixture.current.pool)
                .openEpoch(in: NotifierCity.jurisdiction, reason: "test")
            notifier.stream.hints.ring()
            #expect(try await reader.events(1).isEmpty)
            try await NotifierCity.append(1)
            #expect(try await notifier.ask("GET", events + "?after=1-3").status == 409)
            #expect(try await notifier.ask("GET", events + "?after=1-2")["Link"]?.contains("after=2-3&") == true)
            #expect(try await notifier.ask("GET", events + "?after=2-3").body == "[]")
        }
    }

    @Test("places are bounded, and free again when a consumer hangs up or the answer is never sent")
    func seats() async throws {
        try await NotifierStand.run(consumers: 1) { notifier in
            do {
                let first = try await notifier.live("?after=latest")
                #expect(first.status == .ok)
                let second = try await notifier.live()
                #expect(second.status == .serviceUnavailable)
                #expect(second.headers.first(name: "Retry-After") != nil)
            }
            // Dropping the response closes the connection.
            try await until("the place is free") { notifier.stream.seats.taken == 0 }
            _ = try await notifier.ask("HEAD", events, headers: [("Accept", "text/event-stream")])
            try await until("the place is free after HEAD") { notifier.stream.seats.taken == 0 }
        }
    }

    @Test("a consumer that never reads holds no more than a little, and is let go")
    func neverReads() async throws {
        try await NotifierStand.run(patience: .seconds(1)) { notifier in
            try await NotifierCity.append(400, bytes: 40_000)
            let response = try await notifier.live("?after=1-0")
            #expect(response.status == .ok)
            // Others are served meanwhile.
            var other = SSEReader(try await notifier.live("?after=latest"))
            _ = try await other.events(1)
            try await NotifierCity.append(1)
            notifier.stream.hints.ring()
            #expect(try await other.events(1).map(\.id) == ["1-401"])
            // Sooner than a heartbeat: not more than a little was queued for it.
            try await until("the silent one is gone", within: .seconds(12)) { notifier.stream.seats.taken == 1 }
            withExtendedLifetime(response) {}
        }
    }

    @Test("a stop lets the consumers go, and sends newcomers away")
    func stop() async throws {
        try await NotifierStand.run { notifier in
            var reader = SSEReader(try await notifier.live("?after=latest"))
            _ = try await reader.events(1)
            notifier.stream.tail.close()
            #expect(try await reader.events(1).isEmpty)
            #expect(try await notifier.live().status == .serviceUnavailable)
        }
    }
}
