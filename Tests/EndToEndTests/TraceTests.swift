internal import Domain
internal import FoundationEssentials
internal import TestSupport
internal import Testing

extension EndToEnd.FrontDoor {
    /// One report, found by its trace in the logs of every service that had to do with it.
    @Suite struct TraceTests {
        private let stack = RunningStack.current.stack

        /// The JSON lines of a service's log that carry the trace.
        private func lines(of service: String, with trace: String) throws -> [JSONValue] {
            try stack.wholeLog(of: service).split(separator: "\n").filter { $0.contains(trace) }
                .map { try JSONValue(parsing: Array($0.utf8)) }
        }

        private func message(of service: String, with trace: String, _ message: String) async throws -> JSONValue {
            var found: JSONValue?
            try await wait(for: "\(service) to log \(message)", within: .seconds(20)) {
                found = try lines(of: service, with: trace).first { $0["message"]?.text == message }
                return found != nil
            }
            return try #require(found)
        }

        private func event(of report: String, at agency: String) async throws -> JSONValue {
            var found: JSONValue?
            try await wait(for: "the event", within: .seconds(20)) {
                let page = try await stack.agency(agency).get("/v1/agencies/\(agency)/events?limit=1000")
                found = page.json.elements.last { $0["subject"]?.text == report }
                return found != nil
            }
            return try #require(found)
        }

        @Test func `a caller's trace leads through the logs of three services and stands in the events`() async throws {
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let answer = try await stack.integrator.with("traceparent", "00-\(trace)-00f067aa0ba902b7-01")
                .post("/v1/reports", json: Sample.report("sampah"))
            #expect(answer.status == 201, "\(answer)")
            #expect(answer.header("traceparent") == nil)
            let report = try #require(answer["id"]?.text)

            for (service, message) in [
                ("intake", "Report stored"), ("routing", "Report routed"),
                ("notifier-dlhk", "Event before the stream's consumers"),
            ] {
                let line = try await self.message(of: service, with: trace, message)
                #expect(line["trace_id"]?.text == trace && line["report_id"]?.text == report, "\(line.json)")
            }

            let event = try await event(of: report, at: "dlhk")
            let carried = try #require(event["traceparent"]?.text)
            #expect(carried.hasPrefix("00-\(trace)-") && carried.hasSuffix("-01"))
            #expect(!carried.contains("00f067aa0ba902b7"), "we hand the trace on in our own name")

            let done = try await stack.agency("dlhk").with(
                "traceparent", "00-\(String(trace.reversed()))-1111111111111111-00"
            )
            .post("/v1/agencies/dlhk/reports/\(report)/acknowledge", json: [:])
            #expect(done.status == 200, "\(done)")
            let command = try await message(of: "notifier-dlhk", with: trace, "Command carried out")
            #expect(command["report_id"]?.text == report && command["command"]?.text == "acknowledge")
            let later = try await self.event(of: report, at: "dlhk")
            #expect(later["type"]?.text == "sasando.report.acknowledged")
            #expect(later["traceparent"]?.text == carried, "the events of one report have one trace")
        }

        @Test(arguments: [nil, "00-0000000000000000-b7ad6b7169203331-01", "rubbish"])
        func `without a trace that holds, one begins here`(given: String?) async throws {
            let door = given.map { stack.integrator.with("traceparent", $0) } ?? stack.integrator
            let answer = try await door.post("/v1/reports", json: Sample.report("parkir_liar"))
            let report = try #require(answer["id"]?.text, "\(answer)")
            let event = try await event(of: report, at: "dishub")
            let trace = try #require(event["traceparent"]?.text.flatMap { TraceContext(text: $0) })
            #expect(!trace.isSampled)
            let line = try await message(of: "intake", with: trace.traceID, "Report stored")
            #expect(line["report_id"]?.text == report)
        }

        @Test func `of many that are committed together each keeps its own`() async throws {
            func trace(_ number: Int) -> String { "5ab0000000000000" + "0000000000000000\(number)".suffix(16) }
            let sent = try await withThrowingTaskGroup(of: (String, String).self) { group in
                for number in 1...200 {
                    group.addTask {
                        let answer = try await stack.integrator
                            .with("traceparent", "00-\(trace(number))-00f067aa0ba902b7-01")
                            .post("/v1/reports", json: Sample.report("fogging_dbd"))
                        return (try #require(answer["id"]?.text, "\(answer)"), trace(number))
                    }
                }
                return try await group.reduce(into: [String: String]()) { $0[$1.0] = $1.1 }
            }
            var found: [String: String] = [:]
            try await wait(for: "200 events", within: .seconds(20)) {
                let page = try await stack.agency("dinkes").get("/v1/agencies/dinkes/events?limit=1000")
                for event in page.json.elements where event["type"]?.text == "sasando.report.assigned" {
                    guard let report = event["subject"]?.text, sent[report] != nil else { continue }
                    found[report] = event["traceparent"]?.text.map { String($0.dropFirst(3).prefix(32)) }
                }
                return found.count == sent.count
            }
            #expect(sent.count == 200 && found == sent)
        }

        @Test func `a repeat under another trace keeps the first one's`() async throws {
            let door = stack.integrator.with("Idempotency-Key", UUID().uuidString)
            let traces = ["1111111111111111aaaaaaaaaaaaaaaa", "2222222222222222bbbbbbbbbbbbbbbb"]
            var reports: Set<String> = []
            for trace in traces {
                let answer = try await door.with("traceparent", "00-\(trace)-00f067aa0ba902b7-00")
                    .post("/v1/reports", json: Sample.report("kebakaran"))
                reports.insert(try #require(answer["id"]?.text, "\(answer)"))
            }
            let report = try #require(reports.count == 1 ? reports.first : nil)
            let event = try await event(of: report, at: "damkar")
            #expect(event["traceparent"]?.text?.contains(traces[0]) == true)
        }
    }
}
