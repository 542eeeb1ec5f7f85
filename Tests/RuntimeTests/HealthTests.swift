import Foundation
import Hummingbird
import Synchronization
import Telemetry
import Testing

@testable import Runtime

@Suite struct HealthTests {
    private struct Fault: Error, CustomStringConvertible { let description = "no route to host" }

    private func withHealth(_ health: Health, body: (String) async throws -> Void) async throws {
        try await withServer(routes: { health.addRoutes(to: $0, metrics: ProcessMetrics.registry) }, body: body)
    }

    @Test func `A service whose checks all pass is ready`() async throws {
        let health = Health(logger: .silent)
        health.add("store") { nil }
        health.add("migrations") { nil }
        try await withHealth(health) { base in
            #expect(try await ask("GET", base + "/healthz").status == 200)
            let answer = try await ask("GET", base + "/readyz")
            #expect(answer.status == 200)
            #expect(
                answer.body
                    == #"{"status":"ready","checks":[{"name":"store","ok":true},{"name":"migrations","ok":true}]}"#
            )
        }
    }

    @Test func `One fault makes it unready, with the reason, while it still lives`() async throws {
        let health = Health(logger: .silent)
        health.add("store") { throw Fault() }
        health.add("migrations") { "version 3 of 5" }
        health.add("peers") { nil }
        try await withHealth(health) { base in
            let answer = try await ask("GET", base + "/readyz")
            #expect(answer.status == 503 && answer["retry-after"] == "1")
            #expect(answer.body.contains(#"{"name":"store","ok":false,"detail":"no route to host"}"#))
            #expect(answer.body.contains(#"{"name":"migrations","ok":false,"detail":"version 3 of 5"}"#))
            #expect(answer.body.contains(#"{"name":"peers","ok":true}"#))
            #expect(try await ask("GET", base + "/healthz").status == 200)
        }
    }

    @Test func `A service that is stopping is not ready`() async throws {
        let health = Health(logger: .silent)
        try await withHealth(health) { base in
            #expect(try await ask("GET", base + "/readyz").status == 200)
            health.stop()
            let answer = try await ask("GET", base + "/readyz")
            #expect(answer.status == 503 && answer.body.contains("\"status\":\"stopping\""))
        }
    }

    @Test func `A check that hangs is a fault, and is made once for all who ask`() async throws {
        let health = Health(logger: .silent)
        let made = Atomic(0)
        health.add("store") {
            made.add(1, ordering: .relaxed)
            try await forever()
            return nil
        }
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: [Health.Result].self) { group in
            for _ in 0..<20 { group.addTask { try await health.check() } }
            for try await results in group { #expect(results.first?.fault?.contains("longer") == true) }
        }
        #expect(made.load(ordering: .relaxed) == 1)
        #expect(ContinuousClock.now - start < .seconds(90))
    }

    @Test func `The metrics have their media type`() async throws {
        try await withHealth(Health(logger: .silent)) { base in
            let answer = try await ask("GET", base + "/metrics")
            #expect(answer["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.body.contains("process_resident_memory_bytes "))
        }
    }
}
