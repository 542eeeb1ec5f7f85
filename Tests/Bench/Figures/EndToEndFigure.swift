import Foundation

/// From a report's POST to its event at a consumer, at a steady pace, against the two commits on its way.
struct EndToEndFigure {
    let setting: Setting

    func measure() async throws -> [Row] {
        try await setting.store.reset()
        let before = try await commits()
        try await setting.store.reset()
        let notifier = try setting.stack.notifier(of: Stack.agency)
        let load = Load(
            posting: .init(
                port: setting.stack.intake.port, apiKey: setting.stack.credentials.integrator.apiKey,
                perSecond: 500, seconds: setting.seconds(30, quick: 5)),
            consuming: .init(
                port: notifier.port, agency: Stack.agency,
                token: setting.stack.credentials.agencies[Stack.agency]?.token ?? "", consumers: 1))
        let result = try await setting.noteCores(of: "end to end") { try await LoadGenerator.run(load) }
        let after = try await commits()
        if let troubles = result.troubles { await setting.notes.add("end to end: \(troubles)") }
        let commits = before + after
        await setting.notes.add(
            "end to end: the 201 came after \(Table.text(result.acknowledgement.milliseconds(at: 0.5))) ms (p50), "
                + "\(Table.text(result.acknowledgement.milliseconds(at: 0.99))) ms (p99); the reference is "
                + "\(commits.count) pairs of commits by pgbench before and after, on the idle stack.")
        let complete = result.delivered == result.expected && result.misplaced == 0
        guard complete, result.expected > 0 else { throw BenchFailure(result.troubles ?? "no report was accepted") }
        return [
            Row(
                "end to end, p50", result.delivery.milliseconds(at: 0.5), "ms", reference: commits.quantile(0.5),
                target: .referencePlus(4)),
            Row(
                "end to end, p99", result.delivery.milliseconds(at: 0.99), "ms", reference: commits.quantile(0.99),
                target: .referencePlus(30)),
        ]
    }

    /// How long each pair of commits took, in milliseconds, from pgbench's own log of its transactions.
    private func commits() async throws -> [Double] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sasando-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try await setting.pgbench().run(
            [
                "--no-vacuum", "--protocol", "prepared", "--client", "1", "--log", "--log-prefix",
                folder.appending(path: "log").path, "--time", "\(setting.seconds(10, quick: 2))", "--file",
                setting.scripts.appending(path: "two-commits.sql").path, setting.stack.storeURL,
            ])
        var milliseconds: [Double] = []
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            // client, transaction, time in microseconds, …
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let fields = line.split(separator: " ")
                if fields.count > 2, let microseconds = Double(fields[2]) { milliseconds.append(microseconds / 1_000) }
            }
        }
        guard !milliseconds.isEmpty else { throw BenchFailure("pgbench logged no transaction") }
        return milliseconds
    }
}
