internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// An agency's stream over ZeroMQ, followed by pyzmq.
    @Suite("Stream over ZeroMQ", .stack(), .serialized)
    struct StreamTests {
        let stack = RunningStack.current.stack
        let audit = StoreAudit(pool: RunningStack.current.pool)

        private var client: StreamClient { StreamClient(home: stack.home) }

        private func head() async throws -> Int {
            Int(try await audit.count("SELECT head FROM stream WHERE code = 'dlhk'"))
        }

        /// Sends so many reports to dlhk, and waits until they are there.
        @discardableResult
        private func report(_ count: Int) async throws -> Int {
            let before = try await head()
            // Of their own, or they would be repeats of each other.
            let lines = (0..<count).map { _ in
                Sample.report("sampah").setting("external_id", .string(UUID().uuidString)).json + "\n"
            }
            let sent = try await stack.integrator.send(
                "POST", "/v1/reports/batch", type: "application/x-ndjson", body: Array(lines.joined().utf8))
            #expect(sent.status == 200, "\(sent)")
            try await wait(for: "\(count) events", within: .seconds(60)) { try await head() >= before + count }
            return before
        }

        /// Waits until one consumer follows the stream, and lacks nothing of it.
        private func awaitFollower() async throws {
            try await wait(for: "a program to follow", within: .seconds(20)) {
                // The notifier may be on its way back.
                guard let scrape = try? await Scrape(of: Stack.notifier("dlhk"), in: stack) else { return false }
                return scrape.value("sasando_stream_subscribers") == 1
                    && scrape.value("sasando_stream_lag_events", ["consumer": "zeromq"]) == 0
            }
        }

        private func cursors(after first: Int, _ count: Int) -> [String] {
            (0..<count).map { "1-\(first + 1 + $0)" }
        }

        @Test("from the beginning: every event in order, with the bytes that the other ways give")
        func follows() async throws {
            let first = try await report(60)
            let seen = try await client.collect(from: first == 0 ? "" : "1-\(first)", 60)
            #expect(seen.cursors == cursors(after: first, 60))
            #expect(seen.welcome == ["1", "\(first + 60)"])
            let page = try await stack.agency("dlhk").get("/v1/agencies/dlhk/events?after=1-\(first)&limit=60")
            #expect(page.text == "[" + seen.bodies.joined(separator: ",") + "]")
        }

        @Test("no event comes beyond the credit; only what is new after latest")
        func credit() async throws {
            let first = try await report(10)
            let seen = try await client.collect(from: "1-\(first)", 10, credit: 4, quiet_s: 1.5)
            #expect(seen.cursors == cursors(after: first, 4))
            let newest = try await client.collect(from: "latest", 1, quiet_s: 1)
            #expect(newest.welcome == ["1", "\(first + 10)"] && newest.cursors.isEmpty)
        }

        @Test(
            "positions that are none, or lie beyond the head, are refused with a problem",
            arguments: [
                ("nonsense", 400), ("1-99999999", 409), ("7-1", 409),
            ])
        func positions(position: String, status: Int) async throws {
            let seen = try await client.collect(from: position, 1, quiet_s: 10)
            #expect(seen.error?["status"]?.number == Double(status) && seen.cursors.isEmpty)
        }

        @Test("whatever ends the notifier, a consumer that says again where it is gets each event exactly once")
        func kills() async throws {
            let first = try await head()
            let count = 400
            async let seen = client.run("insist", "1-\(first)", "\(count)", within: .seconds(120))
            for signal in [SIGKILL, SIGTERM] {
                try await awaitFollower()
                try await report(count / 4)
                try await stack.signal(Stack.notifier("dlhk"), signal)
            }
            try await awaitFollower()
            try await report(count / 2)
            let found = try await seen
            #expect(found["cursors"]?.elements.compactMap(\.text) == cursors(after: first, count), "\(found.json)")
            #expect(found["hellos"]?.number ?? 0 >= 3, "\(found["statuses"]?.json ?? "")")
            try await stack.awaitReady(Stack.notifier("dlhk"))
        }

        @Test("a stranger, and another agency's program, get no connection; a revoked key ends within 5 s")
        func keys() async throws {
            func made(_ agency: String) async throws -> (id: String, keys: IngressClient.Keys) {
                let printed = try await stack.control(
                    "key", "create", "--kind", "zeromq", "--agency", agency, "--json")
                let made = try JSONValue(parsing: Array(printed.utf8))
                return (made["id"]?.text ?? "", try IngressClient.Keys(made))
            }
            // A pair that is registered nowhere: the one of ZeroMQ's own manual.
            let stranger = try IngressClient.Keys([
                "public_key": "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
                "secret_key": "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs",
            ])
            for keys in [stranger, try await made("pupr").keys] {
                let seen = try await StreamClient(home: stack.home, keys: keys).collect(from: "", 1, quiet_s: 2)
                #expect(seen.welcome.isEmpty && seen.cursors.isEmpty && seen.error == nil)
            }
            let (id, keys) = try await made("dlhk")
            async let seen = StreamClient(home: stack.home, keys: keys).run("hold", "30")
            try await awaitFollower()
            try await stack.control("key", "revoke", id)
            let revoked = ContinuousClock.now
            let found = try await seen
            #expect(ContinuousClock.now - revoked < .seconds(5))
            #expect(found["other"]?["status"]?.number == 401, "\(found.json)")
        }

        @Test("two thousand malformed messages are answered, and keep nobody out")
        func hostile() async throws {
            let first = try await report(20)
            async let hostile = client.run("hostile", "2000", "\(TestSettings.seed)")
            let seen = try await client.collect(from: "1-\(first)", 20)
            #expect(seen.cursors == cursors(after: first, 20))
            let found = try await hostile
            #expect(found["errors"]?.number == 2_000 && found["welcome"]?.text == "WELCOME", "\(found.json)")
            let scrape = try await Scrape(of: Stack.notifier("dlhk"), in: stack)
            for command in ["hello", "credit", "malformed"] {
                #expect(scrape.value("sasando_stream_requests_total", ["command": command]) ?? 0 > 0, "\(command)")
            }
            #expect(scrape.value("sasando_deliveries_total", ["way": "zeromq"]) ?? 0 >= 20)
        }

        @Test("the example that README.md shows works as it stands there")
        func example() async throws {
            try await report(2)
            var repository = URL(filePath: #filePath)
            for _ in 0..<3 { repository.deleteLastPathComponent() }
            let file = repository.appending(path: "ops/lib/zeromq-stream-example.py")
            let example = try String(contentsOf: file, encoding: .utf8)
            let readme = try String(contentsOf: repository.appending(path: "README.md"), encoding: .utf8)
            #expect(readme.contains("```python\n\(example)```\n"))
            // It follows for ever; what it has printed in a while is looked at.
            let printed = try await Command(
                [
                    "/usr/bin/timeout", "--preserve-status", "--signal=INT", "3", "/usr/bin/python3", file.path,
                    stack.home.appending(path: "credentials.json").path,
                ], with: ["PYTHONPATH": IngressClient.packages]
            ).result(within: .seconds(30))
            #expect(printed.text.contains("welcome;"), "\(printed)")
            #expect(printed.text.contains("sasando.report.assigned"), "\(printed)")
        }
    }
}
