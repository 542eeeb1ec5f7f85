import Foundation

/// Sasando beside RabbitMQ and NATS: the same reports, the same hop, the same disk, in turns.
///
/// Each stint is a persistent, acknowledged publication of a report; a hop that reads it, decides by its category,
/// publishes it to the agency and acknowledges; and a durable consumer of the agency that acknowledges.
struct PeersFigure {
    static let category = "sampah"
    private static let steadyPerSecond = 500

    let setting: Setting
    let peers: Peers

    private var rounds: Int { setting.isQuick ? 3 : 5 }

    func measure() async throws -> [Row] {
        var course = Course(contestants: try await contestants())
        for contender in Contender.rivals {
            if let reason = broker(contender)?.missing { course.drop(contender, reason) }
        }
        let single = Stint(seconds: setting.seconds(5, quick: 2), inFlight: 1, isRouted: false)
        for contender in course.running { await run("one at a time", single, by: contender, in: &course) }
        let steady = Stint(
            perSecond: Self.steadyPerSecond, warmUpSeconds: 3, seconds: setting.seconds(20, quick: 4), inFlight: 256)
        let saturated = Stint(
            seconds: setting.seconds(10, quick: 4), inFlight: PeersReport.ownInFlight,
            brokersInFlight: PeersReport.brokersInFlight)
        for (what, stint) in [("steady", steady), ("saturated", saturated)] {
            for round in 0..<rounds {
                // Who begins changes with each round, so that nobody always follows the same one.
                let order = Contender.allCases.indices.map { Contender.allCases[($0 + round) % 3] }
                for contender in order where course.running.contains(contender) {
                    await run(what, stint, by: contender, in: &course)
                }
            }
        }
        for note in PeersReport.method(of: peers) { await setting.notes.add(note) }
        let report = PeersReport(course: course, perSecond: Self.steadyPerSecond)
        for note in report.findings { await setting.notes.add(note) }
        return report.rows
    }

    private func broker(_ contender: Contender) -> Peers.Broker? {
        switch contender {
        case .sasando: nil
        case .rabbitmq: peers.rabbitmq
        case .nats: peers.nats
        }
    }

    private func contestants() async throws -> [Contender: BrokerLoad] {
        let agencies = try await setting.store.agenciesByCategory()
        var loads: [Contender: BrokerLoad] = [:]
        for contender in Contender.rivals {
            guard let broker = broker(contender) else { continue }
            loads[contender] = BrokerLoad(contender: contender, broker: broker, agencies: agencies)
        }
        return loads
    }

    /// Runs one stint and enters its result; who fails is out.
    private func run(_ what: String, _ stint: Stint, by contender: Contender, in course: inout Course) async {
        do {
            try await setting.store.reset()
            sync()
            try await Task.sleep(for: .milliseconds(setting.isQuick ? 300 : 1_000))
            let load = course.contestants[contender]
            let device = contender == .sasando ? peers.sasando.device : load?.broker.device
            let counter = device.map(SyncCounter.init)
            let (syncs, before) = (try counter?.count(), Machine())
            var result = if let load { try await load.run(stint) } else { try await post(stint) }
            result.coresBusy = Machine().coresBusy(since: before)
            if let syncs, let counter {
                result.syncsPerReport = Double(try counter.count() - syncs) / Double(result.accepted)
            }
            course.enter(result, of: contender, as: what)
            setting.say(
                "\(what), \(contender.rawValue): \(Table.text(result.throughput)) reports/s, "
                    + "p99 \(Table.text(result.p99)) ms")
        } catch {
            course.drop(contender, "\(what): \(error)")
        }
    }

    /// The same by the stack: from a POST to the event at a consumer that keeps its cursor, synced.
    private func post(_ stint: Stint) async throws -> StintResult {
        let stack = setting.stack
        let notifier = try stack.notifier(of: Stack.agency)
        let load = Load(
            posting: .init(
                port: stack.intake.port, apiKey: stack.credentials.integrator.apiKey, category: Self.category,
                perSecond: stint.perSecond, warmUpSeconds: stint.warmUpSeconds, seconds: stint.seconds,
                connections: stint.inFlight),
            consuming: .init(
                port: notifier.port, agency: Stack.agency,
                token: stack.credentials.agencies[Stack.agency]?.token ?? "", consumers: stint.isRouted ? 1 : 0,
                cursorFile: stint.isRouted ? URL(filePath: peers.sasando.folder).appending(path: "cursor") : nil),
            patienceSeconds: 60)
        let held = stint.isRouted ? [] : [stack.routing, stack.analytics] + stack.notifiers
        let result = try await stack.holding(held) { try await LoadGenerator.run(load) }
        guard result.troubles == nil, result.accepted > 0 else {
            throw BenchFailure(result.troubles ?? "no report was accepted")
        }
        return StintResult(
            throughput: Double(result.accepted) / result.elapsedSeconds, accepted: result.accepted,
            p50: result.delivery.milliseconds(at: 0.5), p99: result.delivery.milliseconds(at: 0.99), coresBusy: 0,
            generatorCores: result.ownShare)
    }
}

/// How busy all processors have been so far.
private struct Machine {
    private let instant = ContinuousClock.now
    private let busySeconds: Double

    /// The first line of `/proc/stat` (proc(5)): user, nice, system, idle, waiting for the disk, interrupts …
    init() {
        let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
        let ticks = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().prefix(8).map { Double($0) ?? 0 }
        let idle = ticks.count > 4 ? ticks[3] + ticks[4] : 0
        busySeconds = (ticks.reduce(0, +) - idle) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    func coresBusy(since before: Machine) -> Double {
        (busySeconds - before.busySeconds) / (instant - before.instant).inSeconds
    }
}
