import Foundation
import Subprocess

/// Memory of each service when nothing happens, and how long each takes from its start until it is ready.
struct IdleFigure {
    let setting: Setting
    private static let starts = 3

    func measure() async throws -> [Row] {
        let stack = setting.stack
        // pause: idle this long before memory is read
        try await Task.sleep(for: .seconds(setting.seconds(10, quick: 2)))
        let groups: [(name: String, processes: [ServiceProcess])] = [
            ("intake", [stack.intake]), ("routing", [stack.routing]), ("notifier", stack.notifiers),
            ("analytics", [stack.analytics]),
        ]
        var rows = groups.map { group in
            let largest = group.processes.map(\.residentMegabytes).max() ?? .nan
            return Row("idle memory, \(group.name)", largest, "MB", target: .atMost(40))
        }
        for group in groups {
            var seconds: [Double] = []
            for _ in 0..<Self.starts { seconds.append(try await secondsToReady(like: group.processes[0])) }
            rows.append(Row("start to ready, \(group.name)", seconds.median, "s", target: .atMost(1)))
        }
        await setting.notes.add(
            "idle: \(setting.seconds(10, quick: 2)) s after the stack was ready, the largest of the "
                + "\(stack.notifiers.count) notifiers; starts are of one more replica beside the stack, median of "
                + "\(Self.starts).")
        return rows
    }

    /// Starts one more of a service, with the same environment but a port of its own, and stops it again.
    private func secondsToReady(like running: ServiceProcess) async throws -> Double {
        let port = try Socket.freePort()
        var environment: [Environment.Key: String] = [:]
        for (key, value) in running.environment { environment[Environment.Key(stringLiteral: key)] = value }
        environment["SASANDO_HTTP_PORT"] = "\(port)"
        // The doors of the first are its own.
        for name in ["SASANDO_INGRESS_BIND", "SASANDO_STREAM_BIND"] {
            let key = Environment.Key(stringLiteral: name)
            if environment[key] != nil { environment[key] = "tcp://127.0.0.1:*" }
        }
        let start = ContinuousClock.now
        return try await Subprocess.run(
            .name("env"), arguments: [running.executable.path], environment: .custom(environment), input: .none,
            output: .discarded, error: .discarded
        ) { execution in
            defer { try? execution.send(signal: .terminate) }
            while !isReady(port) {
                guard ContinuousClock.now - start < .seconds(20) else {
                    throw BenchFailure("a second \(running.name) was not ready within 20 s")
                }
                // pause: between two questions whether it is ready
                try await Task.sleep(for: .milliseconds(2))
            }
            return (ContinuousClock.now - start).inSeconds
        }.closureResult
    }

    private func isReady(_ port: Int) -> Bool {
        guard let socket = try? Socket(port: port) else { return false }
        return (try? socket.status(of: "/readyz", port: port, withinMilliseconds: 1_000)) == 200
    }
}
