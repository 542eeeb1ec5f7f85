internal import Domain
internal import Foundation
internal import Glibc
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// Uploads while something stands still, or is killed.
    @Suite("Bulk under faults", .serialized, .stack(["SASANDO_MAX_INBOX": "300"]))
    struct BulkFaultTests {
        let stack = RunningStack.current.stack
        let audit = StoreAudit(pool: RunningStack.current.pool)

        private func stored(_ run: String) async throws -> (reports: Int64, distinct: Int64) {
            let like = run + "-%"
            let row = try await RunningStack.current.pool.query(
                "SELECT count(*), count(DISTINCT external_id) FROM report WHERE external_id LIKE \(like)"
            ).one()
            return (try row.decode(Int64.self, at: 0), try row.decode(Int64.self, at: 1))
        }

        @Test("a full inbox slows an upload, and refuses no line of it", .timeLimit(.minutes(5)))
        func inboxFull() async throws {
            try await stack.signal(Stack.routing, SIGSTOP)
            let reports = (0..<3_000).map { BulkUpload.report("penuh", $0) }
            async let answer = BulkUpload.send(BulkUpload.ndjson(reports), to: stack.integrator)
            do {
                try await wait(for: "the inbox to be full", within: .seconds(30)) { try await audit.waiting > 300 }
                // pause: longer than it takes to see that the inbox is full, with the upload in the middle
                try await Task.sleep(for: .seconds(3))
            } catch {
                try await stack.signal(Stack.routing, SIGCONT)
                throw error
            }
            let single = try await stack.integrator.post("/v1/reports", json: Sample.report())
            #expect(single.status == 503, "a single report is refused meanwhile: \(single)")
            try await stack.signal(Stack.routing, SIGCONT)
            let lines = try BulkUpload.lines(of: try await answer)
            #expect(lines.map(\.number) == Array(1...3_000))
            let other = lines.filter { $0.status != 201 }
            #expect(other.isEmpty, "\(other.count), such as \(other[0])")
            #expect(try await stored("penuh") == (3_000, 3_000))
        }

        @Test("a store that is away for some seconds slows an upload", .timeLimit(.minutes(5)))
        func storeAway() async throws {
            let reports = (0..<1_500).map { BulkUpload.report("beku", $0) }
            async let answer = BulkUpload.send(BulkUpload.ndjson(reports), to: stack.integrator)
            try await wait(for: "some to be stored", within: .seconds(30)) { try await stored("beku").reports > 50 }
            let postmaster = try #require(await stack.pid(of: Stack.store))
            let backends = Self.children(of: postmaster) + [postmaster]
            for process in backends { kill(process, SIGSTOP) }
            // pause: the store stands still this long
            try? await Task.sleep(for: .seconds(5))
            for process in backends { kill(process, SIGCONT) }
            let lines = try BulkUpload.lines(of: try await answer)
            #expect(lines.map(\.number) == Array(1...1_500))
            // A commit whose outcome was not known is found as a repeat.
            let other = lines.filter { $0.status > 201 }
            #expect(other.isEmpty, "\(other.count), such as \(other[0])")
            #expect(try await stored("beku") == (1_500, 1_500))
        }

        @Test("intake killed in the middle of an upload: sent again, each is stored once", .timeLimit(.minutes(5)))
        func killed() async throws {
            let text = BulkUpload.ndjson((0..<3_000).map { BulkUpload.report("bunuh", $0) })
            async let broken: Answer? = try? BulkUpload.send(text, to: stack.integrator)
            try await wait(for: "some to be stored", within: .seconds(30)) { try await stored("bunuh").reports > 200 }
            try await stack.killAndAwait(Stack.intake)
            let first = await broken
            #expect(first?.status != 200, "\(first.map { "\($0)" } ?? "")")
            let before = try await stored("bunuh")
            #expect(before.reports < 3_000 && before.reports == before.distinct, "\(before)")
            let lines = try BulkUpload.lines(of: try await BulkUpload.send(text, to: stack.integrator))
            #expect(lines.map(\.number) == Array(1...3_000))
            #expect(lines.allSatisfy { [200, 201].contains($0.status) })
            #expect(lines.count { $0.status == 200 } == Int(before.reports))
            #expect(try await stored("bunuh") == (3_000, 3_000))
            // Records without an external id are known by what they say.
            let nameless = BulkUpload.ndjson((0..<500).map { Sample.report("sampah", "Tanpa nama \($0)") })
            for expected in [201, 200] {
                let lines = try BulkUpload.lines(of: try await BulkUpload.send(nameless, to: stack.integrator))
                #expect(lines.allSatisfy { $0.status == expected })
            }
        }

        private static func children(of parent: pid_t) -> [pid_t] {
            ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }.filter {
                let status = (try? String(contentsOfFile: "/proc/\($0)/stat", encoding: .utf8)) ?? ""
                let fields = status.split(separator: ")").last?.split(separator: " ") ?? []
                return fields.count > 1 && fields[1] == "\(parent)"
            }
        }
    }
}
