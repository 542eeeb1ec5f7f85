internal import Domain
internal import Foundation
internal import Glibc
internal import Telemetry
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// An agency's stream on its way to a receiver that is not ours, through the real executables.
    @Suite("Webhooks", .serialized, .stack(["SASANDO_OUTBOUND_ALLOW": "127.0.0.1"]))
    struct WebhookTests {
        private let stack = RunningStack.current.stack

        private func send(_ count: Int) async throws {
            for _ in 0..<count {
                let answer = try await stack.integrator.post("/v1/reports", json: Sample.report())
                #expect(answer.status == 201, "\(answer)")
            }
        }

        /// The ids of the agency's events, in their order, once there are so many.
        private func events(_ count: Int) async throws -> [String] {
            let agency = stack.agency("dlhk")
            var ids: [String] = []
            try await wait(for: "\(count) events", within: .seconds(30)) {
                ids = try await agency.get("/v1/agencies/dlhk/events?limit=1000").json.elements
                    .compactMap { $0["id"]?.text }
                return ids.count >= count
            }
            return ids
        }

        @Test func `whoever is killed meanwhile, each event comes at least once and in order, signed`() async throws {
            let receiver = try await WebhookReceiver.start()
            let path = "/failing/1/all"
            let made = try JSONValue(
                parsing: Array(
                    try await stack.control(
                        "webhook", "add", "--agency", "dlhk", "--url", receiver.origin + "/ok/all", "--json",
                        "--after", "earliest"
                    ).utf8))
            let secret = try #require(made["secret"]?.text)
            let agency = stack.agency("dlhk")
            let slow = try await agency.post(
                "/v1/agencies/dlhk/webhooks", json: ["url": .string(receiver.origin + path), "after": "earliest"])
            try receiver.know([secret, try #require(slow["secret"]?.text, "\(slow)")])
            try await send(10)
            try await stack.killAndAwait(Stack.notifier("dlhk"))
            try await send(10)
            let ids = try await events(20)
            // What was in hand when it was killed has its lease to outlast.
            try await wait(for: "the last event to have come", within: .seconds(60)) {
                receiver.ids("/ok/all").last == ids.last
            }
            let messages = receiver.messages("/ok/all")
            #expect(messages.allSatisfy { $0["verified"] == [0] }, "\(messages.first?.json ?? "")")
            let came = messages.compactMap { $0["headers"]?["webhook-id"]?.text }
            var first: [String] = []
            for id in came where !first.contains(id) { first.append(id) }
            #expect(first == ids)
            try await expectFirstRetry(receiver, path, ids[0])

            let listed = try JSONValue(parsing: Array(try await stack.control("webhook", "list", "--json").utf8))
            #expect(Set(listed.elements.compactMap { $0["agency"]?.text }) == ["dlhk"] && listed.elements.count == 2)
            let scrape = try await Scrape(of: Stack.notifier("dlhk"), in: stack)
            let labels = ["jurisdiction": "kupang", "agency": "dlhk"]
            #expect(scrape.value(MetricName.webhooks.rawValue, labels.merging(["state": "active"]) { $1 }) == 2)
            #expect((scrape.value(MetricName.deliveries.rawValue, ["way": "webhook"]) ?? 0) > 0)
            for log in stack.logs { #expect(!(try stack.wholeLog(of: log)).contains(receiver.origin), "\(log)") }
        }

        /// The endpoint that fails at first is tried again by the schedule: some five seconds later, and in order.
        private func expectFirstRetry(_ receiver: WebhookReceiver, _ path: String, _ first: String) async throws {
            try await wait(for: "the first event to be tried again", within: .seconds(60)) {
                receiver.messages(path).contains { $0["attempt"] == 2 }
            }
            let messages = receiver.messages(path)
            #expect(messages.prefix(2).allSatisfy { $0["headers"]?["webhook-id"]?.text == first })
            #expect(messages.allSatisfy { $0["verified"] == [1] })
            let times = messages.prefix(2).compactMap { $0["at"]?.number }
            #expect(times[1] - times[0] >= 3.9, "\(times)")
        }

        @Test func `the operator stops, begins and removes an endpoint, and the doctor tells of one that stopped`()
            async throws
        {
            let receiver = try await WebhookReceiver.start()
            let made = try JSONValue(
                parsing: Array(
                    try await stack.control(
                        "webhook", "add", "--agency", "pupr", "--url", receiver.origin + "/gone/x", "--json"
                    ).utf8))
            let id = try #require(made["id"]?.text)
            func state() async throws -> JSONValue? {
                try JSONValue(parsing: Array(try await stack.control("webhook", "list", "--json").utf8)).elements
                    .first { $0["id"]?.text == id }
            }
            let report = Sample.report("lampu_rambu", subtype: "lampu_jalan")
            #expect(try await stack.integrator.post("/v1/reports", json: report).status == 201)
            try await wait(for: "the endpoint to end it", within: .seconds(30)) {
                try await state()?["reason"]?.text == "gone"
            }
            let doctor = try? await stack.control("doctor", "--json")
            #expect(doctor == nil, "the doctor found all well")
            let rotated = try await stack.control("webhook", "rotate", id)
            let old = try #require(made["secret"]?.text)
            #expect(rotated.contains("whsec_") && !rotated.contains(old))
            try await stack.control("webhook", "enable", id)
            #expect(try await state()?["state"]?.text == "active")
            #expect(try await stack.control("webhook", "dead", id, "--json").contains("[\n\n]"))
            try await stack.control("webhook", "remove", id)
            #expect(try await state() == nil)
        }
    }
}
