import AsyncHTTPClient
import Domain
import FoundationEssentials
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Pages
import PostgreSQL
import TestSupport
import TestTraits
import Testing

@testable import Analytics
@testable import Runtime
@testable import Storage

@Suite("What is counted for the public")
struct PerformanceMakerTests {
    private static let city: City = {
        var city = NotifierCity.city
        city.categories.append(
            Category(
                code: "orang_hilang", name: LocalizedText(id: "Orang hilang", en: "Missing person"), icon: "x",
                sensitive: true))
        return city
    }()
    /// A Friday at noon in the city.
    private static let now = Timestamp(rfc3339: "2026-11-27T12:00:00+08:00")!
    private static let periods = PerformancePeriods(now: now, offsetSeconds: 28_800)

    private func figures(_ rows: PerformanceRows, _ published: [PublishedCount] = []) -> PerformanceFigures {
        PerformanceMaker(city: Self.city, periods: Self.periods, rows: rows, published: published)
            .figures(asOf: Self.now)
    }

    @Test("periods end with today; months are published a week after their end")
    func periods() {
        let periods = Self.periods
        #expect(periods.end.text == "2026-11-28" && periods.late.text == "2026-10-29")
        #expect(periods.first.text == "2025-12-01" && periods.recentMonths.map(\.text).last == "2026-11")
        #expect(periods.mondays.map(\.text).suffix(2) == ["2026-11-16", "2026-11-23"] && periods.mondays.count == 12)
        #expect(periods.published.map(\.text).prefix(2) == ["2026-10", "2026-09"] && periods.published.count == 12)
        for (day, newest) in [("2026-12-07", "2026-10"), ("2026-12-08", "2026-11"), ("2027-01-08", "2026-12")] {
            let then = Timestamp(rfc3339: "\(day)T00:30:00+08:00")!
            #expect(PerformancePeriods(now: then, offsetSeconds: 28_800).published[0].text == newest)
        }
        let monday = PerformancePeriods(
            now: Timestamp(rfc3339: "2026-11-23T00:10:00+08:00")!, offsetSeconds: 28_800)
        #expect(monday.mondays.last?.text == "2026-11-23")
    }

    @Test("no sensitive category and nothing unsorted is asked for")
    func counted() {
        #expect(PerformanceMaker.counted(in: Self.city) == ["sampah", "jalan"])
        #expect(PerformanceMaker.sensitive(in: Self.city) == ["orang_hilang"])
    }

    @Test("agencies, categories and the total are sums of the same reports, lately and in all")
    func sums() throws {
        var rows = PerformanceRows()
        rows.received = [
            .init(agency: "dlhk", category: "sampah", lately: 8, all: 20),
            .init(agency: "pupr", category: "jalan", lately: 3, all: 4),
            .init(agency: "pupr", category: "sampah", lately: 1, all: 2),
        ]
        let hour = Int16(DurationHistogram.bucket(seconds: 3_600))
        rows.speeds = [
            .init(
                agency: "dlhk", category: "sampah", bucket: hour, lately: 6, latelyOnTime: 3, all: 10, allOnTime: 6),
            .init(agency: "pupr", category: "jalan", bucket: hour, lately: 1, latelyOnTime: 1, all: 4, allOnTime: 4),
        ]
        let figures = figures(rows)
        for (period, received, resolved) in [(figures.month, 12, 7), (figures.year, 26, 14)] {
            #expect(period.total.received == received && period.total.resolved == resolved)
            for rows in [period.agencies, period.categories] {
                #expect(rows.reduce(0) { $0 + $1.received } == received)
                #expect(rows.reduce(0) { $0 + $1.resolved } == resolved)
            }
        }
        #expect(figures.month.agencies.map(\.code) == ["dlhk", "pupr"])
        #expect(figures.month.agencies[0].onTimeShare == 0.5)
        #expect(abs((figures.month.agencies[0].p50Seconds ?? 0) - 3_600) < 120)
    }

    @Test("fewer than 5 resolutions tell no times and no share", arguments: [4, 5])
    func few(resolved: Int64) {
        var rows = PerformanceRows()
        rows.speeds = [
            .init(
                agency: "dlhk", category: "sampah", bucket: 40, lately: resolved, latelyOnTime: resolved,
                all: resolved, allOnTime: resolved)
        ]
        let row = figures(rows).month.agencies[0]
        #expect(row.resolved == Int(resolved))
        #expect((row.p50Seconds == nil) == (resolved < 5) && (row.p90Seconds == nil) == (resolved < 5))
        #expect((row.onTimeShare == nil) == (resolved < 5) && (row.onTime == 0) == (resolved < 5))
    }

    @Test("days go into their week and their month")
    func flows() {
        func day(_ text: String) -> Int32 { CityDay(text: text, offsetSeconds: 28_800)!.number }
        var rows = PerformanceRows()
        rows.flows = [
            .init(agency: "dlhk", day: day("2026-11-22"), received: 1, resolved: 0),
            .init(agency: "dlhk", day: day("2026-11-23"), received: 10, resolved: 2),
            .init(agency: "dlhk", day: day("2026-11-27"), received: 100, resolved: 20),
            .init(agency: "dlhk", day: day("2026-10-31"), received: 1_000, resolved: 0),
        ]
        let flow = figures(rows).flows[0]
        #expect(flow.weeks.suffix(2).map(\.received) == [1, 110] && flow.weeks.last?.resolved == 22)
        #expect(flow.months.suffix(2).map(\.received) == [1_000, 111] && flow.months.count == 12)
        #expect(flow.months.last?.from == "2026-11-01")
    }

    @Test("a sensitive category is told by kecamatan and month, with nothing that could be taken away from anything")
    func sensitive() throws {
        let october = CivilMonth(year: 2026, month: 10)
        func count(_ month: CivilMonth, _ district: String, _ n: Int) -> PublishedCount {
            PublishedCount(month: month, category: "orang_hilang", district: district, count: PublicCount(n))
        }
        let figures = figures(
            PerformanceRows(),
            [
                count(october, "53.71.04", 3), count(october, "53.71.01", 12), count(october, "", 0),
                count(october.adding(-1), "53.71.04", 7),
            ])
        let table = try #require(figures.sensitive.first)
        #expect(figures.months.map(\.text) == ["2026-10", "2026-09"])
        #expect(table.districts.map(\.code) == ["53.71.01", "53.71.04", ""])
        #expect(table.districts.map(\.counts) == [[.exactly(12), nil], [.few, .exactly(7)], [.exactly(0), nil]])
        let tables = PerformanceTables(figures: figures, city: Self.city)
        let json = String(decoding: tables.sensitiveJSON, as: UTF8.self)
        #expect(json.contains(#""month":"2026-10","district_code":"53.71.04","district":"Kelapa Lima","reports":null"#))
        #expect(!json.contains("total") && !json.contains(":3") && !json.contains(":22"), "\(json)")
        #expect(tables.sensitiveCSV.contains("orang_hilang,2026-10,53.71.04,Kelapa Lima,< 5\r\n"))
        for text in [tables.csv, tables.flowCSV, String(decoding: tables.json, as: UTF8.self)] {
            #expect(!text.contains("orang_hilang"), "\(text)")
        }
    }
}

/// Analytics' public doors and the operator's page, over a store.
@Suite("The city's doors", .serialized, .freshDatabase(NotifierCity.template))
struct CityDoorTests {
    private struct Answer {
        var status: Int
        var headers: HTTPHeaders
        var body: String
    }

    private struct Ask {
        var method: HTTPMethod = .GET
        var path: String
        var isOperator = true
        var form: String?
        var json: String?
        var headers: [(String, String)] = []
    }

    private func ask(_ asks: [Ask], age: Duration? = .zero, now: Timestamp = .now) async throws -> [Answer] {
        let pool = Fixture.current.pool
        let logger = Logger(label: "city") { _ in SwiftLogNoOpLogHandler() }
        let registry = CityRegistry(store: CityStore(pool: pool), logger: logger)
        try await registry.refresh()
        let doors = AnalyticsDoors(
            registry: registry, authenticator: Authenticator(publicURL: nil, access: AccessStore(pool: pool)),
            limiter: RateLimiter(), publicURL: "http://kota.example", clock: { now })
        let router = HTTPService.makeRouter()
        PerformanceRoutes(store: PerformanceStore(pool: pool), doors: doors, age: { _ in age }).add(to: router)
        AnnouncementRoutes(
            doors: doors, store: AnnouncementStore(pool: pool), sameOrigin: SameOrigin(publicURL: nil)
        ).add(to: router)
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
            for ask in asks { answers.append(try await Self.send(ask, to: "http://127.0.0.1:\(port)", token)) }
            return answers
        }
    }

    private static func send(_ ask: Ask, to door: String, _ token: String) async throws -> Answer {
        var request = HTTPClientRequest(url: door + ask.path)
        request.method = ask.method
        if ask.isOperator { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in ask.headers { request.headers.add(name: name, value: value) }
        if let form = ask.form {
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: form))
        } else if let json = ask.json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let answer: Answer
        do {
            let response = try await client.execute(request, timeout: .seconds(20))
            let bytes = try await response.body.collect(upTo: 4 << 20)
            answer = Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
        return answer
    }

    @Test("anyone reads how the city performs, as of a moment; before the first picture nobody does")
    func performance() async throws {
        let paths = ["/kinerja", "/kinerja?masa=12-bulan&lang=en", "/kinerja.csv", "/v1/performance"]
        let asks = paths.map { Ask(path: $0, isOperator: false) }
        for answer in try await ask(asks) { #expect(answer.status == 200, "\(answer)") }
        let pages = try await ask([asks[0], asks[1]], now: Timestamp(rfc3339: "2026-11-27T14:05:00+08:00")!)
        #expect(
            pages[0].body.contains("data per hari ini 14.05 WITA") && pages[1].body.contains("How the city performs"))
        #expect(pages[0].body.contains("<link rel=\"canonical\" href=\"http://kota.example/kinerja\">"))
        for answer in try await ask(asks, age: nil) { #expect(answer.status == 503, "\(answer)") }
    }

    @Test("figures that were counted are given again for a while, and not counted anew for each who asks")
    func cached() async throws {
        let csv = Ask(path: "/kinerja.csv", isOperator: false)
        let pool = Fixture.current.pool
        let answers = try await ask([csv, csv])
        #expect(
            answers[0].body == answers[1].body
                && answers[0].headers.first(name: "Cache-Control") == "public, max-age=30")
        #expect(PerformanceRoutes.kept + .seconds(30) <= .seconds(60))
        _ = try await pool.query(
            """
            INSERT INTO rollup_received (jurisdiction, day, agency, category, n)
            VALUES ('kupang', current_date, 'dlhk', 'sampah', 7)
            """)
        #expect(try await ask([csv])[0].body.contains("agency,dlhk,7,0,,,"))
    }

    @Test("an announcement is made, listed for everybody, and ended, by form and by program")
    func announcements() async throws {
        let until = Timestamp.now.adding(seconds: 7_200)
        let local = String(until.rfc3339(offsetSeconds: 28_800).prefix(16))
        let key = "01936f0e-7b1a-7c3d-9e5f-0123456789ab"
        let ours = [("Sec-Fetch-Site", "same-origin")]
        let form =
            "key=\(key)&text_id=Lampu+padam&category=jalan&areas=53.71.05.1001&until=\(local.replacing(":", with: "%3A"))"
        let list = Ask(path: "/v1/announcements", isOperator: false)
        let answers = try await ask([
            Ask(method: .POST, path: "/pengumuman", form: form, headers: ours),
            Ask(method: .POST, path: "/pengumuman", form: form, headers: ours),
            Ask(path: "/pengumuman?hasil=dibuat"), list,
            Ask(method: .POST, path: "/pengumuman/\(key)/akhiri", form: "", headers: ours), list,
            Ask(path: "/pengumuman"),
        ])
        #expect(answers[0].status == 303 && answers[0].headers.first(name: "Location") == "/pengumuman?hasil=dibuat")
        #expect(answers[1].status == 303)
        #expect(answers[2].body.contains("Pengumuman tersimpan.") && answers[2].body.contains("Sedang tampil"))
        #expect(answers[3].body.contains(#""areas":["53.71.05.1001"]"#) && answers[3].body.contains("Lampu padam"))
        #expect(answers[4].status == 303)
        #expect(answers[5].body == #"{"announcements":[]}"#, "\(answers[5])")
        #expect(answers[6].body.contains("Sudah lewat") && answers[6].body.contains("Diakhiri"))
        let json = #"{"until":"\#(until)","text":{"id":"Jalan ditutup","en":"Road closed"}}"#
        let other = "01936f0e-7b1a-7c3d-9e5f-0123456789ac"
        let made = try await ask([
            Ask(method: .POST, path: "/v1/announcements", json: json, headers: [("Idempotency-Key", other)]),
            Ask(method: .POST, path: "/v1/announcements", json: json, headers: [("Idempotency-Key", other)]),
            Ask(method: .POST, path: "/v1/announcements/\(other)/end"),
            Ask(method: .POST, path: "/v1/announcements/\(other)/end"),
            Ask(method: .POST, path: "/v1/announcements", json: json, headers: [("Idempotency-Key", "x")]),
        ])
        #expect(made.map(\.status) == [201, 200, 204, 404, 400], "\(made)")
    }

    @Test("what is wrong in the form is said on top, and what was typed stays")
    func faulty() async throws {
        let ours = [("Sec-Fetch-Site", "same-origin")]
        let form = "text_id=ab&until=2020-01-01T10%3A00&areas=53.71.05.1001&text_en=%22%3E%3Cx%3E"
        let answers = try await ask([
            Ask(method: .POST, path: "/pengumuman", form: form, headers: ours),
            Ask(method: .POST, path: "/pengumuman", form: form, headers: [("Origin", "http://jahat.example")]),
            Ask(method: .POST, path: "/pengumuman", isOperator: false, form: form, headers: ours),
            Ask(path: "/pengumuman", isOperator: false, headers: [("Accept", "text/html")]),
        ])
        #expect(answers.map(\.status) == [422, 403, 401, 401], "\(answers.map(\.status))")
        let page = answers[0].body
        #expect(page.contains("href=\"#until\"") && page.contains("href=\"#text_id\""))
        #expect(page.contains("&quot;&gt;&lt;x&gt;") && page.contains("value=\"53.71.05.1001\" checked"))
        #expect(page.contains("value=\"2020-01-01T10:00\""))
    }
}
