internal import AsyncHTTPClient
internal import Domain
internal import NIOCore
internal import NIOHTTP1
internal import TestSupport

/// A way to the services, and who goes there.
struct Door: Sendable {
    /// `http://127.0.0.1:PORT`, the front door's or a service's own.
    let address: String
    /// Sent with every request.
    var headers: [(name: String, value: String)] = []

    /// One client for all: connections are kept, and redirects are answers.
    static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(3), read: .seconds(40)))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 400
        configuration.httpVersion = .http1Only
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    init(_ address: String, _ headers: [(name: String, value: String)] = []) {
        self.address = address
        self.headers = headers
    }

    /// With a token in the `Authorization` header.
    func bearing(_ token: String) -> Door { Door(address, headers + [("Authorization", "Bearer \(token)")]) }

    func with(_ name: String, _ value: String) -> Door { Door(address, headers + [(name, value)]) }

    func get(_ path: String, patience: Duration = .seconds(15)) async throws -> Answer {
        try await send("GET", path, patience: patience)
    }

    func post(_ path: String, json: JSONValue, patience: Duration = .seconds(15)) async throws -> Answer {
        try await send("POST", path, type: "application/json", body: Array(json.json.utf8), patience: patience)
    }

    func post(_ path: String, form: String) async throws -> Answer {
        try await send("POST", path, type: "application/x-www-form-urlencoded", body: Array(form.utf8))
    }

    func send(
        _ method: String, _ path: String, type: String? = nil, body: [UInt8]? = nil,
        patience: Duration = .seconds(15)
    ) async throws -> Answer {
        var request = self.request(method, path)
        if let type { request.headers.add(name: "Content-Type", value: type) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await Self.client.execute(
            request, timeout: .nanoseconds(Int64(patience.milliseconds * 1e6)))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        return Answer(
            status: Int(response.status.code), headers: response.headers, bytes: Array(buffer: bytes),
            asked: "\(method) \(path)")
    }

    /// Opens an event stream, from where `position` says.
    func follow(_ path: String, lastEventID position: String?) async throws -> HTTPClientResponse {
        var request = self.request("GET", path)
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let position { request.headers.add(name: "Last-Event-ID", value: position) }
        return try await Self.client.execute(request, deadline: .distantFuture)
    }

    /// The status with which an event stream is answered; it is not read any further.
    func statusOfFollowing(_ path: String) async throws -> Int {
        Int(try await follow(path, lastEventID: nil).status.code)
    }

    private func request(_ method: String, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address + path)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        return request
    }
}

/// What came back.
struct Answer: Sendable, CustomStringConvertible {
    let status: Int
    let headers: HTTPHeaders
    let bytes: [UInt8]
    let asked: String

    var text: String { String(decoding: bytes, as: UTF8.self) }

    var json: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }

    subscript(name: String) -> JSONValue? { json[name] }

    func header(_ name: String) -> String? { headers.first(name: name) }

    /// The faults of a 422, as `pointer code`, sorted.
    var faults: [String] {
        (json["errors"]?.elements ?? []).map { "\($0["pointer"]?.text ?? "?") \($0["code"]?.text ?? "?")" }.sorted()
    }

    var description: String { "\(asked): \(status) \(text.prefix(400))" }
}

extension Stack {
    nonisolated var door: Door { Door(frontDoor) }
    /// The integrator's way in.
    nonisolated var integrator: Door { door.bearing(credentials.integratorKey) }
    nonisolated var operatorDoor: Door { door.bearing(credentials.operatorToken) }

    /// The city's summary, which may be 503 for a while after a busy one: then its figures are not of the moment.
    nonisolated func summary() async throws -> Answer {
        var answer: Answer?
        try await wait(for: "the figures to be of the moment", within: .seconds(20)) {
            answer = try await operatorDoor.get("/v1/analytics/summary")
            return answer?.status != 503
        }
        guard let answer else { throw Unexpected("no summary") }
        return answer
    }

    nonisolated func agency(_ code: String) -> Door { door.bearing(credentials.agencyTokens[code] ?? "") }
}

/// Reports as tests send them.
enum Sample {
    /// A category with the agency that its reports go to; triage for none.
    static let ways: [(category: String?, subtype: String?, agency: String)] = [
        ("sampah", nil, "dlhk"), ("parkir_liar", nil, "dishub"), ("lampu_rambu", "lampu_jalan", "pupr"),
        ("lampu_rambu", "rambu", "dishub"), ("iklan_liar", nil, "satpolpp"), ("orang_hilang", nil, "dinsos"),
        ("fogging_dbd", nil, "dinkes"), ("kebakaran", nil, "damkar"), (nil, nil, "kominfo"),
    ]
    static let areas = ["53.71.01.1001", "53.71.04.1008", "53.71.02.1001"]

    static func report(
        _ category: String? = "sampah", subtype: String? = nil,
        _ description: String = "Sampah menumpuk di pinggir jalan"
    ) -> JSONValue {
        var members: [String: JSONValue] = [
            "description": .string(description), "location": ["lat": -10.1583, "lon": 123.6070],
        ]
        if let category { members["category"] = .string(category) }
        if let subtype { members["subtype"] = .string(subtype) }
        return .object(members)
    }

    /// The `n`th of a long row: all kinds, some places, and texts that are awkward to carry.
    static func report(number n: Int) -> (body: JSONValue, agency: String) {
        let way = n % 3 == 0 ? ways[0] : ways[(n / 3) % ways.count]
        let awkward = n % 7 == 0 ? " “kutip” \\ \u{1F525}\n\tbaris dua </script>" : ""
        guard case .object(var members) = report(way.category, subtype: way.subtype, "Laporan nomor \(n)\(awkward)")
        else { return (.null, way.agency) }
        if n % 5 == 0 {
            members["location"] = nil
            members["area"] = .string(areas[(n / 5) % areas.count])
        }
        return (.object(members), way.agency)
    }
}

extension JSONValue {
    /// The object with a member set, or removed.
    func setting(_ name: String, _ value: JSONValue?) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members[name] = value
        return .object(members)
    }
}
