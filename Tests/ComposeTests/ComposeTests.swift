internal import Domain
internal import Foundation
internal import TestSupport
internal import Testing

/// The stack that a city runs, on a real Docker engine: images from the sources, secrets and volumes of its own.
@Suite("Compose", .serialized, .enabled("a Docker engine is here") { await ComposeSettings.areWanted() })
enum Compose {
    @Suite("Running", .serialized, .compose)
    struct RunningTests {
        let run = ComposeRun.current
        var stack: ComposeStack { run.stack }

        @Test func `all is healthy within 25 s of up`() {
            print("Compose: all healthy \(run.startTook) after up")
            #expect(run.startTook < .seconds(25))
        }

        @Test func `a report goes from the door to the desk, the stream and the dashboard`() async throws {
            let id = try await run.pass()
            let stream = try await run.agency("dlhk").get("/v1/agencies/dlhk/events?limit=1000")
            #expect(stream.status == 200 && stream.text.contains(id))
            let other = try await run.agency("dishub").get("/v1/agencies/dlhk/events?limit=1")
            #expect(other.status == 403, "\(other)")
            let live = try await run.agency("dlhk").get(
                "/v1/agencies/dlhk/events", "--header", "Accept: text/event-stream", "--max-time", "2", "--no-buffer")
            #expect(live.text.contains(id), "\(live)")
            let summary = try await run.operator.get("/v1/analytics/summary")
            #expect(summary.status == 200, "\(summary)")
            let page = try await run.operator.get("/dashboard")
            #expect(page.status == 200, "\(page)")
        }

        @Test func `a photo is written anew in its container, and shown to who reads the report`() async throws {
            let file = FileManager.default.temporaryDirectory.appending(path: "sasando-\(UUID().uuidString).jpg")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data(Photographs.withMetadata(Photographs.jpeg)).write(to: file)
            let upload = try await run.integrator.upload("/v1/media", file: file)
            #expect(upload.status == 201, "\(upload)")
            let report = try await run.integrator.post(
                "/v1/reports",
                .object([
                    "category": "sampah", "description": "Dengan foto", "media": .array([upload.json["id"] ?? .null]),
                    "location": ["lat": -10.1583, "lon": 123.6070],
                ]))
            #expect(report.status == 201, "\(report)")
            let id = report.json["id"]?.text ?? ""
            for size in ["web", "thumb"] {
                let photo = try await run.door.get("/media/\(id)/1/\(size)", "--output", "/dev/null")
                #expect(photo.status == 200, "\(photo)")
            }
            try Data("bukan foto".utf8).write(to: file)
            let refused = try await run.integrator.upload("/v1/media", file: file)
            #expect(refused.status == 422, "\(refused)")
        }

        @Test func `a report over ZeroMQ comes in at the port that is opened for it`() async throws {
            let opened = try await stack.compose("port", "intake", "5671").trimmingCharacters(
                in: .whitespacesAndNewlines)
            let port = try #require(opened.split(separator: ":").last)
            let zeromq = try #require(run.credentials["zeromq"])
            let file = FileManager.default.temporaryDirectory.appending(path: "sasando-\(UUID().uuidString).json")
            defer { try? FileManager.default.removeItem(at: file) }
            let credentials: JSONValue = ["zeromq": zeromq.setting("ingress", .string("tcp://127.0.0.1:\(port)"))]
            try Data(credentials.json.utf8).write(to: file)
            let request = IngressClient.request("1", Sample.report().json)
            let replies = try await IngressClient(credentials: file).exchange([request])
            #expect(replies.first?.isOK == true, "\(replies.first?.text ?? "no reply")")
        }

        @Test func `an agency's stream over ZeroMQ is at the port that is opened for it`() async throws {
            try await run.pass()
            let opened = try await stack.compose("port", "notifier-dlhk", "5672").trimmingCharacters(
                in: .whitespacesAndNewlines)
            let port = try #require(opened.split(separator: ":").last)
            let door = try #require(run.credentials["zeromq"]?["agencies"]?["dlhk"])
            let file = FileManager.default.temporaryDirectory.appending(path: "sasando-\(UUID().uuidString).json")
            defer { try? FileManager.default.removeItem(at: file) }
            let credentials: JSONValue = [
                "zeromq": ["agencies": ["dlhk": door.setting("stream", .string("tcp://127.0.0.1:\(port)"))]]
            ]
            try Data(credentials.json.utf8).write(to: file)
            let seen = try await StreamClient(credentials: file, agency: "dlhk").collect(1)
            #expect(seen.cursors.count == 1, "\(seen)")
        }

        @Test func `what is held of a person is looked after in a container of its own`() async throws {
            let keys = try await stack.compose("run", "--rm", "-T", "privacy", "sasandoctl", "privacy", "keys")
            #expect(!keys.isEmpty)
        }

        @Test func `HTTP leads to HTTPS at the public name, whatever the Host header says`() async throws {
            let answer = try await Command([
                "curl", "--silent", "--include", "--header", "Host: evil.example",
                run.stack.plainDoor + "/lapor?kategori=sampah",
            ]).output()
            #expect(answer.contains("308"), "\(answer)")
            #expect(answer.contains("ocation: \(stack.frontDoor)/lapor?kategori=sampah"), "\(answer)")
        }

        @Test func `what services show of themselves stays inside`() async throws {
            for path in ["/metrics", "/healthz", "/readyz"] {
                let answer = try await run.door.get(path)
                #expect(answer.status == 404, "\(answer)")
            }
        }

        // MARK: Watching

        @Test func `Prometheus finds every service, and knows the alerts`() async throws {
            try await stack.compose("--profile", "metrics", "up", "--detach", "--no-deps", "prometheus")
            let place = try await stack.compose("--profile", "metrics", "port", "prometheus", "9090")
            let prometheus = Curl("http://" + place.trimmingCharacters(in: .whitespacesAndNewlines))
            // Eleven services and itself. Names are looked up, and each is asked, every 15 s.
            try await wait(for: "Prometheus to have asked every service", within: .seconds(60)) {
                let answer = try await prometheus.get("/api/v1/query?query=sum(up)")
                return answer.text.contains(#","12"]"#)
            }
            let head = try await prometheus.get(
                "/api/v1/query", "--get", "--data-urlencode",
                #"query=count(sasando_stream_head{service="notifier",agency="dlhk"})"#)
            #expect(head.text.contains(#","1"]"#), "\(head)")
            let rules = try await prometheus.get("/api/v1/rules?type=alert")
            #expect(rules.text.contains("InboxOld") && !rules.text.contains(#""health":"err""#), "\(rules)")
            try await stack.compose("--profile", "metrics", "rm", "--stop", "--force", "prometheus")
        }

        @Test func `the doctor finds nothing that an operator would have to do`() async throws {
            let said = try await stack.compose("run", "--rm", "-T", "prepare", "sasandoctl", "doctor")
            #expect(said.contains("store"), "\(said)")
        }

        // MARK: Scaling and replacing

        @Test func `three services are scaled, and nothing else changes`() async throws {
            try await stack.compose(
                "up", "--detach", "--scale", "intake=2", "--scale", "routing=3", "--scale", "notifier-dlhk=2",
                within: .seconds(120))
            try await stack.awaitHealthy(within: .seconds(60))
            let counts = try await ["intake", "routing", "notifier-dlhk"].asyncMap {
                try await stack.containers(of: $0).count
            }
            #expect(counts == [2, 3, 2])
            for _ in 0..<10 { try await run.pass() }
            // One of each goes: the rest goes on, without a failure that a caller sees.
            for service in ["intake", "routing", "notifier-dlhk"] {
                let victim = try await stack.container(of: service)
                try await Command(["docker", "stop", "--time", "10", victim]).output()
            }
            for _ in 0..<5 { try await run.pass(within: .seconds(5)) }
            try await stack.compose(
                "up", "--detach", "--scale", "intake=1", "--scale", "routing=1", "--scale", "notifier-dlhk=1",
                within: .seconds(120))
            try await run.pass()
            try await expectSoundStreams()
        }

        @Test(arguments: ["intake", "routing", "analytics", "notifier-dlhk", "notifier-damkar"])
        func `a service that is killed is ready again within 3 s`(_ service: String) async throws {
            let before = try await stack.execute(service, "bash", "-c", "cat /proc/[0-9]*/comm")
            let begun = ContinuousClock.now
            try await stack.killService(service)
            try await wait(for: "\(service) to be ready", within: .seconds(15)) {
                let result = try? await stack.execute(service, "ready")
                return result != nil
            }
            let took = ContinuousClock.now - begun
            print("Compose: \(service) ready \(took) after its process was killed")
            #expect(took < .seconds(3), "\(before)")
        }

        @Test func `a stopped service is 503 for those who ask it, and nothing for the others`() async throws {
            try await stack.compose("stop", "notifier-dinkes")
            let away = try await run.agency("dinkes").get("/v1/agencies/dinkes/reports")
            #expect(away.status == 503, "\(away)")
            #expect(away.json["status"]?.number == 503)
            try await run.pass()
            try await stack.compose("start", "notifier-dinkes")
            try await run.pass("fogging_dbd", to: "dinkes")
        }

        @Test func `a store that is killed comes back with everything that was acknowledged`() async throws {
            let id = try await run.pass()
            try await stack.killContainer("store")
            let answer = try await eventually { try await run.door.get("/v1/reports/\(id)") }
            #expect(answer.status == 200, "\(answer)")
            try await run.pass()
            try await expectSoundStreams()
        }

        @Test func `down and up keep the data`() async throws {
            let id = try await run.pass()
            try await stack.compose("down", within: .seconds(120))
            try await stack.compose("up", "--detach", within: .seconds(120))
            try await stack.awaitHealthy(within: .seconds(60))
            let answer = try await eventually { try await run.door.get("/v1/reports/\(id)") }
            #expect(answer.status == 200, "\(answer)")
            let tokens = try await run.agency("dlhk").get("/v1/agencies/dlhk/reports")
            #expect(tokens.status == 200, "\(tokens)")
        }

        private func eventually(_ ask: @Sendable () async throws -> Curl.Answer) async throws -> Curl.Answer {
            var answer = try await ask()
            let end = ContinuousClock.now + .seconds(20)
            while answer.status >= 500 || answer.status == 0, ContinuousClock.now < end {
                // pause: the pace of asking again
                try await Task.sleep(for: .milliseconds(200))
                answer = try await ask()
            }
            return answer
        }

        /// Recounted in the store: as many events as the head says, none twice.
        private func expectSoundStreams() async throws {
            let faults = try await stack.query(
                """
                SELECT s.code FROM stream s LEFT JOIN stream_event e ON e.stream = s.code
                GROUP BY s.code, s.head HAVING s.head <> count(e.seq) OR s.head <> coalesce(max(e.seq), 0)
                """)
            #expect(faults == "")
            let unrouted = try await stack.query(
                "SELECT count(*) FROM report r WHERE NOT EXISTS (SELECT FROM report_state s WHERE s.report_id = r.id)")
            #expect(unrouted == "0")
        }
    }
}

extension Array {
    /// The elements mapped one after the other.
    func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
