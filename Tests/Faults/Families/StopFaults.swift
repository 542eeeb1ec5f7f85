internal import Foundation
internal import TestSupport

/// SIGSTOP: a process that is there and does nothing, longer than any lease and any time-out lasts.
enum StopFaults {
    /// Rows of peers run out after 6 s, transactions after 1 s, queries after 5 s.
    static let pastEveryLease = Duration.milliseconds(7_500)

    static let all: [Fault] = [
        stop("stop-intake", Stack.intake), stop("stop-routing", Stack.routing),
        stop("stop-analytics", Stack.analytics), stop("stop-front", Stack.frontDoor),
        Fault(
            name: "stop-notifier", what: "an agency's notifier stands still", reach: .agency(Part.victim),
            least: .seconds(2)
        ) { try await freeze(Stack.notifier(Part.victim), $0) },
        Fault(
            name: "stop-store", what: "every process of the store stands still", least: pastEveryLease
        ) { scene in
            let processes = try await scene.target.storeProcesses()
            return try await scene.undoing {
                for process in processes { kill(process, SIGSTOP) }
                try await scene.hold(scene.length)
                return processes.count
            } by: {
                for process in processes { kill(process, SIGCONT) }
            }
        },
    ]

    private static func stop(_ name: String, _ service: String) -> Fault {
        Fault(name: name, what: "\(service) stands still past every lease", least: pastEveryLease) {
            try await freeze(service, $0)
        }
    }

    private static func freeze(_ service: String, _ scene: Scene) async throws -> Int {
        let processes = try await scene.target.signal(service, SIGSTOP)
        return try await scene.undoing {
            try await scene.hold(scene.length)
            return processes.count
        } by: {
            for process in processes { kill(process, SIGCONT) }
        }
    }
}
