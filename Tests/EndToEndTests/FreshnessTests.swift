internal import Domain
internal import Foundation
internal import PostgreSQL
internal import TestSupport
internal import Testing

extension EndToEnd {
    /// How far behind the services may be.
    @Suite("Freshness", .stack())
    struct FreshnessTests {
        let stack = RunningStack.current.stack
        let pool = RunningStack.current.pool
        let audit = StoreAudit(pool: RunningStack.current.pool)
        static let load: Duration = .seconds(8)
        /// The promise, and half a second for the way to us.
        static let oldest_s = 2.5
        static let rounds = 8
        /// The second between two looks, and half of one for the work itself.
        static let latest_ms = 1_500.0
        static let receivers = [Stack.routing, Stack.notifier("dlhk"), Stack.analytics]

        // MARK: The summary

        @Test("the summary's as_of is at most 2 s old while 100 reports a second come", .timeLimit(.minutes(3)))
        func summary() async throws {
            _ = try await stack.summary()
            let probe = DeliveryProbe(stack, [("sampah", "dlhk"), ("parkir_liar", "dishub")])
            var answers: [Answer] = []
            var ages: [Double] = []
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await probe.run(every: .milliseconds(20)) }
                try await wait(for: "the consumers to be connected", within: .seconds(20)) { probe.isConnected }
                var next = ContinuousClock.now
                let end = next + Self.load
                while next < end {
                    let answer = try await stack.operatorDoor.get("/v1/analytics/summary")
                    answers.append(answer)
                    if let age = Self.age(of: answer) { ages.append(age) }
                    next += .milliseconds(200)
                    // pause: the pace of the reader
                    try await Task.sleep(until: next, clock: .continuous)
                }
                group.cancelAll()
            }
            let odd = answers.filter { $0.status != 200 }
            let counted = answers.last?["totals"]?["received"]?.number ?? 0
            print(
                "Freshness: \(answers.count) summaries, as_of \((percentile(0.5, of: ages) ?? -1).rounded(3)) s old at",
                "the median, \((ages.max() ?? -1).rounded(3)) s at most; \(Int(counted)) reports counted by the last")
            #expect(odd.isEmpty, "\(odd.prefix(5))")
            #expect(ages.count == answers.count && answers.count >= 30)
            #expect((ages.max() ?? .infinity) <= Self.oldest_s, "\(ages)")
            #expect(counted >= 400, "too few came")
            #expect(probe.faults == [])
            try await settle()
            let settled = Date()
            try await wait(for: "figures of what is settled", within: .seconds(5)) {
                let answer = try await stack.operatorDoor.get("/v1/analytics/summary")
                return Self.age(of: answer).map { Date() - $0 > settled } ?? false
            }
            let last = try await stack.summary()
            let faults = try await audit.faults(ofSummary: last.json)
            #expect(faults == [])
        }

        /// Seconds from the moment of which the figures are to now; nil for an answer without figures.
        private static func age(of answer: Answer) -> Double? {
            guard let text = answer["as_of"]?.text, let asOf = Timestamp(rfc3339: text) else { return nil }
            return Date().timeIntervalSince1970 - Double(asOf.microseconds) / 1e6
        }

        /// Waits until nothing waits any more and all is folded.
        private func settle() async throws {
            try await wait(for: "what was sent to be through", within: .seconds(30)) {
                let waiting = try await audit.waiting
                let isFolded = try await audit.isFolded()
                return waiting == 0 && isFolded
            }
        }

        // MARK: Lost hints

        /// How long one report took from its acknowledgement to its agency's stream, and from there to a live consumer
        /// and into the summary.
        private struct Passage {
            var routing_ms, delivery_ms, counting_ms: Double
        }

        @Test(
            "routing, a notifier and analytics that miss every hint are about a second behind at most",
            .timeLimit(.minutes(3)))
        func lostHints() async throws {
            try await settle()
            let reports = try await audit.count("SELECT count(*) FROM report_state")
            let head = try await audit.count("SELECT head FROM stream WHERE code = 'dlhk'")
            let follower = StreamFollower("dlhk", stack.agency("dlhk"), after: head, keeping: .nothing)
            var random = SeededGenerator(seed: TestSettings.seed)
            var passages: [Passage] = []
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await follower.run() }
                try await wait(for: "the consumer to be connected", within: .seconds(20)) { follower.isConnected }
                try await withoutHints {
                    let heard = try await hintsHeard()
                    for n in 1...Int64(Self.rounds) {
                        // pause: a moment anywhere between two looks of a receiver
                        try await Task.sleep(for: .milliseconds(Int.random(in: 0...1_000, using: &random)))
                        passages.append(try await pass(reports: reports + n, seq: head + n, to: follower))
                    }
                    let heardSince = try await hintsHeard()
                    #expect(heardSince == heard, "a hint came through")
                }
                group.cancelAll()
            }
            print("Lost hints (seed \(TestSettings.seed)), ms: \(passages)")
            for passage in passages {
                #expect(passage.routing_ms <= Self.latest_ms, "\(passages)")
                #expect(passage.delivery_ms <= Self.latest_ms, "\(passages)")
                #expect(passage.counting_ms <= Self.latest_ms, "\(passages)")
            }
            #expect(follower.seen.faults == [])
        }

        /// Sends one report to dlhk and watches where it comes.
        ///
        /// - Parameters:
        ///   - reports: how many there are with it.
        ///   - seq: its event's number in the stream.
        private func pass(reports: Int64, seq: Int64, to follower: StreamFollower) async throws -> Passage {
            let answer = try await stack.integrator.post("/v1/reports", json: Sample.report())
            let begun = ContinuousClock.now
            guard answer.status == 201 else { throw Unexpected("\(answer)") }
            var routed: ContinuousClock.Instant?
            var delivered: ContinuousClock.Instant?
            var counted: ContinuousClock.Instant?
            try await wait(for: "the report to be everywhere", within: .seconds(15)) {
                if routed == nil {
                    let known = try await audit.count("SELECT count(*) FROM report_state")
                    if known >= reports { routed = ContinuousClock.now }
                }
                if delivered == nil, follower.last >= seq { delivered = ContinuousClock.now }
                if counted == nil {
                    let summary = try await stack.operatorDoor.get("/v1/analytics/summary")
                    let received = summary["totals"]?["received"]?.number ?? 0
                    if received >= Double(reports) { counted = ContinuousClock.now }
                }
                return routed != nil && delivered != nil && counted != nil
            }
            guard let routed, let delivered, let counted else { throw Unexpected("the report came nowhere") }
            return Passage(
                routing_ms: (routed - begun).milliseconds.rounded(1),
                delivery_ms: (delivered - routed).milliseconds.rounded(1),
                counting_ms: (counted - routed).milliseconds.rounded(1))
        }

        /// Takes the publishers' addresses out of the table of peers, so that no hint reaches anybody, and gives them
        /// back after `body`. An instance that renews its row leaves the address as it is.
        private func withoutHints(_ body: () async throws -> Void) async throws {
            var publishers: [(instance: String, endpoint: String)] = []
            for row in try await pool.query("SELECT instance::text, endpoint FROM peer WHERE endpoint <> ''") {
                let (instance, endpoint) = try row.decode((String, String).self)
                publishers.append((instance, endpoint))
            }
            try await pool.query("UPDATE peer SET endpoint = ''")
            do {
                try await awaitPeers("nobody") { $0 == 0 }
                try await body()
            } catch {
                try await giveBack(publishers)
                throw error
            }
            try await giveBack(publishers)
            try await awaitPeers("the others") { $0 > 0 }
        }

        private func giveBack(_ publishers: [(instance: String, endpoint: String)]) async throws {
            for (instance, endpoint) in publishers {
                try await pool.query("UPDATE peer SET endpoint = \(endpoint) WHERE instance::text = \(instance)")
            }
        }

        private func awaitPeers(_ whom: String, _ isEnough: (Double) -> Bool) async throws {
            for service in Self.receivers {
                try await wait(for: "\(service) to listen to \(whom)", within: .seconds(10)) {
                    let peers = try await figure("sasando_peers{", of: service)
                    return peers.map(isEnough) ?? false
                }
            }
        }

        /// Hints that the receivers have got so far.
        private func hintsHeard() async throws -> Double {
            var heard = 0.0
            for service in Self.receivers {
                let own = try await figure("sasando_hints_received_total", of: service)
                heard += own ?? 0
            }
            return heard
        }

        /// The sum of a service's metrics whose lines begin so; nil where there is none.
        private func figure(_ beginning: String, of service: String) async throws -> Double? {
            let address = await stack.address(of: service) ?? ""
            let answer = try await Door(address).get("/metrics")
            let lines = answer.text.split(separator: "\n").filter { $0.hasPrefix(beginning) }
            let values = lines.compactMap { line in line.split(separator: " ").last.flatMap { Double(String($0)) } }
            return values.isEmpty ? nil : values.reduce(0, +)
        }
    }
}
