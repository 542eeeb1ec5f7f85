internal import Domain
internal import Foundation
internal import Glibc
internal import PostgreSQL
internal import Telemetry
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// A report from a chat to its end, through the front door and the real executables.
    @Suite("Chats", .serialized)
    struct ChatTests {
        @Test func `a chat makes one report, whoever is killed meanwhile, and is told of it`() async throws {
            let provider = try await ChatProviderServer.start()
            let yuli = "6281234567801"
            try provider.offer(Photographs.png(64, 48), as: "F1")
            try await RunningStack.with(environment: try provider.settings(gather: 1)) {
                let stack = RunningStack.current.stack
                let words: JSONValue = ["body": "Tumpukan sampah di tepi jalan"]
                try await say(["id": "F1"], "image", from: yuli, in: stack)
                try await say(words, "text", from: yuli, in: stack)
                try await said(1, to: yuli, by: provider)
                let audit = StoreAudit(pool: RunningStack.current.pool)
                try await wait(for: "the first answer to be noted", within: .seconds(20)) {
                    let held = try await audit.count("SELECT count(*) FROM chat WHERE lease_until IS NOT NULL")
                    return try await held + audit.count("SELECT count(*) FROM chat_outbox") == 0
                }
                try await stack.signal(Stack.intake, SIGKILL)
                try await say(
                    ["latitude": -10.1583, "longitude": 123.6070], "location", from: yuli, in: stack, times: 3)
                let receipt = try await said(2, to: yuli, by: provider)[1]
                let code = String(try #require(receipt.firstMatch(of: /KPG-[0-9A-Z]{11}/)).output)
                let seen = try await stack.door.get("/v1/reports/\(code)")
                #expect(seen["category"]?.text == "sampah", "\(seen)")
                let id = try #require(seen["id"]?.text)
                try await wait(for: "the photo", within: .seconds(30)) {
                    try await stack.door.get("/v1/reports/\(id)")["media"]?.elements.count == 1
                }
                for command in ["start", "resolve"] {
                    let done = try await stack.agency("dlhk")
                        .post("/v1/agencies/dlhk/reports/\(id)/\(command)", json: [:])
                    #expect(done.status == 200, "\(done)")
                }
                try await wait(for: "news", within: .seconds(30)) {
                    provider.texts(to: yuli).contains { $0.contains("Sampah: Selesai") }
                }
                #expect(try await audit.count("SELECT count(*) FROM report") == 1)
                let forged = try await stack.door.with("X-Hub-Signature-256", "sha256=00")
                    .post("/channels/whatsapp", json: [:])
                #expect(forged.status == 403, "\(forged)")
                let taken = try await Scrape(of: Stack.intake, in: stack)
                    .value(MetricName.chatDeliveries.rawValue, ["channel": "whatsapp", "outcome": "delivered"])
                #expect(taken ?? 0 >= 2)
                for name in stack.logs {
                    let log = try stack.wholeLog(of: name)
                    #expect(!log.contains(yuli) && !log.contains("Tumpukan"), "\(name) tells who wrote what")
                }
            }
        }

        /// Brings a message as the provider does: until it is taken.
        private func say(
            _ content: JSONValue, _ type: String, from person: String, in stack: Stack, times: Int = 1
        ) async throws {
            let body = ChatProviderServer.whatsapp(
                content, type: type, from: person, id: UUID().uuidString, at: Int64(Date().timeIntervalSince1970))
            let door = stack.door.with("X-Hub-Signature-256", ChatProviderServer.signature(body))
            for _ in 0..<times {
                try await wait(for: "the message to be taken", within: .seconds(20)) {
                    try await door.send("POST", "/channels/whatsapp", type: "application/json", body: body).status
                        == 200
                }
            }
        }

        @discardableResult
        private func said(
            _ count: Int, to person: String, by provider: ChatProviderServer
        ) async throws -> [String] {
            try await wait(for: "\(count) messages", within: .seconds(30)) {
                provider.texts(to: person).count >= count
            }
            return provider.texts(to: person)
        }
    }
}
