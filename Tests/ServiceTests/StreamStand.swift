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
    private let served: LiveStream?
    let endpoint: String
    let serverKey: CurvePublicKey
    /// A registered one.
    let pair: CurveKeyPair
    let keyID: String
    private let context: ZeroMQContext
    private let reactor: Reactor

    /// The agency's.
    var stream: LiveStream {
        guard let served else { preconditionFailure("this door is for channels") }
        return served
    }

    /// Runs an agency's door for the length of `body`.
    static func run(
        agency: AgencyCode = "dlhk", consumers: Int = 50, _ body: @Sendable (StreamStand) async throws -> Void
    ) async throws {
        let pair = CurveKeyPair.generate()
        let keyID = try await register(pair, for: agency)
        let logger = Self.logger
        try await with("sasando_\(NotifierCity.jurisdiction)_\(agency)") { pool in
            let stream = LiveStream(
                reader: StreamReader(jurisdiction: NotifierCity.jurisdiction, stream: .agency(agency), pool: pool),
                consumers: consumers, logger: logger, reportLog: ReportLog(logger: logger))
            let keys = CurveKeyWatch(logger: logger) { try await AccessStore(pool: pool).streamKeys() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { await stream.run() }
                try await until("the stream is read") { stream.hasBegun }
                try await open(StreamDoor.Streams(stream), keys, pair, keyID, stream, body)
            }
        }
    }

    /// Runs the channels' door for the length of `body`, who holds a key of this channel.
    static func run(
        channel: ChannelCode, streams: StreamDoor.Streams, _ body: @Sendable (StreamStand) async throws -> Void
    ) async throws {
        let pair = CurveKeyPair.generate()
        let keyID = try await KeyStore(pool: Fixture.current.pool).ensure(
            KeyHolder(keyID: "stream-\(UUID().text)", kind: .zeromq, channel: channel),
            publicKey: pair.publicKey.bytes, expiresAt: nil, in: NotifierCity.jurisdiction
        ).id
        try await with("sasando_channels") { pool in
            let keys = CurveKeyWatch(logger: logger) { try await AccessStore(pool: pool).curveKeys() }
            try await open(streams, keys, pair, keyID, nil, body)
        }
    }

    private static let logger = Logger(label: "stand") { _ in SwiftLogNoOpLogHandler() }

    private static func with(_ login: String, _ body: (PostgresPool) async throws -> Void) async throws {
        let fixture = Fixture.current
        var store = try PostgresConfiguration(url: fixture.cluster.url(database: fixture.database, user: login))
        store.idleInTransactionTimeout = Fixture.idleInTransactionTimeout
        try await PostgresPool.with(store, reactor: fixture.reactor, logger: logger, body)
    }

    private static func open(
        _ streams: StreamDoor.Streams, _ keys: CurveKeyWatch, _ pair: CurveKeyPair, _ keyID: String,
        _ stream: LiveStream?, _ body: @Sendable (StreamStand) async throws -> Void
    ) async throws {
        let server = CurveKeyPair.generate()
        let secret = try SecretOnDisk(server.secretKey.bytes)
        var settingKeys = ConfigurationKeys(environment: [
            "SASANDO_STREAM_KEY_FILE": secret.path, "SASANDO_STREAM_BIND": "tcp://127.0.0.1:*",
        ])
        let settings = try #require(
            CurveDoorSettings(&settingKeys, name: "STREAM", port: 1, purpose: "it is sent", callers: "consumers"))
        try settingKeys.check()
        let door = StreamDoor(
            settings: settings, streams: streams, keys: keys, limiter: RateLimiter(), logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await door.run() }
            try await until("the door is open") { door.endpoint != nil }
            let reactor = Reactor(name: "callers")
            let stand = StreamStand(
                served: stream, endpoint: try #require(door.endpoint), serverKey: server.publicKey, pair: pair,
                keyID: keyID, context: try ZeroMQContext(), reactor: reactor)
            defer { reactor.stop() }
            do { try await body(stand) } catch {
                await stand.context.close()
                throw error
            }
            await stand.context.close()
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
