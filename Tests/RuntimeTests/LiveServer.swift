import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing

@testable import Runtime

/// A service with a few routes on a free port, for as long as `body` runs.
func withServer(
    page: ProblemPage? = nil, security: SecurityHeaders = SecurityHeaders(), settings: HTTPSettings = HTTPSettings(),
    logger: Logger = .silent, routes: (Router<WebContext>) -> Void, body: (String) async throws -> Void
) async throws {
    let router = HTTPService.makeRouter()
    routes(router)
    let (ports, announce) = AsyncStream.makeStream(of: Int.self)
    let service = HTTPService(
        router: router, settings: settings, page: page, security: security, logger: logger,
        listening: { announce.yield($0) })
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        try await body("http://127.0.0.1:\(port)")
        group.cancelAll()
    }
}

struct Answer {
    var status: Int
    var headers: HTTPHeaders
    var body: String

    subscript(name: String) -> String? { headers.first(name: name) }
}

func ask(
    _ method: String = "GET", _ url: String, headers: [(String, String)] = [], body: String? = nil
) async throws -> Answer {
    var request = HTTPClientRequest(url: url)
    request.method = .RAW(value: method)
    request.headers = HTTPHeaders(headers)
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(100))
    let bytes = try await response.body.collect(upTo: 1 << 20)
    return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
}

/// Sends bytes as they stand and reads until the other end closes.
///
/// - Parameter stays: our end stays open, as that of somebody who may yet send more.
func exchange(raw text: String, with base: String, stays: Bool = false) async throws -> String {
    try await connect(to: base).executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(string: text))
        if !stays { outbound.finish() }
        var answer = ""
        for try await buffer in inbound { answer += String(buffer: buffer) }
        return answer
    }
}

/// A connection that was answered once and then stands open, for as long as `body` runs.
func withConnection(to base: String, _ path: String, body: () async throws -> Void) async throws {
    try await connect(to: base).executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        var buffers = inbound.makeAsyncIterator()
        #expect(try await buffers.next() != nil)
        try await body()
    }
}

private func connect(to base: String) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    let port = try #require(base.split(separator: ":").last.flatMap { Int($0) })
    return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .channelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
        .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            }
        }
}

/// Keeps what is logged.
final class LogBook: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func logger(_ level: Logger.Level) -> Logger {
        Logger(label: "test") { _ in Handler(book: self, logLevel: level) }
    }

    private struct Handler: LogHandler {
        let book: LogBook
        var logLevel: Logger.Level
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            book.lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
        }
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Suspends until the task is cancelled.
func forever() async throws {
    let (never, hold) = AsyncStream.makeStream(of: Void.self)
    for await _ in never {}
    hold.finish()
    throw CancellationError()
}
