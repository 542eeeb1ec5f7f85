internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// Reports over ZeroMQ, sent by pyzmq.
    @Suite("Ingress", .stack(), .serialized)
    struct IngressTests {
        let stack = RunningStack.current.stack
        let audit = StoreAudit(pool: RunningStack.current.pool)

        private var client: IngressClient { IngressClient(home: stack.home) }

        private func request(_ id: String, _ body: JSONValue) -> [[UInt8]] { IngressClient.request(id, body.json) }

        private func reports() async throws -> Int64 { try await audit.count("SELECT count(*) FROM report") }

        /// A key of its own, with its id.
        private func makeKey(_ more: String...) async throws -> (id: String, keys: IngressClient.Keys) {
            let made = try JSONValue(
                parsing: Array(
                    try await stack.control(
                        ["key", "create", "--kind", "zeromq", "--channel", "radio", "--json"] + more
                    ).utf8))
            return (made["id"]?.text ?? "", try IngressClient.Keys(made))
        }

        @Test("a report is answered with its receipt once it is stored, and is a report like any other")
        func report() async throws {
            let body = Sample.report().setting("external_id", "zmq-1")
            let replies = try await client.exchange([request("satu", body), request("", body)])
            #expect(replies.map(\.isOK) == [true, true] && Set(replies.map(\.id)) == ["satu", ""])
            #expect(replies[0].text == replies[1].text, "the same report gets the same receipt")
            let receipt = replies[0].json
            let id = try #require(receipt["id"]?.text)
            let seen = try await stack.door.get("/v1/reports/\(id)")
            #expect(seen.status == 200 && seen["tracking_code"] == receipt["tracking_code"], "\(seen)")
            let again = try await stack.integrator.post("/v1/reports", json: body)
            #expect(again.status == 200 && again.bytes == Array(replies[0].text.utf8), "the doors share a channel")
            let other = try await client.exchange([request("dua", body.setting("category", "parkir_liar"))])
            #expect(other.first?.json["errors"]?.elements.first?["code"]?.text == "idempotency_key_reused")
        }

        @Test("without an external id each message is a report of its own")
        func unkeyed() async throws {
            let before = try await reports()
            let replies = try await client.exchange((0..<50).map { request("\($0)", Sample.report()) })
            #expect(replies.count == 50 && replies.allSatisfy(\.isOK))
            #expect(Set(replies.map(\.id)).count == 50)
            #expect(Set(replies.compactMap { $0.json["id"]?.text }).count == 50)
            #expect(try await reports() == before + 50)
        }

        @Test("of many reports in one message each line has its answer, in order, and a bad one stops none")
        func batch() async throws {
            let good = Sample.report().setting("external_id", "zmq-baris")
            let lines = [
                good.json, "", "{\"category\":\"sampah\"}", "bukan json", good.json, "{}", Sample.report().json,
            ]
            let body = lines.joined(separator: "\r\n") + "\n"
            let reply = try #require(
                try await client.exchange([IngressClient.request("b", command: "reports", body)]).first)
            #expect(reply.isOK && reply.id == "b")
            let entries = reply.json.elements
            #expect(entries.map { $0["line"]?.number } == [1, 3, 4, 5, 6, 7])
            let statuses = entries.compactMap { $0["status"]?.number }
            try #require(statuses.count == 6, "\(reply.text)")
            // Two lines of one external id: which of them is the first is not said.
            #expect([statuses[0], statuses[3]].sorted() == [200, 201], "\(statuses)")
            #expect([statuses[1], statuses[2], statuses[4], statuses[5]] == [422, 400, 422, 201], "\(statuses)")
            #expect(entries[0]["id"] == entries[3]["id"] && entries[0]["id"] != nil)
            #expect(entries[1]["errors"]?.elements.isEmpty == false && entries[1]["id"] == nil)
            #expect(entries[2]["errors"]?.elements.first?["code"]?.text == "unreadable")
        }

        @Test("a thousand reports go in one message")
        func fullBatch() async throws {
            let before = try await reports()
            let body = String(repeating: Sample.report().json + "\n", count: 1_000)
            let reply = try #require(
                try await client.exchange([IngressClient.request("b", command: "reports", body)]).first)
            #expect(reply.json.elements.count { $0["status"]?.number == 201 } == 1_000)
            #expect(try await reports() == before + 1_000)
        }

        @Test("REQ sockets get their empty frame back")
        func requests() async throws {
            let replies = try await client.exchange(
                [request("1", Sample.report()), IngressClient.request("2", "no"), request("3", Sample.report())],
                over: "REQ")
            // pyzmq's REQ has taken the empty frame off.
            #expect(replies.map(\.id) == ["1", "2", "3"] && replies.map(\.isOK) == [true, false, true])
            let raw = try await client.exchange([[[]] + request("4", Sample.report())])
            #expect(raw.count == 1 && raw.first?.hasDelimiter == true && raw.first?.isOK == true)
        }

        @Test("what is malformed is answered with a problem that says how")
        func malformed() async throws {
            func frames(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }
            let table: [(message: [[UInt8]], status: Int64, code: String)] = [
                (frames("sasando/1", "1", "report"), 400, "wrong_frame_count"),
                (frames("sasando/1", "1", "report", "{}", "", "", "", "", "", ""), 400, "wrong_frame_count"),
                (frames("sasando/9", "1", "report", "{}"), 400, "unknown_version"),
                (frames("sasando/1", "1", "delete", "{}"), 400, "unknown_command"),
                (frames("sasando/1", "1", "report", String(repeating: " ", count: 65_537)), 413, "too_large"),
                (frames("sasando/1", "1", "reports", String(repeating: " ", count: 1_048_577)), 413, "too_large"),
                (frames("sasando/1", "1", "reports", ""), 400, "no_reports"),
            ]
            for row in table {
                let reply = try #require(try await client.exchange([row.message]).first, "\(row.code)")
                #expect(!reply.isOK && reply.id == "1")
                #expect(reply.json["status"]?.number.map { Int64($0) } == row.status, "\(reply.text)")
                #expect(reply.json["errors"]?.elements.first?["code"]?.text == row.code, "\(reply.text)")
            }
            let notText = try await client.exchange([IngressClient.request("x", "").dropLast() + [[0xff, 0xfe]]])
            #expect(notText.first?.json["status"]?.number == 400)
        }

        @Test("a stranger gets no connection, and nothing that it sends is answered")
        func stranger() async throws {
            // A pair that is registered nowhere: the one of ZeroMQ's own manual.
            let pair: JSONValue = [
                "public_key": "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
                "secret_key": "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs",
            ]
            let stranger = IngressClient(home: stack.home, keys: try IngressClient.Keys(pair))
            let replies = try await stranger.exchange([request("1", Sample.report())], patience_s: 3)
            #expect(replies.isEmpty)
        }

        @Test("a key that is revoked opens nothing more within 5 s, on connections that are open too")
        func revocation() async throws {
            let (id, keys) = try await makeKey()
            let holder = IngressClient(home: stack.home, keys: keys)
            async let seen = holder.run("hold", "30")
            try await wait(for: "a report of the key", within: .seconds(15)) {
                try await audit.count("SELECT count(*) FROM report WHERE channel = 'radio'") > 3
            }
            try await stack.control("key", "revoke", id)
            let revoked = ContinuousClock.now
            let found = try await seen
            #expect(ContinuousClock.now - revoked < .seconds(5))
            #expect(
                found["taken"]?.number ?? 0 > 3 && found["other"]?.elements.first?["status"]?.number == 401,
                "\(found.json)")
            #expect(try await holder.exchange([request("1", Sample.report())], patience_s: 3).isEmpty)
        }

        @Test("a key's own rate holds")
        func rate() async throws {
            let (_, keys) = try await makeKey("--rate", "10")
            let holder = IngressClient(home: stack.home, keys: keys)
            let replies = try await holder.exchange((0..<12).map { request("\($0)", Sample.report()) })
            #expect(replies.count { $0.isOK } == 10)
            let refused = replies.filter { !$0.isOK }
            #expect(refused.count == 2 && refused.allSatisfy { $0.json["status"]?.number == 429 })
            #expect(refused.first?.json["retry_after"]?.number ?? 0 >= 1)
        }

        @Test("ten thousand malformed messages, half-open connections and strangers keep no valid report out")
        func hostile() async throws {
            let count = 10_000
            let seen = try await client.run("hostile", "\(count)", "\(TestSettings.seed)", within: .seconds(300))
            func number(_ name: String) -> Int { Int(seen[name]?.number ?? -1) }
            print("Ingress (seed \(TestSettings.seed)): \(seen.json)")
            #expect(number("sent") == count && number("errors") == count, "\(seen.json)")
            #expect(number("taken") == number("valid") && number("valid") > 10, "\(seen.json)")
            #expect(
                number("strangers_answered") == 0 && number("strangers") > 3 && number("half_open") > 50, "\(seen.json)"
            )
            #expect(try await client.exchange([request("1", Sample.report())]).first?.isOK == true)
        }

        @Test("who sends ten thousand messages before reading any reply gets them all")
        func pipelined() async throws {
            let count: Int64 = 10_000
            let seen = try await client.run("pipeline", "\(count)")
            #expect(seen["replies"] == .int(count + 1) && seen["ids"] == .int(count + 1), "\(seen.json)")
            #expect(seen["taken"] == ["baik"], "\(seen.json)")
        }

        @Test("who reads no replies holds up nobody")
        func unread() async throws {
            async let seen = client.run("unread", "20000")
            for _ in 0..<5 {
                #expect(try await client.exchange([request("1", Sample.report())]).first?.isOK == true)
            }
            #expect(try await seen["sent"]?.number ?? 0 > 500)
        }

        @Test("replies for those who have gone are counted, and what came in shows by what became of it")
        func metrics() async throws {
            _ = try await client.run("leave", "10")
            _ = try await client.exchange([
                IngressClient.request("1", "no"), IngressClient.request("", command: "", ""),
            ])
            let scrape = try await Scrape(of: Stack.intake, in: stack)
            for outcome in ["answered", "refused", "malformed"] {
                let count = scrape.value("sasando_ingress_requests_total", ["outcome": outcome])
                #expect(count ?? 0 > 0, "\(outcome)")
            }
            #expect(scrape.value("sasando_ingress_replies_total", ["outcome": "gone"]) ?? 0 > 0)
            #expect(scrape.value("sasando_ingress_replies_total", ["outcome": "sent"]) ?? 0 > 0)
            try await wait(for: "all to be answered", within: .seconds(10)) {
                try await Scrape(of: Stack.intake, in: stack).value("sasando_ingress_reports_in_flight") == 0
            }
        }

        @Test("told to stop, intake has stored whatever it acknowledged, and leaves little unanswered")
        func stop() async throws {
            let before = try await reports()
            async let seen = client.run("burst", "20000", within: .seconds(90))
            try await wait(for: "reports to come in", within: .seconds(30)) { try await reports() > before + 500 }
            try await stack.signal(Stack.intake, SIGTERM)
            let found = try await seen
            let taken = found["taken"]?.elements.compactMap(\.text) ?? []
            // What comes in at the very end may be told to come again, and nothing else.
            let refused = found["refused"]?.elements.compactMap(\.number) ?? [0]
            #expect(refused.allSatisfy { $0 == 503 } && taken.count > 500, "\(refused), \(taken.count)")
            // Replies that a slow sender has not taken when the time for the stop is over are lost; it sends again.
            let unanswered = try await reports() - before - Int64(taken.count)
            #expect((0...1_024).contains(unanswered), "\(unanswered)")
            try await stack.awaitReady(Stack.intake)
        }

        @Test("whatever ends intake while reports come in, sending them again makes each exactly once")
        func kills() async throws {
            let before = try await reports()
            let count = 3_000
            async let seen = client.run("insist", "zmq-\(TestSettings.seed)", "\(count)", within: .seconds(150))
            for (index, signal) in [SIGKILL, SIGTERM, SIGKILL].enumerated() {
                try await wait(for: "more reports", within: .seconds(60)) {
                    try await reports() - before > Int64(300 + index * 700)
                }
                try await stack.signal(Stack.intake, signal)
            }
            let found = try await seen
            guard case .object(let answers) = found["answers"] else { throw Unexpected("\(found.json)") }
            #expect(answers.count == count && Set(answers.values.compactMap(\.text)).count == count)
            #expect(try await reports() == before + Int64(count))
            let ids = answers.values.compactMap { $0.text.flatMap { UUID(uuidString: $0) } }
            let stored = try await audit.count("SELECT count(*) FROM report WHERE id = ANY(\(ids))")
            #expect(stored == Int64(count), "acknowledged, and not stored as acknowledged")
        }

        @Test("the example that README.md shows works as it stands there")
        func example() async throws {
            var repository = URL(filePath: #filePath)
            for _ in 0..<3 { repository.deleteLastPathComponent() }
            let file = repository.appending(path: "ops/lib/zeromq-example.py")
            let example = try String(contentsOf: file, encoding: .utf8)
            let readme = try String(contentsOf: repository.appending(path: "README.md"), encoding: .utf8)
            #expect(readme.contains("```python\n\(example)```\n"))
            let printed = try await Command(
                ["/usr/bin/python3", file.path, stack.home.appending(path: "credentials.json").path],
                with: ["PYTHONPATH": IngressClient.packages]
            ).output(within: .seconds(30))
            #expect(printed.contains("KPG-"), "\(printed)")
        }
    }
}
