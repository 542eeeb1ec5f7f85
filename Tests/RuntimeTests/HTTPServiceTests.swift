import CoreMetrics
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Telemetry
import Testing

@testable import Runtime

private struct SomeFault: Error, CustomStringConvertible { let description = "password=hunter2" }

private struct StoreFault: ProblemConvertible {
    var problem: ProblemDetails { .unavailable("The store cannot be reached.", retryAfter_s: 3) }
}

private func routes(_ router: Router<WebContext>) {
    router.get("/hello/:name") { _, context in try context.parameters.require("name") }
    router.get("/k/:key") { _, _ in Response.html("<p>mine") }
    router.get("/page") { _, _ in Response.html("<p>hello") }
    router.post("/echo") { request, _ in Response.json(try await request.collectJSON()) }
    router.post("/v1/shape") { request, _ in
        struct Shape: Decodable { var items: [Item] }
        struct Item: Decodable { var size: Int }
        return "\(try await request.decodeJSON(Shape.self).items.count)"
    }
    router.get("/broken") { _, _ -> Response in throw SomeFault() }
    router.get("/store") { _, _ -> Response in throw StoreFault() }
    router.get("/v1/refused") { _, _ -> Response in
        throw ProblemDetails(
            .unprocessableContent, detail: "no",
            errors: [.init(pointer: "/a/0", code: "range", message: "is too large")],
            members: [("earliest", .string("1-5"))])
    }
    router.get("/files/**") { _, context in context.parameters.getCatchAll().joined(separator: "|") }
}

@Suite struct HTTPServiceTests {
    @Test func `An unknown address is a problem with status 404`() async throws {
        try await withServer(routes: routes) { base in
            let answer = try await ask("GET", base + "/nothing")
            #expect(answer.status == 404)
            #expect(answer["content-type"] == "application/problem+json")
            #expect(
                answer.body == #"{"type":"about:blank","title":"Not Found","status":404,"#
                    + #""detail":"There is nothing at this address."}"#)
        }
    }

    @Test func `A known address with another method is 405 and says which it answers`() async throws {
        try await withServer(routes: routes) { base in
            let answer = try await ask("DELETE", base + "/hello/dlhk")
            #expect(answer.status == 405)
            #expect(answer["allow"] == "GET, HEAD")
            #expect(try await ask("GET", base + "/echo")["allow"] == "POST")
            #expect(try await ask("PUT", base + "/files/a/b/c")["allow"] == "GET, HEAD")
            #expect(try await ask("PUT", base + "/hello/a/b").status == 404)
        }
    }

    @Test func `An unexpected error is 500, tells the client nothing and the log everything`() async throws {
        let book = LogBook()
        try await withServer(logger: book.logger(.info), routes: routes) { base in
            let answer = try await ask("GET", base + "/broken")
            #expect(answer.status == 500)
            #expect(!answer.body.contains("hunter2"))
            #expect(book.all.contains { $0.contains("hunter2") && $0.contains("/broken") })
        }
    }

    @Test func `An error that knows its answer is given it`() async throws {
        try await withServer(routes: routes) { base in
            let store = try await ask("GET", base + "/store")
            #expect(store.status == 503 && store["retry-after"] == "3")
            let refused = try await ask("GET", base + "/v1/refused")
            #expect(refused.status == 422)
            #expect(refused.body.contains(#""errors":[{"pointer":"/a/0","code":"range","message":"is too large"}]"#))
            #expect(refused.body.contains(#""earliest":"1-5""#))
        }
    }

    @Test func `JSON goes in and out`() async throws {
        try await withServer(routes: routes) { base in
            let answer = try await ask(
                "POST", base + "/echo", headers: [("content-type", "application/json; charset=utf-8")],
                body: "{\"a\":1}")
            #expect(answer.status == 200 && answer.body == "{\"a\":1}")
        }
    }

    @Test(arguments: [
        ("text/plain", "{}", 415), ("application/json", "{", 400), ("application/json", "", 400),
        ("application/json", "{}", 422), ("application/json", "{\"items\":[{\"size\":\"x\"}]}", 422),
        ("application/json", "{\"items\":[{\"size\":1}]}", 200),
    ])
    func `A body is refused by what is wrong with it`(type: String, body: String, status: Int) async throws {
        try await withServer(routes: routes) { base in
            let answer = try await ask("POST", base + "/v1/shape", headers: [("content-type", type)], body: body)
            #expect(answer.status == status, "\(answer.body)")
            if body.contains("x") { #expect(answer.body.contains("\"pointer\":\"/items/0/size\"")) }
        }
    }

    @Test func `A body beyond 64 KiB is refused, whether it is announced or not`() async throws {
        try await withServer(routes: routes) { base in
            let limit = HTTPLimits.body
            let type = ("content-type", "application/json")
            let fits = try await ask(
                "POST", base + "/echo", headers: [type], body: String(repeating: "1", count: limit))
            #expect(fits.status == 200 && fits.body.utf8.count == limit)
            let announced = try await ask(
                "POST", base + "/echo", headers: [type], body: String(repeating: "1", count: limit + 1))
            #expect(announced.status == 413)
            #expect(announced["content-type"] == "application/problem+json")
            let chunk = String(repeating: "1", count: 16_384)
            let chunks = String(repeating: "4000\r\n\(chunk)\r\n", count: 5) + "0\r\n\r\n"
            let chunked = try await exchange(
                raw: "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n" + chunks,
                with: base)
            #expect(chunked.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func `A body that is cut short is not taken for a whole one`() async throws {
        try await withServer(routes: routes) { base in
            let answer = try await exchange(
                raw: "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{}",
                with: base)
            #expect(!answer.contains(" 200 "), "\(answer)")
        }
    }

    @Test func `People get a page of a problem, machines JSON`() async throws {
        let page: ProblemPage = { problem, _, _ in Response.html("<h1>\(problem.title)", status: problem.status) }
        try await withServer(page: page, routes: routes) { base in
            let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")]
            let answer = try await ask("GET", base + "/store", headers: browser)
            #expect(answer.status == 503 && answer.body == "<h1>Service Unavailable")
            #expect(answer["retry-after"] == "3")
            #expect(try await ask("GET", base + "/nothing", headers: browser).body == "<h1>Not Found")
            #expect(try await ask("GET", base + "/store").body.hasPrefix("{"))
            #expect(try await ask("GET", base + "/v1/refused", headers: browser).body.hasPrefix("{"))
        }
    }

    @Test func `HEAD has the headers of GET and no body`() async throws {
        try await withServer(routes: routes) { base in
            let found = try await exchange(
                raw: "HEAD /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", with: base)
            #expect(found.hasPrefix("HTTP/1.1 200 ") && found.hasSuffix("\r\n\r\n"))
            #expect(found.lowercased().contains("content-length: 8"))
            let missing = try await exchange(
                raw: "HEAD /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", with: base)
            #expect(missing.hasPrefix("HTTP/1.1 404 ") && missing.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `Pages may load their own files and the map's tiles, and be framed nowhere`() async throws {
        let security = SecurityHeaders(tileOrigins: ["https://{s}.tile.example.org/{z}/{x}/{y}.png"])
        try await withServer(security: security, routes: routes) { base in
            let answer = try await ask("GET", base + "/page")
            let policy = try #require(answer["content-security-policy"])
            #expect(policy.contains("img-src 'self' data: blob: https://*.tile.example.org;"))
            #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"))
            #expect(answer["x-content-type-options"] == "nosniff")
            #expect(answer["referrer-policy"] == "same-origin")
            #expect(answer["strict-transport-security"] == nil)
            #expect(answer["date"]?.hasSuffix(" GMT") == true && answer["server"] == "sasando")
            #expect(try await ask("GET", base + "/k/abc")["referrer-policy"] == "no-referrer")
            security.allowTiles(from: [])
            #expect(try await ask("GET", base + "/page")["content-security-policy"]?.contains("example") == false)
            let json = try await ask("GET", base + "/v1/refused")
            #expect(json["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'")
        }
    }

    @Test func `The access log shows routes, and nothing that a client wrote`() async throws {
        let book = LogBook()
        try await withServer(logger: book.logger(.debug), routes: routes) { base in
            _ = try await ask("GET", base + "/hello/x?secret1=1", headers: [("cookie", "sasando_session=secret2")])
            _ = try await ask("GET", base + "/k/secret3")
            _ = try await ask("GET", base + "/hello/secret4")
        }
        let requests = book.all.filter { $0.contains("Request") }
        #expect(requests.count == 3)
        #expect(requests.contains { $0.contains("/hello/{name}") && $0.contains("200") }, "\(requests)")
        #expect(!book.all.contains { $0.contains("secret") })
    }

    @Test func `At level info no request is logged`() async throws {
        let book = LogBook()
        try await withServer(logger: book.logger(.info), routes: routes) { base in
            _ = try await ask("GET", base + "/page")
        }
        #expect(book.all.contains { $0.contains("Listening") } && !book.all.contains { $0.contains("Request") })
    }

    @Test func `Requests are counted by route, never by path`() async throws {
        let registry = ProcessMetrics.registry
        try await withServer(routes: routes) { base in
            for name in ["counted1", "counted2"] { _ = try await ask("GET", base + "/hello/\(name)") }
            _ = try await ask("GET", base + "/nothing/counted3")
            _ = try await ask("PROPFIND", base + "/page")
        }
        let text = String(decoding: registry.exposition(), as: UTF8.self)
        #expect(text.contains(#"sasando_http_requests_total{method="GET",route="/hello/{name}",status="200"}"#))
        #expect(text.contains(#"sasando_http_requests_total{method="GET",route="unmatched",status="404"}"#))
        #expect(text.contains(#"sasando_http_requests_total{method="OTHER",route="unmatched",status="405"}"#))
        #expect(text.contains(#"sasando_http_request_duration_seconds_count{method="GET",route="/hello/{name}"}"#))
        #expect(!text.contains("counted"))
    }

    @Test func `Beyond the limit a connection waits, and is served when another has ended`() async throws {
        let third = Answered()
        try await withServer(settings: HTTPSettings(maxConnections: 2), routes: routes) { base in
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await withConnection(to: base, "/hello/first") {
                    try await withConnection(to: base, "/hello/second") {
                        group.addTask {
                            let request = "GET /hello/third HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            third.set(try await exchange(raw: request, with: base))
                        }
                        // pause: without the limit it would be answered meanwhile
                        try await Task.sleep(for: .milliseconds(300))
                        #expect(third.text == nil)
                    }
                    try await group.waitForAll()
                }
            }
        }
        #expect(third.text?.hasSuffix("third") == true)
    }

    @Test func `A stop lets an answer under way finish, and cuts off what never would`() async throws {
        let router = HTTPService.makeRouter()
        let (entered, enter) = AsyncStream.makeStream(of: Void.self)
        let (stopped, stop) = AsyncStream.makeStream(of: Void.self)
        router.get("/slow") { _, _ in
            enter.yield()
            for await _ in stopped { break }
            return "done"
        }
        router.get("/endless") { _, _ in
            Response(
                status: .ok,
                body: .init { writer in
                    try await writer.write(ByteBuffer(string: "x"))
                    enter.yield()
                    try await forever()
                })
        }
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        let service = HTTPService(
            router: router, settings: HTTPSettings(), drain: .seconds(1), logger: .silent,
            listening: { announce.yield($0) })
        var silent = ServiceGroupConfiguration(services: [service], logger: .silent)
        silent.maximumGracefulShutdownDuration = .seconds(30)
        let group = ServiceGroup(configuration: silent)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await group.run()
                return true
            }
            var port = ports.makeAsyncIterator()
            let base = "http://127.0.0.1:\(try #require(await port.next()))"
            tasks.addTask {
                let answer = try await ask("GET", base + "/slow")
                #expect(answer.body == "done")
                return true
            }
            tasks.addTask {
                _ = try? await ask("GET", base + "/endless")
                return false
            }
            var entries = entered.makeAsyncIterator()
            for _ in 0..<2 { await entries.next() }
            await group.triggerGracefulShutdown()
            stop.yield()
            // The service and the slow answer end; when the endless one's client notices is its own affair.
            var ended = 0
            while ended < 2, let isAwaited = try await tasks.next() { ended += isAwaited ? 1 : 0 }
            tasks.cancelAll()
        }
        #expect(ContinuousClock.now - start < .seconds(60))
    }
}

/// What a connection was answered, once it was.
private final class Answered: Sendable {
    private let answer = Mutex<String?>(nil)

    var text: String? { answer.withLock { $0 } }

    func set(_ text: String) { answer.withLock { $0 = text } }
}

/// The one registry of the test process: metrics can be set up once only.
enum ProcessMetrics {
    static let registry: MetricRegistry = {
        let registry = MetricRegistry()
        MetricsSystem.bootstrap(registry)
        return registry
    }()
}
