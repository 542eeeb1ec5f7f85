import Foundation
import Glibc

/// How long each part of the stack has used a processor so far, in seconds: what a figure is bound by.
struct ProcessorTimes: Sendable {
    private let instant = ContinuousClock.now
    private var seconds: [(name: String, seconds: Double)] = []

    init(of stack: Stack) {
        for service in [stack.intake, stack.routing, stack.analytics] {
            seconds.append((service.name, Self.ownSeconds(of: service.pid)))
        }
        seconds.append(("notifiers", stack.notifiers.map { Self.ownSeconds(of: $0.pid) }.reduce(0, +)))
        seconds.append(("PostgreSQL", Self.postgresSeconds(below: stack.home)))
        // This process, and the tools that it ran and that have ended.
        seconds.append(("load", Self.usage(of: RUSAGE_SELF) + Self.usage(of: RUSAGE_CHILDREN)))
    }

    /// "intake 0.82, PostgreSQL 0.61": cores in use since then, without those that did next to nothing.
    func coresUsed(since before: ProcessorTimes) -> String {
        let elapsed = (instant - before.instant).inSeconds
        return zip(before.seconds, seconds)
            .map { (name: $1.name, cores: ($1.seconds - $0.seconds) / elapsed) }
            .filter { $0.cores >= 0.02 }
            .map { "\($0.name) \(String(format: "%.2f", $0.cores))" }
            .joined(separator: ", ")
    }

    /// The postmaster, its living children, and those that have ended.
    private static func postgresSeconds(below home: URL) -> Double {
        let file = home.appending(path: "postgres/data/postmaster.pid")
        guard let text = try? String(contentsOf: file, encoding: .utf8),
            let postmaster = text.split(separator: "\n").first.flatMap({ Int32($0) }), let own = stat(of: postmaster),
            let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc")
        else { return 0 }
        let living = names.compactMap { Int32($0).flatMap(stat) }.filter { $0.parent == postmaster }
        return own.seconds + own.childrenSeconds + living.map(\.seconds).reduce(0, +)
    }

    private static func ownSeconds(of pid: Int32) -> Double { stat(of: pid)?.seconds ?? 0 }

    /// Fields 4 and 14 to 17 of `/proc/<pid>/stat` (proc(5)); the name before them may hold spaces, but ends with `)`.
    private static func stat(of pid: Int32) -> (parent: Int32, seconds: Double, childrenSeconds: Double)? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[end...].split(separator: " ").dropFirst().map { Double($0) ?? 0 }
        guard fields.count > 14 else { return nil }
        let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        return (
            Int32(fields[1]), (fields[11] + fields[12]) / ticksPerSecond, (fields[13] + fields[14]) / ticksPerSecond
        )
    }

    private static func usage(of who: __rusage_who) -> Double {
        var usage = rusage()
        getrusage(Int32(who.rawValue), &usage)
        let times = [usage.ru_utime, usage.ru_stime]
        return times.map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }.reduce(0, +)
    }
}

extension Setting {
    /// Runs `body` and notes how many cores each part of the stack used meanwhile.
    func noteCores<Result>(of what: String, during body: () async throws -> Result) async throws -> Result {
        let before = ProcessorTimes(of: stack)
        let result = try await body()
        await notes.add("\(what): cores used: \(ProcessorTimes(of: stack).coresUsed(since: before))")
        return result
    }
}
