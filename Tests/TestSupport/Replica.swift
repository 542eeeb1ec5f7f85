internal import Foundation

/// One more process of a service, beside the one that `ops/run` keeps: as an operator scales it.
///
/// It goes away with this process, however that ends: a shell waits on a pipe of ours, and stops it when that closes.
package final class Replica: Sendable {
    private let shell: ChildProcess
    private let lifeline: CInt

    private init(shell: ChildProcess, lifeline: CInt) {
        self.shell = shell
        self.lifeline = lifeline
    }

    /// Starts one and returns when it serves.
    ///
    /// - Parameter service: `routing` or `analytics`.
    package static func start(of service: String, in stack: Stack) async throws -> Replica {
        let place = try await stack.store().url.replacing("sasando_owner@", with: "sasando_\(service)@")
        let log = stack.home.appending(path: "logs/\(service)-replica-\(UUID().uuidString).log").path
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Unexpected("pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let script = "exec 3<&0; \"$1\" < /dev/null 3<&- & run=$!; cat <&3 > /dev/null; kill -TERM $run; wait $run"
        let shell = try ChildProcess(
            ["sh", "-c", script, "replica", Stack.builtExecutables.appending(path: "sasando-\(service)").path],
            input: ends[0], output: log,
            environment: [
                "SASANDO_STORE_URL": place,
                "SASANDO_STORE_PASSWORD_FILE": stack.home.appending(path: "secrets/\(service).password").path,
                "SASANDO_HTTP_HOST": "127.0.0.1", "SASANDO_HTTP_PORT": "0", "SASANDO_PUBLIC_URL": stack.frontDoor,
            ])
        let replica = Replica(shell: shell, lifeline: ends[1])
        try await wait(for: "the replica of \(service) to serve", within: .seconds(20)) {
            if shell.hasEnded() { throw Unexpected("the replica ended: \(ChildProcess.tail(of: log))") }
            return ChildProcess.tail(of: log).contains("\"Listening\"")
        }
        return replica
    }

    /// Ends it as an operator does, within the time that a stop may take.
    package func stop() async throws {
        close(lifeline)
        try await wait(for: "the replica to stop", within: .seconds(15)) { shell.hasEnded() }
    }
}

extension Stack {
    /// Runs `sasandoctl` as the owner of the store; gives what it printed.
    @discardableResult
    package func control(_ arguments: String...) async throws -> String { try await control(arguments) }

    @discardableResult
    package func control(_ arguments: [String]) async throws -> String {
        let output = home.appending(path: "run/sasandoctl-\(UUID().uuidString).out").path
        let child = try ChildProcess(
            [Stack.builtExecutables.appending(path: "sasandoctl").path] + arguments, output: output,
            environment: [
                "SASANDO_STORE_URL": try store().url, "SASANDO_LOG_LEVEL": "warning",
                "SASANDO_STORE_PASSWORD_FILE": home.appending(path: "secrets/owner.password").path,
                "SASANDO_IDENTITY_KEY_FILE": home.appending(path: "secrets/identity.key").path,
                "SASANDO_WEBHOOK_KEY_FILE": home.appending(path: "secrets/webhook.key").path,
                // Where the tests' own receivers are.
                "SASANDO_OUTBOUND_ALLOW": "127.0.0.1",
            ])
        let code = child.wait()
        let printed = try String(contentsOfFile: output, encoding: .utf8)
        guard code == 0 else { throw Unexpected("sasandoctl \(arguments) ended with \(code): \(printed)") }
        return printed
    }
}
