internal import Domain
internal import Foundation
internal import Glibc
internal import PostgreSQL
internal import Telemetry
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// What an operator sees of a running stack. The logs tell all they can, so that nothing hides in a quiet level.
    @Suite("Watching", .serialized, .stack(["SASANDO_LOG_LEVEL": "debug"]))
    enum Watching {}
}

extension EndToEnd.Watching {
    @Suite("Metrics", .serialized)
    struct MetricsTests {
        let stack = RunningStack.current.stack
        let pool = RunningStack.current.pool
        static let services = [Stack.intake, Stack.routing, Stack.analytics, Stack.notifier("dlhk")]

        /// Waits until a service's metric has changed by at least `amount` since the beginning of `act`.
        /// - Parameter tries: how often it may be done until the metric has risen, where chance has a part in it.
        private func expectRise(
            of name: MetricName, _ labels: [String: String] = [:], at service: String, by amount: Double = 1,
            suffix: String = "", within bound: Duration = .seconds(20), tries: Int = 1,
            when act: () async throws -> Void
        ) async throws {
            let metric = name.rawValue + suffix
            let before = try await Scrape(of: service, in: stack).value(metric, labels) ?? 0
            for attempt in 1...tries {
                try await act()
                do {
                    let rise = "\(metric) \(labels) of \(service) to rise from \(before)"
                    return try await wait(for: rise, within: bound) {
                        try await Scrape(of: service, in: stack).value(metric, labels) ?? 0 >= before + amount
                    }
                } catch let error where attempt == tries { throw error } catch {}
            }
        }

        private func expectValue(
            of name: MetricName, _ labels: [String: String] = [:], at service: String, within bound: Duration,
            _ isRight: (Double) -> Bool
        ) async throws {
            try await wait(for: "\(name.rawValue) \(labels) of \(service)", within: bound) {
                try await Scrape(of: service, in: stack).value(name.rawValue, labels).map(isRight) ?? false
            }
        }

        private func send(_ category: String?, key: String = UUID().uuidString) async throws -> String {
            let answer = try await stack.integrator.with("Idempotency-Key", key)
                .post("/v1/reports", json: Sample.report(category))
            return try #require(answer["id"]?.text, "\(answer)")
        }

        @Test func `admissions are counted by outcome, refusals by reason, and requests by route`() async throws {
            let key = UUID().uuidString
            let path = ["route": "/v1/reports", "method": "POST"]
            try await expectRise(of: .httpRequests, path, at: Stack.intake, by: 6) {
                try await expectRise(of: .httpRequestDuration, path, at: Stack.intake, by: 6, suffix: "_count") {
                    try await expectRise(of: .reportsAdmitted, ["outcome": "stored"], at: Stack.intake) {
                        _ = try await send("sampah", key: key)
                    }
                    try await expectRise(of: .reportsAdmitted, ["outcome": "repeated"], at: Stack.intake) {
                        _ = try await send("sampah", key: key)
                    }
                    try await expectRise(of: .admissionRefused, ["reason": "key_reused"], at: Stack.intake) {
                        let other = stack.integrator.with("Idempotency-Key", key)
                        let answer = try await other.post("/v1/reports", json: Sample.report("kebakaran"))
                        #expect(answer.status == 422)
                    }
                    try await expectRise(of: .admissionRefused, ["reason": "invalid"], at: Stack.intake, by: 2) {
                        for body: JSONValue in [["description": "x"], ["description": "tanpa tempat"]] {
                            let answer = try await stack.integrator.post("/v1/reports", json: body)
                            #expect(answer.status == 422)
                        }
                    }
                    try await expectRise(of: .admissionRefused, ["reason": "unreadable"], at: Stack.intake) {
                        let answer = try await stack.integrator.send(
                            "POST", "/v1/reports", type: "application/json", body: Array("{".utf8))
                        #expect(answer.status == 400)
                    }
                }
            }
        }

        @Test func `a report moves what routing, the notifier and analytics count`() async throws {
            let dlhk = Stack.notifier("dlhk")
            let live = try await stack.agency("dlhk").follow("/v1/agencies/dlhk/events?after=latest", lastEventID: nil)
            try await expectValue(of: .streamSubscribers, at: dlhk, within: .seconds(5)) { $0 == 1 }
            try await expectRise(of: .deliveries, ["way": "sse"], at: dlhk) {
                try await expectRise(of: .streamHead, ["agency": "dlhk"], at: dlhk) {
                    try await expectRise(of: .streamHead, ["agency": "dlhk"], at: Stack.analytics) {
                        try await expectRise(of: .eventsFolded, ["agency": "dlhk"], at: Stack.analytics) {
                            try await expectRise(of: .reportsRouted, ["agency": "dlhk"], at: Stack.routing) {
                                try await expectRise(of: .routingDelay, at: Stack.routing, suffix: "_count") {
                                    let report = try await send("sampah")
                                    try await expectCommand(on: report, at: dlhk)
                                }
                            }
                        }
                    }
                }
            }
            for consumer in ["tail", "sse"] {
                let labels = ["agency": "dlhk", "consumer": consumer]
                try await expectValue(of: .streamLag, labels, at: dlhk, within: .seconds(5)) { $0 == 0 }
            }
            let folded = ["agency": "dlhk", "consumer": "analytics"]
            try await expectValue(of: .streamLag, folded, at: Stack.analytics, within: .seconds(5)) { $0 == 0 }
            try await expectValue(of: .foldAge, at: Stack.analytics, within: .seconds(5)) { $0 < 5 }
            try await expectRise(of: .deliveries, ["way": "pull"], at: dlhk) {
                let page = try await stack.agency("dlhk").get("/v1/agencies/dlhk/events")
                #expect(page.status == 200)
            }
            withExtendedLifetime(live) {}
        }

        private func expectCommand(on report: String, at notifier: String) async throws {
            let labels = ["command": "acknowledge", "outcome": "done"]
            try await expectRise(of: .commands, labels, at: notifier) {
                let path = "/v1/agencies/dlhk/reports/\(report)/acknowledge"
                try await wait(for: "the report to be at its agency", within: .seconds(10)) {
                    try await stack.agency("dlhk").post(path, json: [:]).status == 200
                }
            }
        }

        @Test func `a timer that cannot fire is seen as due, and counts as missed once it has`() async throws {
            let report = try #require(UUID(text: try await send("kebakaran")))
            try await wait(for: "the report to be routed", within: .seconds(10)) {
                try await pool.query("SELECT 1 FROM report_state WHERE report_id = \(report)").count == 1
            }
            let kind = "acknowledge_by"
            try await expectRise(of: .deadlinesFired, ["kind": kind], at: Stack.routing) {
                try await expectRise(of: .deadlinesMissed, ["agency": "damkar", "kind": kind], at: Stack.routing) {
                    try await pool.withTransaction { tx in
                        // Whoever holds the report keeps its timers from firing.
                        _ = try await tx.query(
                            """
                            UPDATE report_state SET acknowledge_by = now() - interval '1 minute'
                            WHERE report_id = \(report)
                            """)
                        _ = try await pool.query(
                            """
                            UPDATE deadline SET due_at = now() - interval '1 minute'
                            WHERE report_id = \(report) AND kind = \(kind)
                            """)
                        // The transaction is not to stand idle for a second, so the look at the metrics is quick.
                        while try await Scrape(of: Stack.routing, in: stack).value(MetricName.deadlinesDue.rawValue)
                            != 1
                        {
                            _ = try await tx.query("SELECT 1")
                        }
                        let age = try await Scrape(of: Stack.routing, in: stack)
                            .value(MetricName.deadlinesDueAge.rawValue)
                        #expect((50...120).contains(age ?? 0), "\(age as Double?)")
                    }
                }
            }
            try await expectValue(of: .deadlinesDue, at: Stack.routing, within: .seconds(5)) { $0 == 0 }
        }

        @Test func `while routing stands still the inbox is seen to fill and to grow old`() async throws {
            try await stack.signal(Stack.routing, SIGSTOP)
            _ = try await send("iklan_liar")
            try await expectValue(of: .inboxDepth, at: Stack.intake, within: .seconds(10)) { $0 >= 1 }
            try await expectValue(of: .inboxOldestAge, at: Stack.intake, within: .seconds(10)) { $0 >= 2 }
            try await stack.signal(Stack.routing, SIGCONT)
            try await expectValue(of: .inboxDepth, at: Stack.intake, within: .seconds(10)) { $0 == 0 }
            try await expectValue(of: .inboxOldestAge, at: Stack.intake, within: .seconds(10)) { $0 == 0 }
        }

        @Test func `an agency whom nobody serves is seen`() async throws {
            let labels = ["agency": "pupr"]
            try await expectValue(of: .notifiers, labels, at: Stack.routing, within: .seconds(10)) { $0 == 1 }
            try await stack.signal(Stack.notifier("pupr"), SIGSTOP)
            // A row among the peers stands for six seconds.
            try await expectValue(of: .notifiers, labels, at: Stack.routing, within: .seconds(15)) { $0 == 0 }
            try await stack.signal(Stack.notifier("pupr"), SIGCONT)
            try await expectValue(of: .notifiers, labels, at: Stack.routing, within: .seconds(10)) { $0 == 1 }
        }

        @Test func `broken connections and hints that did not come are counted`() async throws {
            let dlhk = Stack.notifier("dlhk")
            try await expectRise(of: .zeroMQConnections, ["event": "disconnected"], at: dlhk) {
                try await expectRise(of: .zeroMQConnections, ["event": "connected"], at: dlhk) {
                    // What routing finds as it starts it tells to nobody yet: readers find it by the clock, or, where
                    // the new connection stands sooner than that, as they look for what they may have missed.
                    let readers = ["reader": "stream"]
                    try await expectRise(of: .hintGaps, readers, at: dlhk, within: .seconds(3), tries: 15) {
                        try await stack.signal(Stack.routing, SIGKILL)
                        _ = try await send("sampah")
                        try await stack.awaitReady(Stack.routing)
                    }
                }
            }
        }

        @Test func `the store's going away shows in every service`() async throws {
            for service in Self.services {
                // Whether an attempt fails depends on how soon the store is back.
                try await expectRise(
                    of: .storeConnects, ["outcome": "failed"], at: service, within: .seconds(3), tries: 15
                ) {
                    try await stack.killAndAwait(Stack.store)
                    try await stack.awaitReady(service)
                }
            }
        }

        @Test func `promtool finds no fault, and every promised name is there`() async throws {
            var names: Set<String> = []
            for service in Self.services {
                let scrape = try await Scrape(of: service, in: stack)
                let verdict = try Promtool.check(["check", "metrics"], input: scrape.text)
                #expect(verdict.code == 0 && verdict.said.isEmpty, "\(service): \(verdict.said)")
                names.formUnion(scrape.names)
                let version = scrape.value(MetricName.buildInfo.rawValue)
                #expect(version == 1, "\(service) says which version it is")
                for name in ["process_start_time_seconds", "process_resident_memory_bytes", "process_open_fds"] {
                    #expect(scrape.value(name) ?? 0 > 0, "\(service): \(name)")
                }
                let ahead = try #require(scrape.value(MetricName.clockAhead.rawValue))
                #expect(abs(ahead) < 1, "one machine has one clock")
            }
            let missing = MetricName.allCases.map(\.rawValue).filter { !names.contains($0) }
            #expect(missing.isEmpty)
            let faulty = try Promtool.check(["check", "metrics"], input: "# TYPE a counter\na 1\n")
            #expect(faulty.code != 0, "promtool does look")
        }
    }
}

extension Sequence {
    func asyncMap<Mapped>(_ transform: (Element) async throws -> Mapped) async throws -> [Mapped] {
        var mapped: [Mapped] = []
        for element in self { mapped.append(try await transform(element)) }
        return mapped
    }
}
