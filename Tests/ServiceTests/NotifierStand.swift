import AsyncHTTPClient
import Domain
import FoundationEssentials
import Hummingbird
import Logging
import Media
import NIOCore
import NIOHTTP1
import PostgreSQL
import Storage
import Streams
import Synchronization
import TestSupport
import Testing

@testable import Notifier
@testable import Runtime

/// A running notifier in this process: its doors on a free port, its stream, and a login that row security binds.
struct NotifierStand: Sendable {
    let base: String
    let agency: AgencyCode
    let stream: LiveStream
    let token: String
    /// What was told to other processes.
    let published: Published

    final class Published: Sendable {
        private let heads = Mutex<[StreamHead]>([])
        func add(_ new: [StreamHead]) { heads.withLock { $0 += new } }
        var all: [StreamHead] { heads.withLock { $0 } }
    }

    /// Runs a notifier for the length of `body`, in the test's own database.
    ///
    /// - Parameters:
    ///   - settings: of its environment, beside what every notifier needs.
    ///   - schedule: of webhooks, which are sent where `settings` names a key for them.
    static func run(
        agency: AgencyCode = "dlhk", consumers: Int = 50, heartbeat: Duration = .seconds(15),
        patience: Duration = .seconds(60), settings: [String: String] = [:], schedule: WebhookSchedule = .standard,
        attemptTimeout: Duration = WebhookPace.timeout, _ body: (NotifierStand) async throws -> Void
    ) async throws {
        let fixture = Fixture.current
        let logger = Logger(label: "stand") { _ in SwiftLogNoOpLogHandler() }
        let login = "sasando_\(NotifierCity.jurisdiction)_\(agency)"
        let url = fixture.cluster.url(database: fixture.database, user: login)
        let environment = [
            "SASANDO_JURISDICTION": NotifierCity.jurisdiction.rawValue, "SASANDO_AGENCY": agency.rawValue,
            "SASANDO_STORE_URL": url, "SASANDO_HTTP_PORT": "0", "SASANDO_PUBLIC_URL": "http://sasando.test",
            "SASANDO_MEDIA": Photographs.folder, "SASANDO_MEDIA_WORKER": Photographs.worker,
        ]
        var keys = ConfigurationKeys(environment: environment.merging(settings) { $1 })
        let configuration = try NotifierConfiguration.read(&keys)
        guard case .agency(_, let media) = configuration.charge else { throw Unexpected("\(configuration.charge)") }
        let token = try await NotifierCity.key(.agency, agency: agency)
        var store = try PostgresConfiguration(url: url)
        store.idleInTransactionTimeout = Fixture.idleInTransactionTimeout
        try await PostgresPool.with(store, reactor: fixture.reactor, logger: logger) { pool in
            let registry = CityRegistry(store: CityStore(pool: pool), logger: logger)
            try await registry.refresh()
            let stream = LiveStream(
                reader: StreamReader(jurisdiction: NotifierCity.jurisdiction, stream: .agency(agency), pool: pool),
                consumers: consumers, heartbeat: Heartbeat(interval: heartbeat), logger: logger,
                reportLog: ReportLog(logger: logger))
            let published = Published()
            let workers = MediaWorkers(executable: media.worker, count: 1, logger: logger)
            let photos = Photos(
                workers: workers, folder: PhotoFolder(media.folder), store: MediaStore(pool: pool))
            let webhooks = WebhookPart(configuration, pool: pool, stream: stream, logger: logger)
            let runner = webhooks.runner(schedule: schedule, timeout: attemptTimeout)
            let doors = NotifierDoors(
                configuration, agency: agency, pool: pool, registry: registry,
                stream: ServedStream(live: stream, webhooks: webhooks), limiter: RateLimiter(), photos: photos,
                logger: logger, reportLog: ReportLog(logger: logger), patience: patience,
                publish: { published.add($0) })
            let router = HTTPService.makeRouter()
            doors.add(to: router)
            let (ports, announce) = AsyncStream.makeStream(of: Int.self)
            let service = HTTPService(
                router: router, settings: HTTPSettings(), page: doors.problemPage, logger: logger,
                listening: { announce.yield($0) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { await stream.run() }
                group.addTask { await doors.open.run() }
                group.addTask { try await workers.run() }
                group.addTask { try await service.run() }
                group.addTask { await runner?.work() }
                var iterator = ports.makeAsyncIterator()
                let port = try #require(await iterator.next())
                try await until("the tail has begun") { stream.hasBegun }
                try await body(
                    NotifierStand(
                        base: "http://127.0.0.1:\(port)", agency: agency, stream: stream, token: token,
                        published: published))
            }
        }
    }

    // MARK: Asking

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: String

        subscript(name: String) -> String? { headers.first(name: name) }
        var json: JSONValue { (try? JSONReader.read(Array(body.utf8)))?.value ?? .null }
    }

    /// Asks with the agency's own token unless another, or none (""), is given.
    func ask(
        _ method: String = "GET", _ path: String, token: String? = nil, headers: [(String, String)] = [],
        json: String? = nil, form: String? = nil, body: [UInt8]? = nil, type: String = ""
    ) async throws -> Answer {
        var request = request(method, path, token: token, headers: headers)
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        if let form {
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: form))
        }
        if let body {
            request.headers.add(name: "Content-Type", value: type)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await Self.client.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 32 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
    }

    /// Opens the live stream.
    func live(
        _ query: String = "", token: String? = nil, headers: [(String, String)] = []
    ) async throws -> HTTPClientResponse {
        let request = request(
            "GET", "/v1/agencies/\(agency)/events\(query)", token: token,
            headers: [("Accept", "text/event-stream")] + headers)
        return try await Self.client.execute(request, timeout: .seconds(60))
    }

    func command(
        _ name: String, _ report: UUID, _ json: String? = nil, headers: [(String, String)] = []
    ) async throws -> Answer {
        try await ask("POST", "/v1/agencies/\(agency)/reports/\(report.text)/\(name)", headers: headers, json: json)
    }

    private func request(
        _ method: String, _ path: String, token: String?, headers: [(String, String)]
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        request.method = .RAW(value: method)
        request.headers = HTTPHeaders(headers)
        let token = token ?? self.token
        if !token.isEmpty { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        return request
    }

    /// Follows no redirects: they are part of what is tested.
    static let client = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: {
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 200
            return configuration
        }())
}

/// Server-sent events as a client reads them.
struct SSEReader {
    struct Event: Hashable {
        var type: String
        var data: String
        var id: String
    }

    // One test reads it; the protocol does not say that it may be handed over.
    private nonisolated(unsafe) var iterator: HTTPClientResponse.Body.AsyncIterator
    private(set) var text = ""

    init(_ response: HTTPClientResponse) { iterator = response.body.makeAsyncIterator() }

    /// The next `count` events; fewer when the stream ends before.
    mutating func events(_ count: Int) async throws -> [Event] {
        var events: [Event] = []
        while events.count < count {
            guard let end = text.firstRange(of: "\n\n") else {
                guard try await more() else { break }
                continue
            }
            let frame = text[..<end.lowerBound]
            text.removeSubrange(..<end.upperBound)
            var event = Event(type: "", data: "", id: "")
            for line in frame.split(separator: "\n") {
                if line.hasPrefix("event: ") { event.type = String(line.dropFirst(7)) }
                if line.hasPrefix("data: ") { event.data = String(line.dropFirst(6)) }
                if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
            }
            events.append(event)
        }
        return events
    }

    /// Reads on until `text` has been seen in what is not an event yet.
    mutating func await(_ wanted: String) async throws -> Bool {
        while !text.contains(wanted) { guard try await more() else { return false } }
        return true
    }

    private mutating func more() async throws -> Bool {
        guard let buffer = try await iterator.next() else { return false }
        text += String(buffer: buffer)
        return true
    }
}

/// Looks again and again until the thing is so; fails after a bound.
func until(
    _ what: Comment, within bound: Duration = .seconds(20), _ isSo: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + bound
    while try await !isSo() {
        guard ContinuousClock.now < end else {
            Issue.record("not within \(bound): \(what)")
            throw CancellationError()
        }
        // pause: between two looks, so that what is waited for gets the processor
        try await Task.sleep(for: .milliseconds(5))
    }
}
