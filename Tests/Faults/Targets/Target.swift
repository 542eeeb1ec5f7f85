internal import Foundation
internal import TestSupport

/// A running Sasando that can be broken. Services go by the names that `Stack` gives them, whatever runs them.
protocol Target: Doors {
    var kind: TargetKind { get }
    /// The present processes of a service, one for each replica; none while it is being started again.
    func processes(of service: String) async throws -> [pid_t]
    /// Where a service itself listens, `http://HOST:PORT`, past the front door; nil for one that is not there.
    func address(of service: String) async throws -> String?
    /// The store as its owner.
    func store() async throws -> (url: String, password: String)
    /// Makes a link bad, and good again with nil.
    func disturb(_ link: Link, _ disturbance: Disturbance?) async throws
    /// Lets nothing more be written to the store's disk, or gives the room back.
    func fillDisk(_ isFull: Bool) async throws
    /// Sets the store's clock so far from the right time.
    func setClock(offset: Duration) async throws
    /// The last lines of a service's log.
    func log(of service: String) async -> String
    /// Ends all of it, and leaves nothing behind.
    func stop() async throws
}

/// A way between two parts of a Sasando.
enum Link: Sendable, Hashable, CustomStringConvertible {
    /// From a service to the store.
    case store(String)
    /// From the front door to a service.
    case door(String)

    var description: String {
        switch self {
        case .store(let service): "\(service) – store"
        case .door(let service): "front door – \(service)"
        }
    }
}

/// What can be wrong with a link.
enum Disturbance: Sendable, Equatable {
    /// Nothing passes, and nobody is told.
    case silence
    /// Connections are reset, at once and when they are made.
    case reset
    /// One end believes that the connection stands, while the other has lost it.
    case halfOpen
    /// Everything comes later, unevenly, and in pieces.
    case slow(latency_ms: Int, jitter_ms: Int, slice: Int)
}

/// The services that every target has.
enum Part {
    static let agencies = ["dlhk", "pupr", "dishub", "dinsos", "satpolpp", "dinkes", "damkar", "kominfo"]
    static let notifiers = (agencies + ["channels"]).map(Stack.notifier)
    /// The stream of the channel by which all reports come.
    static let channel = "channel/integrator"
    static let services = [Stack.intake, Stack.routing, Stack.analytics] + notifiers
    /// The one whose consumers and process are broken where one agency alone is to suffer.
    static let victim = "dlhk"
}

extension Target {
    /// Sends a signal to each process of a service; gives their numbers.
    @discardableResult
    func signal(_ service: String, _ signal: CInt) async throws -> [pid_t] {
        var processes: [pid_t] = []
        try await wait(for: "\(service) to run", within: .seconds(20)) {
            processes = try await self.processes(of: service)
            return !processes.isEmpty
        }
        for process in processes where kill(process, signal) != 0 && errno != ESRCH {
            throw Impossible("\(service) cannot be signalled: errno \(errno)")
        }
        return processes
    }

    func isReady(_ service: String) async -> Bool {
        guard let address = try? await address(of: service) else { return false }
        let answer = try? await Door(address).get("/readyz", patience: .seconds(2))
        return answer?.status == 200
    }

    func awaitReady(_ service: String, within bound: Duration = .seconds(30)) async throws {
        try await wait(for: "\(service) to be ready", within: bound) { await isReady(service) }
    }

    /// Kills a service's processes and waits until others have taken their place and are ready.
    func killAndAwait(_ service: String) async throws {
        let killed = try await signal(service, SIGKILL)
        try await wait(for: "\(service) to be started again", within: .seconds(20)) {
            let processes = try await processes(of: service)
            return !processes.isEmpty && Set(processes).isDisjoint(with: killed)
        }
        if Part.services.contains(service) { try await awaitReady(service) }
    }

    /// The store's first process and all its children.
    func storeProcesses() async throws -> [pid_t] {
        guard let first = try await processes(of: Stack.store).first else {
            throw Unexpected("the store has no process")
        }
        return [first] + Processes.children(of: first)
    }

    /// What each service's processes hold in memory, in bytes.
    func residentBytes() async throws -> [String: Int] {
        var sizes: [String: Int] = [:]
        for service in Part.services {
            for process in try await processes(of: service) {
                sizes[service] = max(sizes[service] ?? 0, Processes.residentBytes(of: process))
            }
        }
        return sizes
    }
}
