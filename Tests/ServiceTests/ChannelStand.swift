import AsyncHTTPClient
import Domain
import FoundationEssentials
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import PostgreSQL
import Storage
import Streams
import TestSupport
import Testing

@testable import Notifier
@testable import Runtime

/// A running notifier for channels in this process: its doors on a free port, and the login that row security binds.
struct ChannelStand: Sendable {
    static let channel: ChannelCode = "contoh"

    let base: String
    let part: ChannelPart
    /// Of an integrator of ``channel``, for everything.
    let token: String

    /// Runs it for the length of `body`, in the test's own database.
    static func run(
        settings: [String: String] = [:], schedule: WebhookSchedule = .standard,
        _ body: (ChannelStand) async throws -> Void
    ) async throws {
        let fixture = Fixture.current
        let logger = Logger(label: "stand") { _ in SwiftLogNoOpLogHandler() }
        try await KeyStore(pool: fixture.pool).setPassword("unused", of: "sasando_channels")
        let url = fixture.cluster.url(database: fixture.database, user: "sasando_channels")
        let environment = [
            "SASANDO_JURISDICTION": NotifierCity.jurisdiction.rawValue, "SASANDO_CHANNELS": "true",
            "SASANDO_STORE_URL": url, "SASANDO_HTTP_PORT": "0", "SASANDO_PUBLIC_URL": "http://sasando.test",
        ]
        var keys = ConfigurationKeys(environment: environment.merging(settings) { $1 })
        let configuration = try NotifierConfiguration.read(&keys)
        let token = try await NotifierCity.key(.integrator, channel: channel)
        var store = try PostgresConfiguration(url: url)
        store.idleInTransactionTimeout = Fixture.idleInTransactionTimeout
        try await PostgresPool.with(store, reactor: fixture.reactor, logger: logger) { pool in
            let registry = CityRegistry(store: CityStore(pool: pool), logger: logger)
            try await registry.refresh()
            let part = ChannelPart(
                configuration, pool: pool, logger: logger, reportLog: ReportLog(logger: logger), schedule: schedule)
            let router = HTTPService.makeRouter()
            part.addRoutes(
                to: router,
                door: ChannelDoor(
                    jurisdiction: NotifierCity.jurisdiction,
                    authenticator: Authenticator(
                        publicURL: configuration.runtime.http.publicURL, access: AccessStore(pool: pool)),
                    limiter: RateLimiter()), cities: registry)
            let (ports, announce) = AsyncStream.makeStream(of: Int.self)
            let service = HTTPService(
                router: router, settings: HTTPSettings(), logger: logger, listening: { announce.yield($0) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { await part.copier.run() }
                group.addTask { await part.streams.work() }
                group.addTask { await part.open.run() }
                group.addTask { try await service.run() }
                var iterator = ports.makeAsyncIterator()
                let port = try #require(await iterator.next())
                try await body(ChannelStand(base: "http://127.0.0.1:\(port)", part: part, token: token))
            }
        }
    }

    // MARK: Asking

    /// Asks with the integrator's own token unless another, or none (""), is given.
    func ask(
        _ method: String = "GET", _ path: String, token: String? = nil, json: String? = nil
    ) async throws -> NotifierStand.Answer {
        var request = request(method, path, token: token)
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        let response = try await NotifierStand.client.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 32 << 20)
        return NotifierStand.Answer(
            status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
    }

    /// Opens the channel's live stream.
    func live(_ query: String = "", token: String? = nil) async throws -> HTTPClientResponse {
        var request = request("GET", "/v1/channels/\(Self.channel)/events\(query)", token: token)
        request.headers.add(name: "Accept", value: "text/event-stream")
        return try await NotifierStand.client.execute(request, timeout: .seconds(60))
    }

    private func request(_ method: String, _ path: String, token: String?) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        request.method = .RAW(value: method)
        let token = token ?? self.token
        if !token.isEmpty { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        return request
    }
}
