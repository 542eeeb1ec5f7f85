internal import Foundation
internal import TestSupport

/// Plain processes, as `ops/run` starts and keeps them.
final class BareTarget: Target {
    let kind = TargetKind.bare
    let frontDoor: String
    let credentials: Stack.Credentials
    private let stack: Stack
    private let stage: Stage?

    private init(_ stack: Stack, _ stage: Stage?) {
        self.stack = stack
        self.stage = stage
        frontDoor = stack.frontDoor
        credentials = stack.credentials
    }

    static func start(isStaged: Bool) async throws -> BareTarget {
        guard isStaged else { return BareTarget(try await Stack.start(), nil) }
        let stage = try Stage()
        do {
            let stack = try await Stack.start(environment: stage.environment, prepare: stage.prepare)
            return BareTarget(stack, stage)
        } catch {
            stage.end()
            throw error
        }
    }

    func processes(of service: String) async throws -> [pid_t] {
        guard let pid = await stack.pid(of: service), Processes.isThere(pid) else { return [] }
        return [pid]
    }

    func address(of service: String) async throws -> String? { await stack.address(of: service) }

    /// Past the proxy, so that a judge is not broken with the rest.
    func store() async throws -> (url: String, password: String) { try await stack.store() }

    func disturb(_ link: Link, _ disturbance: Disturbance?) async throws {
        guard let stage else { throw Impossible("this stack has no stage") }
        switch link {
        case .store(let service):
            stage.disturbStore(login: Self.login(of: service), disturbance)
        case .door(let service):
            guard let address = await stack.address(of: service) else { throw Unexpected("\(service) has no address") }
            try Firewall.bare(port: try RawSocket.place(of: address).port, disturbance)
        }
    }

    /// The store's login of a service, as `ops/lib/services.sh` names it.
    private static func login(of service: String) -> String {
        let agency = service.split(separator: "-").last.map(String.init) ?? service
        if agency == "channels" { return "sasando_channels" }
        return service.hasPrefix("notifier-") ? "sasando_kupang_\(agency)" : "sasando_\(service)"
    }

    func fillDisk(_ isFull: Bool) async throws {
        guard let stage else { throw Impossible("this stack has no stage") }
        try stage.fillDisk(isFull)
    }

    func setClock(offset: Duration) async throws {
        guard let stage else { throw Impossible("this stack has no stage") }
        try stage.setClock(offset: offset)
    }

    func log(of service: String) async -> String { await stack.log(of: service) }

    func stop() async throws {
        try await stack.stop()
        stage?.end()
    }
}

/// What a stack is set up with so that its store can be broken: a proxy before it, a small disk, a clock of ours. What
/// this machine does not permit is left out, and whoever needs it is told why.
final class Stage: Sendable {
    private let folder: URL
    private let proxy: TCPProxy
    private let library: String?
    private let noDisk: String?
    private static let diskSize = "600m"
    /// Held back by file systems for nobody: a disk is full when no such piece can be written any more.
    private static let piece = [UInt8](repeating: 0x2E, count: 1 << 20)

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-stage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.folder = folder
        let port = folder.appending(path: "home/run/postgres.port").path
        proxy = try TCPProxy(naming: .login) {
            (try? String(contentsOfFile: port, encoding: .utf8)).flatMap { Int($0.filter(\.isNumber)) }
        }
        let libraries = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib"))?.sorted() ?? []
        library = libraries.map { "/usr/lib/\($0)/faketime/libfaketime.so.1" }
            .first { FileManager.default.fileExists(atPath: $0) }
        noDisk = Self.mountDisk(at: folder.appending(path: "disk").path)
        try write(offset: .zero)
    }

    var environment: [String: String] {
        var environment = ["SASANDO_STORE_VIA": "127.0.0.1:\(proxy.port)"]
        if let library {
            environment["LD_PRELOAD"] = library
            environment["FAKETIME_ONLY_CMDS"] = "postgres"
            environment["FAKETIME_TIMESTAMP_FILE"] = clock.path
            environment["FAKETIME_CACHE_DURATION"] = "1"
            environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
        }
        return environment
    }

    /// Puts the cluster's folder onto the small disk, and lets the proxy know where the stack keeps its notes.
    func prepare(_ home: URL) throws {
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(at: folder.appending(path: "home"), withDestinationURL: home)
        if noDisk == nil {
            try FileManager.default.createSymbolicLink(
                at: home.appending(path: "postgres"), withDestinationURL: folder.appending(path: "disk"))
        }
    }

    func disturbStore(login: String, _ disturbance: Disturbance?) { proxy.disturb(login, disturbance) }

    // MARK: The disk

    private static func mountDisk(at path: String) -> String? {
        guard ProcessInfo.processInfo.environment["SASANDO_FAULTS_APART"] != nil else {
            return "no file system can be mounted here: that takes root"
        }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try ChildProcess.run(
                ["mount", "-t", "tmpfs", "-o", "size=\(diskSize)", "faults", path], log: path + ".log")
            return nil
        } catch {
            return "no small disk: \(error)"
        }
    }

    func fillDisk(_ isFull: Bool) throws {
        if let noDisk { throw Impossible(noDisk) }
        let file = folder.appending(path: "disk/filler")
        guard isFull else { return try FileManager.default.removeItem(at: file) }
        guard FileManager.default.createFile(atPath: file.path, contents: nil) else { throw Unexpected("no filler") }
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        // Ends when the disk refuses; the bound is for the case that it never does.
        for size in [1 << 20, 4_096] {
            for _ in 0..<2_000 {
                do { try handle.write(contentsOf: Self.piece.prefix(size)) } catch { break }
            }
        }
    }

    // MARK: The clock

    private var clock: URL { folder.appending(path: "clock") }

    func setClock(offset: Duration) throws {
        guard library != nil else { throw Impossible("libfaketime is not installed") }
        try write(offset: offset)
    }

    /// As libfaketime reads it: a relative time, such as `+7200`.
    private func write(offset: Duration) throws {
        let seconds = offset.components.seconds
        try Data("\(seconds < 0 ? "" : "+")\(seconds)\n".utf8).write(to: clock)
    }

    func end() {
        proxy.stop()
        if noDisk == nil {
            try? ChildProcess.run(
                ["umount", folder.appending(path: "disk").path], log: folder.appending(path: "umount.log").path)
        }
        try? FileManager.default.removeItem(at: folder)
    }
}
