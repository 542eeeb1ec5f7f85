internal import Domain
internal import HTTPTypes
package import Hummingbird
package import Logging
internal import Synchronization
package import Telemetry

/// Whether the process lives, whether it can do its work, and its numbers.
///
/// `GET /healthz`: 200 as long as the process answers. `GET /readyz`: 200 or 503 with
/// `{"status":"ready"|"unready"|"stopping","checks":[{"name","ok","detail"?}]}`.
/// `GET /metrics`: Prometheus text.
package final class Health: Sendable {
    /// Nil when all is well, else what is not. It may throw, and must not take long.
    package typealias Check = @Sendable () async throws -> String?

    package struct Result: Hashable, Sendable {
        package let name: String
        /// Nil when all is well.
        package let fault: String?
    }

    private struct State {
        var checks: [(name: String, check: Check)] = []
        var isStopping = false
    }

    private static let patience: Duration = .seconds(2)

    private let state = Mutex(State())
    /// Good or bad, a result is soon old: a service that has just become ready should say so at once.
    private let results = AnswerCache<Int, [Result]>(limit: 1, positive: .milliseconds(100), negative: .zero)
    private let logger: Logger

    package init(logger: Logger) { self.logger = logger }

    /// Adds a named check; all are made at the same time, each for at most two seconds.
    package func add(_ name: String, _ check: @escaping Check) {
        state.withLock { $0.checks.append((name, check)) }
    }

    /// From now on the service counts as not ready: no new work should come.
    package func stop() { state.withLock { $0.isStopping = true } }

    package var isStopping: Bool { state.withLock(\.isStopping) }

    /// The checks' results, at most a tenth of a second old, in the order they were added.
    package func check() async throws -> [Result] {
        try await results.value(for: 0) { [self] in
            let results = await run()
            for result in results {
                guard let fault = result.fault else { continue }
                logger.warning(
                    "Not ready", metadata: [LogKey.check: "\(result.name)", LogKey.reason: "\(fault)"])
            }
            return results
        } ?? []
    }

    private func run() async -> [Result] {
        let checks = state.withLock(\.checks)
        let faults = await withTaskGroup(of: (Int, String?).self) { group in
            for (index, entry) in checks.enumerated() {
                group.addTask { (index, await Self.fault(of: entry.check)) }
            }
            return await group.reduce(into: [Int: String]()) { faults, result in faults[result.0] = result.1 }
        }
        return checks.enumerated().map { Result(name: $1.name, fault: faults[$0]) }
    }

    private static func fault(of check: @escaping Check) async -> String? {
        await withTaskGroup(of: String?.self) { group in
            group.addTask {
                do { return try await check() } catch { return "\(error)" }
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return "took longer than \(patience)"
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}

extension Health {
    /// Adds the three addresses to the service's own port; the front door does not pass them on.
    package func addRoutes(to router: Router<WebContext>, metrics: MetricRegistry) {
        router.get("/healthz") { _, _ in Response.json("{\"status\":\"alive\"}\n".utf8) }
        router.get("/readyz") { [self] _, _ in
            let results = try await check()
            let isReady = !isStopping && results.allSatisfy { $0.fault == nil }
            var headers: HTTPFields = [:]
            if !isReady { headers[.retryAfter] = "1" }
            return Response.json(
                Self.json(results, isStopping: isStopping), status: isReady ? .ok : .serviceUnavailable,
                headers: headers)
        }
        router.get("/metrics") { _, _ in
            Response.json(metrics.exposition(), contentType: MetricRegistry.contentType)
        }
    }

    static func json(_ results: [Result], isStopping: Bool) -> [UInt8] {
        let isReady = results.allSatisfy { $0.fault == nil }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("status", isStopping ? "stopping" : isReady ? "ready" : "unready")
            writer.key("checks")
            writer.array { writer in
                for result in results {
                    writer.object { writer in
                        writer.member("name", result.name)
                        writer.member("ok", result.fault == nil)
                        if let fault = result.fault { writer.member("detail", fault) }
                    }
                }
            }
        }
        return writer.bytes
    }
}
