import Domain
import FoundationEssentials
import Logging
import PostgreSQL
import Reactor
import Storage
import Streams
import TestSupport
import Testing
import ZeroMQ

@testable import Notifier
@testable import Runtime

/// A running stream door in this process, in the test's own database, and its agency's programs.
struct StreamStand: Sendable {
    let stream: LiveStream
    let endpoint: String
    let serverKey: CurvePublicKey
    /// A registered one.
    let pair: CurveKeyPair
    let keyID: String
    private let context: ZeroMQContext
    private let reactor: Reactor

    /// Runs a door for the length of `body`.
    static func run(
        agency: AgencyCode = "dlhk", consumers: Int = 50, _ body: @Sendable (StreamStand) async throws -> Void
    ) async throws {
        let fixture = Fixture.current
        let logger = Logger(label: "stand") { _ in SwiftLogNoOpLogHandler() }
        let login = "sasando_\(NotifierCity.jurisdiction)_\(agency)"
        let url = fixture.cluster.url(database: fixture.database, user: login)
        let server = CurveKeyPair.generate()
        let secret = try SecretOnDisk(server.secretKey.bytes)
        var keys = ConfigurationKeys(environment: [
            "SASANDO_STREAM_KEY_FILE": secret.path, "SASANDO_STREAM_BIND": "tcp://127.0.0.1:*",
        ])
        let settings = try #require(
            CurveDoorSettings(&keys, name: "STREAM", port: 1, purpose: "it is sent", callers: "consumers"))
        try keys.check()
        let pair = CurveKeyPair.generate()
        let keyID = try await register(pair, for: agency)
        var store = try PostgresConfiguration(url: url)
        store.idleInTransactionTimeout = Fixture.idleInTransactionTimeout
        try await PostgresPool.with(store, reactor: fixture.reactor, logger: logger) { pool in
            let stream = LiveStream(
                reader: StreamReader(jurisdiction: NotifierCity.jurisdiction, stream: agency, pool: pool),
                consumers: consumers, logger: logger, reportLog: ReportLog(logger: logger))
            let door = StreamDoor(
                settings: settings, stream: stream,
                keys: CurveKeyWatch(logger: logger) { try await AccessStore(pool: pool).streamKeys() },
                limiter: RateLimiter(), logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { await stream.run() }
                group.addTask { try await door.run() }
                try await until("the door is open") { stream.hasBegun && door.endpoint != nil }
                let reactor = Reactor(name: "callers")
                let stand = StreamStand(
                    stream: stream, endpoint: try #require(door.endpoint), serverKey: server.publicKey, pair: pair,
                    keyID: keyID, context: try ZeroMQContext(), reactor: reactor)
                defer { reactor.stop() }
                do { try await body(stand) } catch {
                    await stand.context.close()
                    throw error
                }
                await stand.context.close()
            }
        }
    }

    /// Registers a pair, and gives the key's id.
    @discardableResult
    static func register(_ pair: CurveKeyPair, for agency: AgencyCode) async throws -> String {
        let holder = KeyHolder(keyID: "stream-\(UUID().text)", kind: .zeromq, agency: agency)
        return try await KeyStore(pool: Fixture.current.pool).ensure(
            holder, publicKey: pair.publicKey.bytes, expiresAt: nil, in: NotifierCity.jurisdiction
        ).id
    }

    /// A program of the agency, with a connection of its own.
    func caller(
        _ pair: CurveKeyPair? = nil, _ change: (inout SocketOptions) -> Void = { _ in }
    ) async throws -> StreamCaller {
        var options = SocketOptions()
        change(&options)
        let socket = try Socket(
            .dealer, in: context, on: reactor, security: .curveClient(pair ?? self.pair), options: options)
        try await socket.connect(endpoint, serverKey: serverKey)
        return StreamCaller(socket: socket)
    }
}

/// Says what a consumer says, and reads what it is told.
struct StreamCaller: Sendable {
    let socket: Socket

    func say(_ words: String...) async throws {
        try await socket.sendWaiting((["sasando/1"] + words).map { Array($0.utf8) }, until: .now + .seconds(20))
    }

    /// The next message, without its version; nil when none comes for so long.
    func hear(within bound: Duration = .seconds(20)) async throws -> [String]? {
        var frames: [[UInt8]] = []
        do { frames = try await socket.receive(until: .now + bound) } catch {
            if error.code == .timedOut { return nil }
            throw error
        }
        #expect(frames.first == Array("sasando/1".utf8))
        return frames.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    }

    /// Says HELLO, and gives what WELCOME says.
    @discardableResult
    func enter(_ position: String = "") async throws -> [String] {
        try await say("HELLO", position)
        let heard = try await hear() ?? []
        #expect(heard.first == "WELCOME", "\(heard)")
        return Array(heard.dropFirst())
    }

    /// The next so many events; anything else than events and heartbeats is a failure.
    func events(_ count: Int) async throws -> [(cursor: String, text: String)] {
        var events: [(cursor: String, text: String)] = []
        while events.count < count {
            let heard = try #require(try await hear(), "after \(events.count) of \(count) events")
            if heard == ["HEARTBEAT"] { continue }
            try #require(heard.count == 3 && heard[0] == "EVENT", "\(heard)")
            events.append((heard[1], heard[2]))
        }
        return events
    }

    /// The next ERROR's problem.
    func problem() async throws -> JSONValue {
        let heard = try #require(try await hear())
        #expect(heard.first == "ERROR", "\(heard)")
        return try JSONReader.read(Array((heard.last ?? "").utf8)).value
    }
}

/// A secret in a file of mode 600, removed with the value.
private final class SecretOnDisk {
    let path: String

    init(_ bytes: [UInt8]) throws {
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let file = FileManager.default.temporaryDirectory.appending(path: "sasando-\(UUID().uuidString)")
        path = file.path
        try Data(digits.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
