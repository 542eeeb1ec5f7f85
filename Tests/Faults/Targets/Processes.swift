internal import Foundation

/// What /proc (proc(5)) tells of processes.
enum Processes {
    /// Of a process with one thread, as shells and the store's first process have it.
    static func children(of parent: pid_t) -> [pid_t] {
        text(parent, "task/\(parent)/children").split(separator: " ").compactMap { pid_t($0) }
    }

    /// The name of the program, at most 15 characters of it.
    static func name(of process: pid_t) -> String { text(process, "comm").trimmingCharacters(in: .newlines) }

    static func residentBytes(of process: pid_t) -> Int {
        let line = text(process, "status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line.flatMap { Int($0.filter(\.isNumber)) } ?? 0) * 1_024
    }

    static func isThere(_ process: pid_t) -> Bool {
        let status = text(process, "stat")
        return !status.isEmpty && !status.contains(") Z ")
    }

    private static func text(_ process: pid_t, _ file: String) -> String {
        (try? String(contentsOfFile: "/proc/\(process)/\(file)", encoding: .utf8)) ?? ""
    }
}
