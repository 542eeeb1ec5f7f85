internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// An integrator hears what becomes of its own reports, through the front door and over ZeroMQ.
    @Suite("Channel streams", .stack())
    struct ChannelStreamTests {
        private static let channel = "channel/integrator"
        private static let reporter: JSONValue = [
            "name": "Pelapor Rahasia", "phone": "081234567890",
            "consent": ["version": "1", "at": "2026-01-01T00:00:00Z"],
        ]

        /// Files reports of which two agencies get some each, with who reports.
        private static func file(_ count: Int, _ stack: Stack) async throws -> [String] {
            var ids: [String] = []
            for n in 0..<count {
                let report = n.isMultiple(of: 2) ? Sample.report() : Sample.report().setting("category", "parkir_liar")
                let answer = try await stack.integrator.post("/v1/reports", json: report.setting("reporter", reporter))
                ids.append(try #require(answer["id"]?.text, "\(answer)"))
            }
            return ids
        }

        @Test func `live, by pages and over ZeroMQ it is told the same, of its own reports alone`() async throws {
            let stack = RunningStack.current.stack
            let follower = StreamFollower(Self.channel, stack.integrator, forgets: { 0 })
            let puller = StreamPuller(Self.channel, stack.integrator)
            let before = try await Self.file(4, stack)
            _ = try await stack.door.post("/v1/reports", json: Sample.report())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await follower.run() }
                group.addTask { await puller.run() }
                try await wait(for: "the past", within: .seconds(20)) { follower.last >= 4 && puller.last >= 4 }
                let after = try await Self.file(4, stack)
                let handled = before[0]
                for command in ["acknowledge", "start", "resolve"] {
                    let answer = try await stack.agency("dlhk").post(
                        "/v1/agencies/dlhk/reports/\(handled)/\(command)",
                        json: ["internal_note": "untuk kami saja", "note": "untuk pelapor"])
                    #expect(answer.status == 200, "\(answer)")
                }
                try await wait(for: "the rest", within: .seconds(20)) { follower.last >= 11 && puller.last >= 11 }
                group.cancelAll()
                let stored = try await StoreAudit(pool: RunningStack.current.pool).bodies(of: Self.channel)
                #expect(stored.count == 11 && follower.seen.faults == [] && puller.faults == [])
                let events = try stored.map { try JSONValue(parsing: $0) }
                #expect(Set(events.compactMap { $0["subject"]?.text }) == Set(before + after))
                #expect(
                    events.filter { $0["subject"]?.text == handled }.compactMap { $0["type"]?.text }
                        == ["assigned", "acknowledged", "started", "resolved"].map { "sasando.report.\($0)" })
                for body in stored.map({ String(decoding: $0, as: UTF8.self) }) {
                    for secret in ["untuk kami saja", "Rahasia", "567890"] { #expect(!body.contains(secret)) }
                }
                let overZeroMQ = try await StreamClient(home: stack.home, agency: Self.channel).collect(11)
                #expect(overZeroMQ.bodies.map { Array($0.utf8) } == stored)
            }
        }
    }
}
