import AsyncHTTPClient
import Domain
import Foundation
import Hummingbird
import Logging
import Media
import NIOCore
import NIOHTTP1
import PostgreSQL
import Reactor
import ServiceLifecycle
import Storage
import Streams
import TestSupport
import Testing

@testable import Intake
@testable import Runtime

/// Intake's side of chats in this process: the webhooks on a free port, the desk and the sender, over the test's own
/// database, with a provider that is a process of its own.
struct ChatStand: Sendable {
    let base: String
    let provider: ChatProviderServer
    let pool: PostgresPool

    private static let starting = Task { try await ChatProviderServer.start() }
    static var provider: ChatProviderServer { get async throws { try await starting.value } }

    /// - Parameter isAwake: whether anybody looks at what comes in.
    static func run(isAwake: Bool = true, _ body: (ChatStand) async throws -> Void) async throws {
        let fixture = Fixture.current
        let logger = Logger(label: "stand") { _ in SwiftLogNoOpLogHandler() }
        let provider = try await provider
        let configuration = try Self.configuration(provider)
        let registry = CityRegistry(store: CityStore(pool: fixture.pool), withBoundaries: true, logger: logger)
        try await registry.refresh()
        let reportLog = ReportLog(logger: logger)
        let queues = AdmissionQueues(
            store: AdmissionStore(pool: fixture.pool), bounds: configuration.bounds, logger: logger,
            reportLog: reportLog, stored: {})
        let workers = MediaWorkers(executable: configuration.media.worker, count: 1, logger: logger)
        let photos = Photos(
            workers: workers, folder: PhotoFolder(configuration.media.folder),
            store: MediaStore(pool: fixture.pool))
        let runner = ReporterRunner(
            store: CommandStore(pool: fixture.pool), erasures: ErasureStore(pool: fixture.pool), logger: logger,
            reportLog: reportLog, announce: { _, _ in })
        let admission = ReportAdmission(
            queues: queues, store: AdmissionStore(pool: fixture.pool), tests: TestReportStore(pool: fixture.pool),
            identities: configuration.identityKeys, reporterSecret: configuration.reporterSecret.bytes)
        let cities = ServedCities(registry: registry, store: CityStore(pool: fixture.pool))
        let push = PushPart(configuration: configuration, registry: registry, pool: fixture.pool, logger: logger)
        let chats = ChatPart(
            configuration: configuration, registry: registry, pool: fixture.pool, news: push.bell, logger: logger)
        let filing = ReportFiling(admission: admission, photos: photos, clock: { .now })
        let router = HTTPService.makeRouter()
        chats.routes(cities).add(to: router)
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        let http = HTTPService(
            router: router, settings: HTTPSettings(), logger: logger, listening: { announce.yield($0) })
        let parts =
            isAwake
            ? push.services + chats.services(cities, filing, runner, photos, ReportStore(pool: fixture.pool)) : []
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            for part in parts { group.addTask { try await part.run() } }
            group.addTask { try await queues.run() }
            group.addTask { try await workers.run() }
            group.addTask { try await http.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            try await body(
                ChatStand(base: "http://127.0.0.1:\(port)", provider: provider, pool: fixture.pool))
        }
    }

    private static func configuration(_ provider: ChatProviderServer) throws -> IntakeConfiguration {
        var settings = try provider.settings(gather: 0)
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let key = folder.appending(path: "key")
        try Data(String(repeating: "07", count: 32).utf8).write(to: key)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key.path)
        settings["SASANDO_REPORTER_SECRET_FILE"] = key.path
        settings["SASANDO_IDENTITY_KEY_FILE"] = key.path
        settings["SASANDO_STORE_URL"] = Fixture.current.url
        settings["SASANDO_PUBLIC_URL"] = "https://lapor.example.id"
        settings["SASANDO_MEDIA"] = Photographs.folder
        settings["SASANDO_MEDIA_WORKER"] = Photographs.worker
        var keys = ConfigurationKeys(environment: settings)
        return try IntakeConfiguration.read(&keys)
    }

    // MARK: Speaking as the providers do

    /// - Returns: the answer's status and text.
    func post(_ path: String, _ body: [UInt8], headers: [(String, String)]) async throws -> (Int, String) {
        var request = HTTPClientRequest(url: base + path)
        request.method = .POST
        request.headers = HTTPHeaders([("Content-Type", "application/json")] + headers)
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        return (Int(response.status.code), String(buffer: try await response.body.collect(upTo: 1 << 16)))
    }

    func get(_ path: String) async throws -> (Int, String) {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: base + path), timeout: .seconds(20))
        return (Int(response.status.code), String(buffer: try await response.body.collect(upTo: 1 << 16)))
    }

    static func signature(_ body: [UInt8], _ secret: String = ChatProviderServer.appSecret) -> (String, String) {
        ("X-Hub-Signature-256", ChatProviderServer.signature(body, secret))
    }

    /// Says something on WhatsApp, once.
    func say(
        _ content: JSONValue, type: String = "text", from person: String, id: String = UUID().uuidString
    ) async throws {
        let body = ChatProviderServer.whatsapp(
            content, type: type, from: person, id: id, at: Int64(Date().timeIntervalSince1970))
        let answer = try await post("/channels/whatsapp", body, headers: [Self.signature(body)])
        #expect(answer.0 == 200, "\(answer)")
    }

    func tell(_ content: [String: JSONValue], from person: Int64, update: Int64) async throws {
        let body = ChatProviderServer.telegram(
            content, from: person, update: update, at: Int64(Date().timeIntervalSince1970))
        let answer = try await post(
            "/channels/telegram", body,
            headers: [("X-Telegram-Bot-Api-Secret-Token", ChatProviderServer.telegramSecret)])
        #expect(answer.0 == 200, "\(answer)")
    }

    /// Waits until the person has got so many messages, and gives them.
    @discardableResult
    func texts(_ count: Int, to person: String) async throws -> [String] {
        try await wait(for: "\(count) messages to \(person)", within: .seconds(30)) {
            provider.texts(to: person).count >= count
        }
        return provider.texts(to: person)
    }

    /// Waits until nobody holds anything: who stops then leaves nothing that must first be taken over.
    func rest() async throws {
        try await wait(for: "the chats to rest", within: .seconds(20)) {
            let held = try await count("SELECT count(*) FROM chat WHERE due_at IS NOT NULL")
            return try await held + count("SELECT count(*) FROM chat_outbox") == 0
        }
    }

    func count(_ sql: SQL) async throws -> Int {
        Int(try await pool.query(sql).one().decode(Int64.self, at: 0))
    }
}
