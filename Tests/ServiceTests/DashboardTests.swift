import AsyncHTTPClient
import Domain
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import PostgreSQL
import Storage
import TestSupport
import TestTraits
import Testing

@testable import Analytics
@testable import Runtime

@Suite("The dashboard's doors", .serialized, .freshDatabase(NotifierCity.template))
struct DashboardTests {
    private struct Answer {
        var status: Int
        var headers: HTTPHeaders
        var body: String
    }

    /// Asks the doors, whose figures are of this age, for each of the paths.
    private func answers(to paths: [String], age: Duration?) async throws -> [Answer] {
        let pool = Fixture.current.pool
        let logger = Logger(label: "dashboard") { _ in SwiftLogNoOpLogHandler() }
        let registry = CityRegistry(store: CityStore(pool: pool), logger: logger)
        try await registry.refresh()
        let now = Timestamp.now
        let doors = AnalyticsDoors(
            registry: registry, authenticator: Authenticator(publicURL: nil, access: AccessStore(pool: pool)),
            limiter: RateLimiter(), publicURL: nil, clock: { now })
        let routes = DashboardRoutes(
            doors: doors, store: SummaryStore(pool: pool), flags: FlagStore(pool: pool), age: { _ in age })
        let router = HTTPService.makeRouter()
        routes.add(to: router)
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        let service = HTTPService(
            router: router, settings: HTTPSettings(), logger: logger, listening: { announce.yield($0) })
        let token = try await NotifierCity.key(.operator)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await service.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            var answers: [Answer] = []
            for path in paths { answers.append(try await Self.ask("http://127.0.0.1:\(port)\(path)", token)) }
            return answers
        }
    }

    private static func ask(_ url: String, _ token: String) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 4 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
    }

    @Test(
        "programs get figures of the moment or none",
        arguments: [
            (Duration.zero, 200), (.seconds(2), 200), (.milliseconds(2_001), 503), (.seconds(3_600), 503), (nil, 503),
        ] as [(Duration?, Int)])
    func fresh(age: Duration?, status: Int) async throws {
        for answer in try await answers(to: ["/v1/analytics/summary", "/dashboard.csv"], age: age) {
            #expect(answer.status == status, "\(answer)")
            #expect(answer.headers.first(name: "Retry-After") == (status == 503 ? "1" : nil))
        }
    }

    @Test("the page shows old figures as what they are")
    func old() async throws {
        for (age, isOld) in [(Duration.seconds(1), false), (.seconds(3), true), (.seconds(90_000), true)] {
            let page = try #require(try await answers(to: ["/dashboard"], age: age).first)
            #expect(page.status == 200 && page.body.contains("data per"))
            #expect(page.body.contains("masih dihitung") == isOld, "\(age)")
        }
    }

    @Test("the language that is asked for is shown and remembered")
    func language() async throws {
        let pages = try await answers(to: ["/dashboard?lang=en", "/dashboard"], age: .zero)
        #expect(pages[0].body.contains("<html lang=\"en\""))
        #expect(pages[0].headers.first(name: "Set-Cookie")?.hasPrefix("sasando_bahasa=en;") == true)
        #expect(pages[1].body.contains("<html lang=\"id\"") && pages[1].headers.first(name: "Set-Cookie") == nil)
    }
}
