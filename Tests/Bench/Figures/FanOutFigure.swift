/// 200 consumers of one agency while its stream grows by 500 events a second.
struct FanOutFigure {
    let setting: Setting
    private static let consumers = 200

    func measure() async throws -> [Row] {
        try await setting.store.reset()
        let notifier = try setting.stack.notifier(of: Stack.agency)
        let load = Load(
            posting: .init(
                port: setting.stack.intake.port, apiKey: setting.stack.credentials.integrator.apiKey,
                perSecond: 500, seconds: setting.seconds(20, quick: 5)),
            consuming: .init(
                port: notifier.port, agency: Stack.agency,
                token: setting.stack.credentials.agencies[Stack.agency]?.token ?? "", consumers: Self.consumers),
            watch: { notifier.residentMegabytes })
        let result = try await setting.noteCores(of: "fan-out") { try await LoadGenerator.run(load) }
        if let troubles = result.troubles { await setting.notes.add("fan-out: \(troubles)") }
        await setting.notes.add(
            "fan-out: latency counts from when a POST was due to its event at each consumer (p50 "
                + "\(Table.text(result.delivery.milliseconds(at: 0.5))) ms); the load generator used "
                + "\(Table.text(result.ownShare * 100)) % of a core.")
        guard result.expected > 0 else { throw BenchFailure(result.troubles ?? "no report was accepted") }
        let delivered = Double(result.delivered - result.misplaced) / Double(result.expected)
        return [
            Row("fan-out, delivered", delivered, "of expected", target: .atLeast(1)),
            Row("fan-out, p99", result.delivery.milliseconds(at: 0.99), "ms", target: .atMost(100)),
            Row("fan-out, notifier's memory", result.watched, "MB", target: .atMost(150)),
        ]
    }
}
