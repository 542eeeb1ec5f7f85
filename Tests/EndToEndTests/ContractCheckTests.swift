internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// The document that machines read, and the services that answer.
    @Suite(
        "Contract",
        .stack([
            "SASANDO_CITIZEN_RATE": "100000", "SASANDO_CITIZEN_BURST": "100000", "SASANDO_DEVICE_RATE": "100000",
            "SASANDO_DEVICE_BURST": "100000",
        ]))
    struct ContractCheckTests {
        let stack = RunningStack.current.stack

        /// A report of our own: its id, and the reporter's key.
        private func report() async throws -> (id: String, key: String) {
            let receipt = try await stack.integrator.with("Idempotency-Key", UUID().uuidString)
                .post("/v1/reports", json: Sample.report("sampah"))
            return (try #require(receipt["id"]?.text, "\(receipt)"), try #require(receipt["reporter_key"]?.text))
        }

        @Test func `no request makes a server error, or an answer that the document does not describe`() async throws {
            let (work, moderated, own) = (try await report(), try await report(), try await report())
            let path = "/v1/agencies/dlhk/reports/\(work.id)"
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency("dlhk").get(path).status == 200
            }
            let (agency, city) = (try #require(stack.credentials.agencyTokens["dlhk"]), stack.credentials.operatorToken)
            let integrator = stack.credentials.integratorKey
            let sent = try await stack.integrator.post(
                "/v1/reports", json: Sample.report("sampah").setting("external_id", "kontrak-1"))
            #expect(sent.status == 201, "\(sent)")
            let webhook = try await stack.agency("dlhk").post(
                "/v1/agencies/dlhk/webhooks", json: ["url": "https://lapor.example.id/kait", "policy": "block"])
            let endpoint = try #require(webhook["id"]?.text, "\(webhook)")
            let ofChannel = try await stack.integrator.post(
                "/v1/channels/integrator/webhooks", json: ["url": "https://lapor.example.id/kanal"])
            let channelEndpoint = try #require(ofChannel["id"]?.text, "\(ofChannel)")
            let seed = Int.random(in: 1...1_000_000)
            let verdict = try await Schemathesis.judge(
                stack.door.address,
                asking: [
                    .init("^/v1/agencies/.code./[a-z]+$", key: agency, ["code": "dlhk"]),
                    .init("^/v1/agencies/.code./reports/.id.", key: agency, ["code": "dlhk", "id": work.id]),
                    .init("^/v1/agencies/.code./webhooks/.id.", key: agency, ["code": "dlhk", "id": endpoint]),
                    .init("^/v1/channels/.code./[a-z]+$", key: integrator, ["code": "integrator"]),
                    .init(
                        "^/v1/channels/.code./webhooks/.id.", key: integrator,
                        ["code": "integrator", "id": channelEndpoint]),
                    .init("^/v1/(analytics/summary|moderation|moderation/log|announcements)$", key: city),
                    .init("^/v1/announcements/.id./", key: city),
                    .init("^/v1/moderation/.id.", key: city, ["id": moderated.id]),
                    .init("^/v1/(media|reports|reports/batch|reports/nearby)$", key: integrator),
                    .init(
                        "^/v1/channels/.code./reports/.external_id.", key: integrator,
                        ["code": "integrator", "external_id": "kontrak-1"]),
                    .init("^/v1/reports/.report.", key: own.key, ["report": own.id]),
                ], examples: 10, seed: seed)
            #expect(verdict.isGood, "seed \(seed): \(verdict.text.suffix(6_000))")
            // Whatever was asked, everything still works.
            #expect(try await stack.integrator.post("/v1/reports", json: Sample.report("sampah")).status == 201)
        }
    }
}
