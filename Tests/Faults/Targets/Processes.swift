internal import Foundation

/// What /proc (proc(5)) tells of processes.
enum Processes {
    static func children(of parent: pid_t) -> [pid_t] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { pid_t($0) }.filter { self.parent(of: $0) == parent }
    }

    static func parent(of process: pid_t) -> pid_t? {
        let status = text(process, "stat")
        return status.split(separator: ")").last.flatMap { $0.split(separator: " ").dropFirst().first }
            .flatMap { pid_t($0) }
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
