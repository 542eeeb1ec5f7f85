internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

/// A started compose stack, and what is needed to use it from outside.
struct ComposeRun: Sendable {
    let stack: ComposeStack
    let door: Curl
    let credentials: JSONValue
    /// From `up` on built images until every container was healthy.
    let startTook: Duration

    @TaskLocal private static var value: ComposeRun?

    /// The stack of the running suite, which has to have the trait `.compose`.
    static var current: ComposeRun {
        guard let value else { preconditionFailure("the suite lacks the trait .compose") }
        return value
    }

    static func with(_ body: @Sendable () async throws -> Void) async throws {
        let stack = try await ComposeStack()
        do {
            try await stack.compose("build", within: .seconds(2400))
            let begun = ContinuousClock.now
            try await stack.compose("up", "--detach", within: .seconds(300))
            try await stack.awaitHealthy(within: .seconds(120))
            let run = ComposeRun(
                stack: stack, door: Curl(stack.frontDoor), credentials: try await stack.credentials(),
                startTook: ContinuousClock.now - begun)
            try await $value.withValue(run) { try await body() }
        } catch {
            try await stack.down()
            throw error
        }
        try await stack.down()
    }

    var integrator: Curl { door.bearing(credentials["integrator"]?["api_key"]?.text ?? "") }
    var `operator`: Curl { door.bearing(credentials["operator"]?["token"]?.text ?? "") }
    func agency(_ code: String) -> Curl { door.bearing(credentials["agencies"]?[code]?["token"]?.text ?? "") }

    /// Reports something and waits until it is in the agency's stream; gives its id.
    @discardableResult
    func pass(_ category: String = "sampah", to agency: String = "dlhk", within limit: Duration = .seconds(20))
        async throws -> String
    {
        var id: String?
        try await wait(for: "a report of \(category) to be taken in", within: limit) {
            let answer = try await integrator.post(
                "/v1/reports",
                .object([
                    "category": .string(category), "description": "Untuk percobaan",
                    "location": ["lat": -10.1583, "lon": 123.6070],
                ]))
            id = answer.status == 201 ? answer.json["id"]?.text : nil
            return id != nil
        }
        guard let id else { throw Command.Failure("no report was taken in") }
        try await wait(for: "\(id) to be in \(agency)'s stream", within: limit) {
            try await self.agency(agency).get("/v1/agencies/\(agency)/reports/\(id)").status == 200
        }
        return id
    }
}

/// Starts the compose stack for a suite, and takes it down when the suite's tests are through.
struct ComposeTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await ComposeRun.with { try await body() }
    }
}

extension Trait where Self == ComposeTrait {
    static var compose: Self { ComposeTrait() }
}

/// Whether these tests run here: with a Docker engine, or where one is required, so that its absence is a failure.
enum ComposeSettings {
    static func areWanted() async -> Bool {
        if ProcessInfo.processInfo.environment["SASANDO_TEST_COMPOSE"] == "required" { return true }
        guard let why = await ComposeStack.whyAbsent() else { return true }
        print("The compose stack is not tested: \(why)")
        return false
    }
}

/// The front door as a program outside sees it. Its certificate is of an authority that only its own container knows.
struct Curl: Sendable {
    struct Answer: Sendable, CustomStringConvertible {
        let status: Int
        let text: String
        let asked: String
        var json: JSONValue { (try? JSONValue(parsing: Array(text.utf8))) ?? .null }
        var description: String { "\(asked): \(status) \(text.suffix(400))" }
    }

    private let address: String
    private var headers: [String] = []

    init(_ address: String) { self.address = address }

    func bearing(_ token: String) -> Curl {
        var curl = self
        curl.headers += ["--header", "Authorization: Bearer \(token)"]
        return curl
    }

    func get(_ path: String, _ options: String...) async throws -> Answer { try await send("GET", path, options) }

    func post(_ path: String, _ body: JSONValue) async throws -> Answer {
        try await send("POST", path, ["--header", "Content-Type: application/json", "--data", body.json])
    }

    /// Posts a file as a form does.
    func upload(_ path: String, file: URL) async throws -> Answer {
        try await send("POST", path, ["--form", "file=@\(file.path)"])
    }

    private func send(_ method: String, _ path: String, _ options: [String]) async throws -> Answer {
        let words = [
            "curl", "--silent", "--insecure", "--max-time", "15", "--request", method, "--write-out",
            "\n%{http_code}",
        ]
        let printed = try await Command(words + headers + options + [address + path]).result().text
        let end = printed.lastIndex(of: "\n") ?? printed.startIndex
        return Answer(
            status: Int(printed[end...].filter(\.isNumber)) ?? 0, text: String(printed[..<end]),
            asked: "\(method) \(path)")
    }
}
