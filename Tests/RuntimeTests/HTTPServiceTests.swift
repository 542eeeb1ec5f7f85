import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import Runtime

/// A service with a few routes on a free port, for as long as `body` runs.
func withServer(
    page: ProblemPage? = nil, settings: HTTPSettings = HTTPSettings(),
    routes: (Router<WebContext>) -> Void, body: (String) async throws -> Void
) async throws {
    let router = HTTPService.makeRouter()
    routes(router)
    let (ports, announce) = AsyncStream.makeStream(of: Int.self)
    let service = HTTPService(
        router: router, settings: settings, page: page, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
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
}

func ask(
    _ method: String = "GET", _ url: String, headers: [(String, String)] = [], body: String? = nil
) async throws -> Answer {
    var request = HTTPClientRequest(url: url)
    request.method = .RAW(value: method)
    request.headers = HTTPHeaders(headers)
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
    let bytes = try await response.body.collect(upTo: 1 << 20)
    return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
}

@Suite struct HTTPServiceTests {
    private func routes(_ router: Router<WebContext>) {
        router.get("/hello/:name") { _, context in try context.parameters.require("name") }
        router.post("/echo") { request, _ in
            Response.json(try await request.collectJSON())
        }
        router.get("/broken") { _, _ -> Response in throw SomeFault() }
        router.get("/page") { _, _ in Response.html("<p>hello") }
    }

    private struct SomeFault: Error {}

    @Test func `An unknown address is a problem with status 404`() async throws {
        try await withServer(routes: routes) { base in
            let answer = try await ask("GET", base + "/nothing")
            #expect(answer.status == 404)
            #expect(answer.headers.first(name: "content-type") == "application/problem+json")
            #expect(answer.body.contains("\"status\":404"))
        }
    }

    @Test func `A known address with another method is 405 and says which it answers`() async throws {
        try await withServer(routes: routes) { base in
            let answer = try await ask("DELETE", base + "/hello/dlhk")
            #expect(answer.status == 405)
            #expect(answer.headers.first(name: "allow") == "GET, HEAD")
        }
    }
}
