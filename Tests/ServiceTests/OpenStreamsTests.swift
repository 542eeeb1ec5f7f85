import Domain
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import PostgreSQL
import Runtime
import Storage
import Streams
import Synchronization
import TestSupport
import TestTraits
import Testing

@testable import Notifier

/// A key that ends takes the streams with it that it has open.
@Suite("Open streams", .serialized, .freshDatabase(NotifierCity.template), .timeLimit(.minutes(2)))
struct OpenStreamsTests {
    private func revoke(_ token: String) async throws {
        let hash = try #require(Token(token)).hash.bytes
        _ = try await Fixture.current.pool.query("UPDATE api_key SET revoked_at = now() WHERE token_hash = \(hash)")
    }

    /// How long until the stream has ended, as streams end.
    private func timeToEnd(_ reader: SSEReader) async throws -> Duration {
        var reader = reader
        let start = ContinuousClock.now
        #expect(try await reader.events(1).isEmpty)
        return ContinuousClock.now - start
    }

    @Test func `what an agency's key opened ends within five seconds of it, and nobody else's does`() async throws {
        try await NotifierStand.run { notifier async throws in
            let token = try await NotifierCity.key(.agency, agency: "dlhk")
            let signedIn = try await notifier.ask("POST", "/masuk", token: "", form: "token=\(token)")
            let cookie = try #require(signedIn["Set-Cookie"]?.split(separator: ";").first)
            var others = SSEReader(try await notifier.live("?after=latest"))
            _ = try await others.events(1)
            var readers: [SSEReader] = []
            for (token, headers) in [(token, []), (token, []), ("", [("Cookie", String(cookie))])] {
                readers.append(SSEReader(try await notifier.live("?after=1-0", token: token, headers: headers)))
            }
            try await until("all have a place") { notifier.stream.seats.taken == 4 }
            try await revoke(token)
            let revoked = ContinuousClock.now
            for reader in readers { _ = try await timeToEnd(reader) }
            #expect(ContinuousClock.now - revoked < .seconds(5))
            try await NotifierCity.append(1)
            notifier.stream.hints.ring()
            #expect(try await others.events(1).map(\.id) == ["1-1"])
        }
    }

    @Test func `a key whose days are over ends its streams, and so does signing out`() async throws {
        try await NotifierStand.run { notifier async throws in
            let token = try await NotifierCity.key(.agency, agency: "dlhk")
            let hash = try #require(Token(token)).hash.bytes
            let reader = SSEReader(try await notifier.live("?after=1-0", token: token))
            _ = try await Fixture.current.pool.query(
                "UPDATE api_key SET expires_at = now() + interval '1 second' WHERE token_hash = \(hash)")
            #expect(try await timeToEnd(reader) < .seconds(6))
            let signedIn = try await notifier.ask("POST", "/masuk", token: "", form: "token=\(notifier.token)")
            let cookie = ("Cookie", String(try #require(signedIn["Set-Cookie"]?.split(separator: ";").first)))
            let desk = SSEReader(try await notifier.live("?after=1-0", token: "", headers: [cookie]))
            let ours = [cookie, ("Origin", "http://sasando.test")]
            #expect(try await notifier.ask("POST", "/keluar", token: "", headers: ours).status == 303)
            #expect(try await timeToEnd(desk) < .seconds(3))
        }
    }

    @Test func `who does not read is cut off with its key`() async throws {
        try await NotifierStand.run { notifier async throws in
            try await NotifierCity.append(400, bytes: 40_000)
            let token = try await NotifierCity.key(.agency, agency: "dlhk")
            let response = try await notifier.live("?after=1-0", token: token)
            try await until("it has a place") { notifier.stream.seats.taken == 1 }
            try await revoke(token)
            try await until("the silent one is gone", within: .seconds(6)) { notifier.stream.seats.taken == 0 }
            withExtendedLifetime(response) {}
        }
    }

    @Test func `looking takes nothing from a key's limit`() async throws {
        try await NotifierStand.run { notifier async throws in
            let token = Token.generate()
            let holder = KeyHolder(keyID: "seldom", kind: .agency, agency: "dlhk", ratePerMinute: 4)
            _ = try await KeyStore(pool: Fixture.current.pool).ensure(
                holder, tokenHash: token.hash.bytes, expiresAt: nil, in: NotifierCity.jurisdiction)
            var reader = SSEReader(try await notifier.live("?after=latest", token: token.text))
            _ = try await reader.events(1)
            // pause: some looks long, in which a limit would be used up
            try await Task.sleep(for: .seconds(5))
            let path = "/v1/agencies/dlhk/events"
            var statuses: [Int] = []
            for _ in 0..<3 { statuses.append(try await notifier.ask("GET", path, token: token.text).status) }
            #expect(statuses == [200, 200, 200])
            try await NotifierCity.append(1)
            #expect(try await reader.events(1).map(\.id) == ["1-1"])
        }
    }

    @Test func `a channel's stream ends with its key`() async throws {
        try await ChannelStand.run { channels async throws in
            let token = try await NotifierCity.key(.integrator, channel: ChannelStand.channel, scopes: [.read])
            var others = SSEReader(try await channels.live())
            let reader = SSEReader(try await channels.live("", token: token))
            try await revoke(token)
            #expect(try await timeToEnd(reader) < .seconds(5))
            _ = try await NotifierCity.report(by: ChannelStand.channel)
            #expect(try await others.events(1).map(\.id) == ["1-1"])
        }
    }

    @Test func `a key is judged once for all of its streams, and only a refusal ends them`() async throws {
        let (open, growth) = (OpenStreams(), Wake())
        let judged = Mutex(0)
        let refusal = Mutex<(any Error)?>(nil)
        func request(_ token: Token, _ path: String) -> Request {
            Request(
                head: HTTPRequest(
                    method: .get, scheme: nil, authority: nil, path: path,
                    headerFields: [.authorization: "Bearer \(token.text)"]), body: RequestBody(buffer: ByteBuffer()))
        }
        let (one, other) = (request(.generate(), "/events"), request(.generate(), "/events"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await open.run() }
            let departures = (0..<100).map { _ in Wake() }
            var stays = try departures.map { departure in
                try open.enter(one, growth: growth, departure: departure) {
                    judged.withLock { $0 += 1 }
                    if let error = refusal.withLock({ $0 }) { throw error }
                }
            }
            let kept = try open.enter(other, growth: growth, departure: Wake()) {}
            #expect(open.keys == 2)
            for error in [CancellationError(), ProblemDetails.unavailable("The store is away.")] as [any Error] {
                refusal.withLock { $0 = error }
                let before = judged.withLock { $0 }
                try await until("two looks more") { judged.withLock { $0 } == before + 2 }
                #expect(stays.allSatisfy { !$0.isOver } && growth.generation == 0)
            }
            refusal.withLock { $0 = ProblemDetails.unauthorized("It was revoked.") }
            try await until("the streams to end") { stays.allSatisfy(\.isOver) }
            #expect(departures.allSatisfy { $0.generation == 1 } && growth.generation == 1 && !kept.isOver)
            stays.removeAll()
            #expect(open.keys == 1)
            group.cancelAll()
            withExtendedLifetime(kept) {}
        }
    }
}
