import Domain
import FoundationEssentials
import Outbound
import Reactor
import Telemetry
import TestSupport
import Testing

/// The one way out: what it calls, and how long it lets itself be kept.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct OutboundTests {
    private static let reactor = Reactor(name: "test-out")
    private static let starting = Task { try await PushService.start() }
    private static var service: PushService { get async throws { try await starting.value } }

    private func client(allowing blocks: [String], trusting: Bool = true) async throws -> OutboundClient {
        let policy = OutboundPolicy(
            addresses: AddressPolicy(allowed: blocks.compactMap { NetworkBlock(text: $0) }),
            authorities: trusting ? try await Self.service.certificate : nil)
        return OutboundClient(policy: policy, reactor: Self.reactor)
    }

    private func request(
        _ path: String, host: String = "127.0.0.1", timeout: Duration = .seconds(10), limit: Int = 1_000
    ) async throws -> OutboundRequest {
        let address = try #require(WebAddress("https://\(host):\(try await Self.service.port)\(path)"))
        return OutboundRequest(.post, address, body: [1], timeout: timeout, answerLimit_bytes: limit)
    }

    private func failure(_ request: OutboundRequest, _ client: OutboundClient) async -> OutboundError.Kind? {
        do throws(OutboundError) {
            _ = try await client.send(request)
            return nil
        } catch { return error.kind }
    }

    @Test func `answers come back with their status, many at a time, over connections that are kept`() async throws {
        let client = try await client(allowing: ["127.0.0.1"])
        let request = try await request("/ok/many")
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await client.send(request).status } }
            for try await status in group { #expect(status == 201) }
        }
        #expect(try await client.send(try await self.request("/busy/x")).retryAfter == "120")
        #expect(try await client.send(try await self.request("/moved/x")).status == 307)
    }

    @Test func `every request says who calls, in its own words where it has some`() async throws {
        let client = try await client(allowing: ["127.0.0.1"])
        var request = try await request("/ok/named-caller")
        _ = try await client.send(request)
        request.headers = [("user-agent", "Sasando-uji/1")]
        _ = try await client.send(request)
        let callers = try await Self.service.messages("/ok/named-caller").map { $0["headers"]?["user-agent"]?.text }
        #expect(callers == ["Sasando/\(ProductVersion.current)", "Sasando-uji/1"])
    }

    @Test func `a name that leads to an address of ours is refused when it is called`() async throws {
        // Every system has this name, and it leads to 127.0.0.1.
        let name = "localhost.localdomain"
        let request = try await request("/ok/named", host: name)
        #expect(request.address.isPermitted(by: AddressPolicy()), "the text tells nothing")
        let kind = await failure(request, try await client(allowing: []))
        #expect(kind == .forbidden || kind == .unreachable)
        #expect(try await Self.service.messages("/ok/named").isEmpty)
    }

    @Test func `who shows a certificate that nobody vouches for is not spoken to`() async throws {
        let client = try await client(allowing: ["127.0.0.1"], trusting: false)
        #expect(await failure(try await request("/ok/untrusted"), client) == .unreachable)
        #expect(try await Self.service.messages("/ok/untrusted").isEmpty)
    }

    @Test func `time and size are bounded, and who gives up is let go at once`() async throws {
        let client = try await client(allowing: ["127.0.0.1"])
        let begun = ContinuousClock.now
        #expect(await failure(try await request("/slow/a", timeout: .milliseconds(300)), client) == .timedOut)
        #expect(await failure(try await request("/huge/a"), client) == .answerTooLarge)
        let slow = try await request("/slow/b")
        let task = Task { await failure(slow, client) }
        try await wait(for: "the request to be there", within: .seconds(5)) {
            try await !Self.service.messages("/slow/b").isEmpty
        }
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(ContinuousClock.now - begun < .seconds(8))
    }
}
