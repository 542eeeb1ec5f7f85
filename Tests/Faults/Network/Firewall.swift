internal import Foundation
internal import TestSupport

/// iptables(8): packets that do not pass. Only where they are nobody else's: in a network namespace of our own, or in a
/// container's.
enum Firewall {
    /// The way from the front door to the port of a service, among plain processes.
    static func bare(port: Int, _ disturbance: Disturbance?) throws {
        guard ProcessInfo.processInfo.environment["SASANDO_FAULTS_APART"] != nil else {
            throw Impossible("packets can be held back in a network namespace of our own only: that takes root")
        }
        try apply(["--dport", "\(port)"], back: ["--sport", "\(port)"], disturbance, within: [])
    }

    /// Everything between a process's network namespace and an address.
    static func container(of process: pid_t, address: String, _ disturbance: Disturbance?) throws {
        let enter = ["nsenter", "--target", "\(process)", "--net"]
        try apply(["--source", address], back: ["--destination", address], disturbance, within: enter)
    }

    private static let chain = "SASANDO_FAULTS"

    private static func apply(
        _ there: [String], back: [String], _ disturbance: Disturbance?, within enter: [String]
    ) throws {
        let tool = enter + ["iptables", "--wait", "5"]
        try? run(tool + ["-D", "INPUT", "-j", chain])
        try? run(tool + ["-F", chain])
        try? run(tool + ["-X", chain])
        guard let disturbance else { return }
        try run(tool + ["-N", chain])
        switch disturbance {
        case .silence:
            try run(tool + ["-A", chain, "-p", "tcp"] + there + ["-j", "DROP"])
            try run(tool + ["-A", chain, "-p", "tcp"] + back + ["-j", "DROP"])
        case .reset:
            try run(tool + ["-A", chain, "-p", "tcp"] + there + ["-j", "REJECT", "--reject-with", "tcp-reset"])
        case .halfOpen, .slow: throw Impossible("iptables drops and resets, and does no more")
        }
        try run(tool + ["-I", "INPUT", "-j", chain])
    }

    private static func run(_ command: [String]) throws {
        let log = FileManager.default.temporaryDirectory.appending(path: "sasando-iptables-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: log) }
        do { try ChildProcess.run(command, log: log) } catch { throw Impossible("\(error)") }
    }
}
