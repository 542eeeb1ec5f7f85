internal import Foundation
package import Glibc

/// A process of a test's own, in a session of its own, so that a Ctrl-C at the terminal does not reach it first.
package struct ChildProcess: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package let id: pid_t

    /// - Parameters:
    ///   - input: becomes standard input; otherwise that is empty.
    ///   - output: a file that standard output and error are appended to; otherwise they are thrown away.
    ///   - descriptors: further descriptors of the child, by number, and what of ours each becomes (above 9).
    ///   - environment: what is set beside our own environment.
    package init(
        _ arguments: [String], input: CInt? = nil, output: String? = nil, descriptors: [CInt: CInt] = [:],
        environment: [String: String] = [:]
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 1, output ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        for (theirs, ours) in descriptors { posix_spawn_file_actions_adddup2(&actions, ours, theirs) }
        // It gets nothing else of ours: a connection that we close would stay open in it, and its other end never know.
        let first = max(2, descriptors.keys.max() ?? 2) + 1
        for number in 3..<first where descriptors[number] == nil {
            posix_spawn_file_actions_addclose(&actions, number)
        }
        _ = closeFrom(&actions, first)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        let newSession: Int16 = 0x80  // POSIX_SPAWN_SETSID, which Glibc's module leaves out
        posix_spawnattr_setflags(&attributes, newSession | Int16(POSIX_SPAWN_SETSIGMASK))
        // Threads of the concurrency pool block nearly every signal; a child that inherited that could not be stopped.
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var inherited = ProcessInfo.processInfo.environment
        inherited.merge(environment) { $1 }
        var variables: [UnsafeMutablePointer<CChar>?] = inherited.map { strdup("\($0)=\($1)") } + [nil]
        defer { variables.forEach { free($0) } }
        var id: pid_t = 0
        let code = posix_spawnp(&id, arguments[0], &actions, &attributes, &words, &variables)
        guard code == 0 else { throw Failure(description: "\(arguments[0]): \(String(cString: strerror(code)))") }
        self.id = id
    }

    package func send(_ signal: CInt) { kill(id, signal) }

    /// Whether the process has ended; then it is gone from the system's table, too.
    package func hasEnded() -> Bool { exitCode() != nil }

    /// The exit code, or 128 and the signal; nil while the process runs. To be asked no more once it was told.
    package func exitCode() -> CInt? {
        var status: CInt = 0
        guard waitpid(id, &status, WNOHANG) != 0 else { return nil }
        return Self.code(status)
    }

    private static func code(_ status: CInt) -> CInt {
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// Waits for the end and gives the exit code, or 128 and the signal. Only for what ends soon: it blocks its thread.
    @discardableResult
    package func wait() -> CInt {
        var status: CInt = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return Self.code(status)
    }

    /// Runs a command to its end; what it printed is part of the error when it fails.
    package static func run(_ arguments: [String], log: String) throws {
        let code = try ChildProcess(arguments, output: log).wait()
        guard code == 0 else {
            throw Failure(description: "\(arguments.joined(separator: " ")) ended with \(code):\n\(tail(of: log))")
        }
    }

    /// The end of a log.
    package static func tail(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        fseek(file, max(0, ftell(file) - 4_000), SEEK_SET)
        var bytes = [UInt8](repeating: 0, count: 4_000)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// posix_spawn_file_actions_addclosefrom_np of glibc 2.34, which Glibc's module leaves out.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
private func closeFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: CInt) -> CInt
