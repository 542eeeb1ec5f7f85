internal import Domain
internal import Foundation
internal import Glibc
internal import Telemetry
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// News on its way from an officer's command to a browser, through the real executables.
    @Suite("Push", .serialized)
    struct PushTests {
        private struct Sent {
            var id: String
            var code: String
            var reporter: Door
        }

        private func send(_ category: String, to agency: String, in stack: Stack) async throws -> Sent {
            let body = Sample.report(category).setting("external_id", nil)
            let receipt = try await stack.door.with("Idempotency-Key", UUID().uuidString)
                .post("/v1/reports", json: body)
            let id = try #require(receipt["id"]?.text, "\(receipt)")
            try await wait(for: "the report to be routed", within: .seconds(15)) {
                try await stack.agency(agency).get("/v1/agencies/\(agency)/reports/\(id)").status == 200
            }
            return Sent(
                id: id, code: try #require(receipt["tracking_code"]?.text),
                reporter: stack.door.bearing(try #require(receipt["reporter_key"]?.text)))
        }

        private func delete(_ body: JSONValue, _ door: Door) async throws -> Answer {
            try await door.send("DELETE", "/v1/push", type: "application/json", body: Array(body.json.utf8))
        }

        @Test func `who may read a report is told of it, whoever is killed meanwhile, until nobody wants it`()
            async throws
        {
            let service = try await PushService.start()
            let settings = [
                "SASANDO_OUTBOUND_ALLOW": "127.0.0.1", "SASANDO_OUTBOUND_CA_FILE": service.certificate,
            ]
            try await RunningStack.with(environment: settings) {
                let stack = RunningStack.current.stack
                let sent = try await send("sampah", to: "dlhk", in: stack)
                try await refuse(sent, service, stack)

                let own: JSONValue = ["report": .string(sent.code), "subscription": service.subscription("/ok/own")]
                #expect(try await sent.reporter.post("/v1/push", json: own).status == 201)
                #expect(try await sent.reporter.post("/v1/push", json: own).status == 200)
                let other: JSONValue = ["report": .string(sent.id), "subscription": service.subscription("/ok/reader")]
                #expect(try await stack.door.post("/v1/push", json: other).status == 201)
                // Whoever sends must be started anew, and still nothing is lost.
                try await stack.signal(Stack.intake, SIGKILL)
                let done = try await stack.agency("dlhk")
                    .post("/v1/agencies/dlhk/reports/\(sent.id)/acknowledge", json: [:])
                #expect(done.status == 200, "\(done)")
                for path in ["/ok/own", "/ok/reader"] {
                    try await wait(for: "news on \(path)", within: .seconds(30)) { !service.messages(path).isEmpty }
                    let message = try #require(service.messages(path).first)
                    #expect(message["text"]?["title"]?.text?.hasSuffix(": Sudah ditanggapi") == true, "\(message.json)")
                    #expect(message["text"]?["url"]?.text == "/lacak/\(sent.code)")
                }
                try await move(sent, service, stack)
                try await expectNothingToldInLogs(service, stack)
            }
        }

        /// What is not taken.
        private func refuse(_ sent: Sent, _ service: PushService, _ stack: Stack) async throws {
            let key = try await stack.door.get("/v1/push")
            #expect(key["public_key"]?.text?.count == 87, "\(key)")
            let phone = service.subscription("/ok/never")
            let isPrivate = try await send("orang_hilang", to: "dinsos", in: stack)
            for name in [isPrivate.id, isPrivate.code, UUID().uuidString] {
                let answer = try await stack.door.post(
                    "/v1/push", json: ["report": .string(name), "subscription": phone])
                #expect(answer.status == 404, "\(answer)")
            }
            let foreign = try await stack.door.with("Origin", "http://jahat.example")
                .post("/v1/push", json: ["report": .string(sent.id), "subscription": phone])
            #expect(foreign.status == 403, "\(foreign)")
            let inside: JSONValue = ["endpoint": "https://10.0.0.1/x", "keys": phone["keys"] ?? .null]
            let answer = try await stack.door.post(
                "/v1/push", json: ["report": .string(sent.id), "subscription": inside])
            #expect(answer.status == 422 && answer.faults == ["/subscription/endpoint malformed_address"], "\(answer)")
            #expect(try await stack.door.post("/v1/push", json: [:]).faults.count == 2)
        }

        /// A browser that has another subscription, and one that wants no more.
        private func move(_ sent: Sent, _ service: PushService, _ stack: Stack) async throws {
            let moved = try await stack.door.post(
                "/v1/push",
                json: ["replaces": service.subscription("/ok/own"), "subscription": service.subscription("/ok/new")])
            #expect(moved.status == 200 && moved["reports"] == 1, "\(moved)")
            let end: JSONValue = [
                "report": .string(sent.code), "endpoint": service.subscription("/ok/reader")["endpoint"] ?? .null,
            ]
            #expect(try await delete(end, stack.door).status == 204)
            #expect(try await delete(end, stack.door).status == 204)
            _ = try await stack.agency("dlhk").post("/v1/agencies/dlhk/reports/\(sent.id)/resolve", json: [:])
            try await wait(for: "news at the new place", within: .seconds(30)) {
                !service.messages("/ok/new").isEmpty
            }
            #expect(service.messages("/ok/own").count == 1 && service.messages("/ok/reader").count == 1)
            #expect(service.messages("/ok/never").isEmpty)
            let told = try await Scrape(of: Stack.intake, in: stack)
                .value(MetricName.pushMessages.rawValue, ["outcome": "delivered"])
            #expect(told ?? 0 >= 3)
        }

        private func expectNothingToldInLogs(_ service: PushService, _ stack: Stack) async throws {
            for name in stack.logs {
                let log = try stack.wholeLog(of: name)
                for word in ["/ok/own", "/ok/reader", service.origin] {
                    #expect(!log.contains(word), "\(name) logs \(word)")
                }
            }
        }
    }
}
