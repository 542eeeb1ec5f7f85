package import AsyncHTTPClient
package import Domain
internal import NIOCore
package import NIOHTTP1

/// A way to the services, and who goes there.
package struct Door: Sendable {
    /// `http://127.0.0.1:PORT`, the front door's or a service's own.
    package let address: String
    /// Sent with every request.
    package var headers: [(name: String, value: String)] = []

    /// One client for all: connections are kept, and redirects are answers.
    package static let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    /// For event streams: who cannot connect is told at once. The other client knocks again by itself, later each time
    /// that anybody's knocking was in vain: after a door was shut for two seconds, half a minute passes before the next.
    private static let streaming: HTTPClient = {
        var configuration = settings
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()
    private static var settings: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(3), read: .seconds(40)))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 400
        configuration.httpVersion = .http1Only
        return configuration
    }

    package init(_ address: String, _ headers: [(name: String, value: String)] = []) {
        self.address = address
        self.headers = headers
    }

    /// With a token in the `Authorization` header.
    package func bearing(_ token: String) -> Door { Door(address, headers + [("Authorization", "Bearer \(token)")]) }

    package func with(_ name: String, _ value: String) -> Door { Door(address, headers + [(name, value)]) }

    package func get(_ path: String, patience: Duration = .seconds(15)) async throws -> Answer {
        try await send("GET", path, patience: patience)
    }

    package func post(_ path: String, json: JSONValue, patience: Duration = .seconds(15)) async throws -> Answer {
        try await send("POST", path, type: "application/json", body: Array(json.json.utf8), patience: patience)
    }

    package func post(_ path: String, form: String) async throws -> Answer {
        try await send("POST", path, type: "application/x-www-form-urlencoded", body: Array(form.utf8))
    }

    package func send(
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
    package func follow(_ path: String, lastEventID position: String?) async throws -> HTTPClientResponse {
        var request = self.request("GET", path)
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let position { request.headers.add(name: "Last-Event-ID", value: position) }
        return try await Self.streaming.execute(request, deadline: .distantFuture)
    }

    /// The status with which an event stream is answered; it is not read any further.
    package func statusOfFollowing(_ path: String) async throws -> Int {
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
package struct Answer: Sendable, CustomStringConvertible {
    package let status: Int
    package let headers: HTTPHeaders
    package let bytes: [UInt8]
    package let asked: String

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package var json: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }

    package subscript(name: String) -> JSONValue? { json[name] }

    package func header(_ name: String) -> String? { headers.first(name: name) }

    /// The faults of a 422, as `pointer code`, sorted.
    package var faults: [String] {
        (json["errors"]?.elements ?? []).map { "\($0["pointer"]?.text ?? "?") \($0["code"]?.text ?? "?")" }.sorted()
    }

    package var description: String { "\(asked): \(status) \(text.prefix(400))" }
}
