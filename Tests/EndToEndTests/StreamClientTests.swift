internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    /// Agencies' streams, as others' programs read them.
    @Suite("Stream clients")
    struct StreamClientTests {
        let stack = RunningStack.current.stack

        @Test func `others' clients read the same events, live, from a cursor, and page by page`() async throws {
            for _ in 0..<20 {
                let sent = try await stack.integrator.with("Idempotency-Key", UUID().uuidString)
                    .post("/v1/reports", json: Sample.report("sampah"))
                #expect(sent.status == 201, "\(sent)")
            }
            let path = "/v1/agencies/dlhk/events"
            try await wait(for: "twenty events", within: .seconds(20)) {
                try await stack.agency("dlhk").get(path + "?limit=20").json.elements.count == 20
            }
            let token = try #require(stack.credentials.agencyTokens["dlhk"])
            let failures = try await SSEClients.judge(stack.door.address + path, token: token, count: 20)
            #expect(failures == "")
        }
    }
}
